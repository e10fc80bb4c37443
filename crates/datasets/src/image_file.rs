//! One picture file to the bytes that a network takes: upright, on white where transparent, centre-cropped, resized.
//! Used for prediction and by [`crate::folder`]. Whether dark and light must change places is [`crate::polarity`]'s.

use crate::Error;
use image::metadata::Orientation;
use image::{DynamicImage, GrayImage, ImageDecoder, ImageReader, Limits, Pixel, RgbImage, imageops};
use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, Seek};
use std::path::Path;

/// The longest side of a picture that is read, in pixels.
pub const LARGEST_SIDE: u32 = 16_384;
/// The most memory that a picture may take decoded (some 170 million pixels in colour), in bytes.
pub const LARGEST_DECODED_BYTES: u64 = 512 << 20;

/// Reads a picture (PNG, JPEG, PNM, GIF, BMP or WebP, told by content) as `[c, h, w]`.
///
/// The largest centred part with the ratio of `h` and `w` is cut out and resized (linear, averaging where it shrinks).
/// `c` is 1 for grey (Rec. 709 luma) or 3 for red, green, blue. Transparent parts become white; a photo's EXIF
/// orientation is applied. A side above [`LARGEST_SIDE`] is refused before anything is decoded.
pub fn image_file(path: &Path, shape: [usize; 3]) -> Result<Vec<u8>, Error> {
    let file = File::open(path).map_err(|cause| Error::read(path, cause))?;
    decode(&path.display().to_string(), BufReader::new(file), shape)
}

/// The same from memory; the name is for messages.
pub fn image_bytes(name: &str, bytes: &[u8], shape: [usize; 3]) -> Result<Vec<u8>, Error> {
    decode(name, Cursor::new(bytes), shape)
}

pub(crate) fn check_shape([channels, height, width]: [usize; 3]) -> Result<(), Error> {
    let sides = 1..=LARGEST_SIDE as usize;
    if ![1, 3].contains(&channels) || !sides.contains(&height) || !sides.contains(&width) {
        return Err(Error::Argument(format!(
            "pictures cannot be read as [{channels}, {height}, {width}]: channels are 1 (grey) or 3 (colour), sides \
             1 to {LARGEST_SIDE}"
        )));
    }
    Ok(())
}

/// Height, width and whether in colour, by a picture's header alone, upright. Errors as [`image_file`].
pub(crate) fn header(path: &Path) -> Result<([usize; 2], bool), Error> {
    let file = File::open(path).map_err(|cause| Error::read(path, cause))?;
    let (decoder, orientation) = open(&path.display().to_string(), BufReader::new(file))?;
    let (width, height) = decoder.dimensions();
    use Orientation::{Rotate90, Rotate90FlipH, Rotate270, Rotate270FlipH};
    let lies = matches!(orientation, Rotate90 | Rotate270 | Rotate90FlipH | Rotate270FlipH);
    let size = if lies { [width, height] } else { [height, width] };
    Ok((size.map(|side| side as usize), decoder.color_type().has_color()))
}

fn decode(name: &str, bytes: impl BufRead + Seek, shape: [usize; 3]) -> Result<Vec<u8>, Error> {
    check_shape(shape)?;
    let (decoder, orientation) = open(name, bytes)?;
    let unreadable =
        |cause: &dyn std::fmt::Display| Error::format(name, format!("cannot be read as a picture: {cause}"));
    let mut picture = DynamicImage::from_decoder(decoder).map_err(|cause| unreadable(&cause))?;
    picture.apply_orientation(orientation);
    Ok(fit(on_white(picture), shape))
}

/// A decoder that has read the header, held against the limits, and which way is up.
fn open<'a>(name: &str, bytes: impl BufRead + Seek + 'a) -> Result<(impl ImageDecoder + 'a, Orientation), Error> {
    let unreadable =
        |cause: &dyn std::fmt::Display| Error::format(name, format!("cannot be read as a picture: {cause}"));
    let mut reader = ImageReader::new(bytes).with_guessed_format().map_err(|cause| unreadable(&cause))?;
    if reader.format().is_none() {
        let problem = "not a picture of a known kind; PNG, JPEG, PNM, GIF, BMP and WebP are read";
        return Err(Error::format(name, problem));
    }
    // Sides are checked below, with a message of our own; this bounds what a decoder allocates.
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(LARGEST_DECODED_BYTES);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|cause| unreadable(&cause))?;
    let (width, height) = decoder.dimensions();
    if width == 0 || height == 0 {
        return Err(Error::format(name, format!("{width} by {height} pixels is an empty picture")));
    }
    if width.max(height) > LARGEST_SIDE {
        let problem =
            format!("{width} by {height} pixels; a side may have at most {LARGEST_SIDE}: make it smaller first");
        return Err(Error::format(name, problem));
    }
    if decoder.total_bytes() > LARGEST_DECODED_BYTES {
        let (found, most) = (decoder.total_bytes() >> 20, LARGEST_DECODED_BYTES >> 20);
        let problem =
            format!("{width} by {height} pixels take {found} MiB; at most {most} are read: make it smaller first");
        return Err(Error::format(name, problem));
    }
    let orientation = decoder.orientation().map_err(|cause| unreadable(&cause))?;
    Ok((decoder, orientation))
}

fn on_white(picture: DynamicImage) -> DynamicImage {
    if !picture.color().has_alpha() {
        return picture;
    }
    let clear = picture.into_rgba8();
    RgbImage::from_fn(clear.width(), clear.height(), |x, y| {
        let [red, green, blue, alpha] = clear.get_pixel(x, y).0.map(u32::from);
        let over = |colour: u32| ((colour * alpha + 255 * (255 - alpha) + 127) / 255) as u8;
        [over(red), over(green), over(blue)].into()
    })
    .into()
}

fn fit(picture: DynamicImage, [channels, height, width]: [usize; 3]) -> Vec<u8> {
    let (found_width, found_height) = (u64::from(picture.width()), u64::from(picture.height()));
    let (h, w) = (height as u64, width as u64);
    // The widest part of the wanted ratio; at least a pixel, where the picture is a line.
    let part_width = (found_height * w / h).clamp(1, found_width) as u32;
    let part_height = (found_width * h / w).clamp(1, found_height) as u32;
    let (left, top) = ((picture.width() - part_width) / 2, (picture.height() - part_height) / 2);
    let part = if (part_width, part_height) == (picture.width(), picture.height()) {
        picture
    } else {
        picture.crop_imm(left, top, part_width, part_height)
    };
    let (height, width) = (height as u32, width as u32);
    if channels == 1 {
        let grey: GrayImage = part.into_luma8();
        planes(if grey.dimensions() == (width, height) {
            grey
        } else {
            imageops::resize(&grey, width, height, imageops::FilterType::Triangle)
        })
    } else {
        let colour: RgbImage = part.into_rgb8();
        planes(if colour.dimensions() == (width, height) {
            colour
        } else {
            imageops::resize(&colour, width, height, imageops::FilterType::Triangle)
        })
    }
}

/// `[h, w, c]` to `[c, h, w]`.
fn planes<P: Pixel<Subpixel = u8>>(picture: image::ImageBuffer<P, Vec<u8>>) -> Vec<u8> {
    let channels = usize::from(P::CHANNEL_COUNT);
    let pixels = picture.into_raw();
    (0..channels).flat_map(|c| pixels.iter().copied().skip(c).step_by(channels)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{ImageFormat, Luma, Rgba, RgbaImage};

    fn encoded(picture: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        picture.into().write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn same_size_is_exact_in_every_lossless_format() {
        let picture = GrayImage::from_fn(5, 4, |x, y| Luma([(x * 40 + y * 7) as u8]));
        for format in [ImageFormat::Png, ImageFormat::Pnm, ImageFormat::Bmp, ImageFormat::Gif] {
            // GIF's palette keeps these greys; BMP and GIF come back as colour, whose luma is the grey again.
            let picture = DynamicImage::from(picture.clone());
            let bytes = match format {
                ImageFormat::Gif => encoded(picture.to_rgba8(), format),
                _ => encoded(picture.clone(), format),
            };
            assert_eq!(image_bytes("x", &bytes, [1, 4, 5]).unwrap(), picture.into_luma8().into_raw(), "{format:?}");
        }
    }

    #[test]
    fn colour_comes_in_planes_and_clear_parts_are_white() {
        let mut picture = RgbaImage::from_pixel(2, 1, Rgba([10, 20, 30, 255]));
        picture.put_pixel(1, 0, Rgba([0, 0, 0, 0]));
        let bytes = encoded(picture, ImageFormat::Png);
        assert_eq!(image_bytes("x", &bytes, [3, 1, 2]).unwrap(), [10, 255, 20, 255, 30, 255]);
    }

    #[test]
    fn cuts_the_middle_out() {
        // Columns 0 to 8, each of its own grey: a square of height 3 keeps 3, 4 and 5.
        let bytes = encoded(GrayImage::from_fn(9, 3, |x, _| Luma([x as u8])), ImageFormat::Png);
        assert_eq!(image_bytes("x", &bytes, [1, 3, 3]).unwrap(), [3, 4, 5, 3, 4, 5, 3, 4, 5]);
        let shrunk = image_bytes("x", &bytes, [1, 1, 1]).unwrap();
        assert_eq!(shrunk, [4]);
    }

    #[test]
    fn bad_files() {
        let message = |bytes: &[u8]| image_bytes("x.png", bytes, [1, 8, 8]).expect_err("must be refused").to_string();
        assert!(message(b"").starts_with("x.png: not a picture of a known kind"));
        assert!(message(b"hello, world").starts_with("x.png: not a picture of a known kind"));
        let good = encoded(GrayImage::from_fn(64, 64, |x, y| Luma([(x * y) as u8])), ImageFormat::Png);
        assert!(message(&good[..good.len() / 2]).starts_with("x.png: cannot be read as a picture"));
        assert!(message(&good[..20]).starts_with("x.png: cannot be read as a picture"));
        assert!(image_bytes("x", &good, [2, 8, 8]).is_err());
        assert!(image_bytes("x", &good, [1, 0, 8]).is_err());
        assert!(matches!(image_file(Path::new("no/such.png"), [1, 8, 8]), Err(Error::Read { .. })));
    }

    #[test]
    fn large_pictures_are_refused_by_their_header() {
        let message =
            |header: &str| image_bytes("x", header.as_bytes(), [1, 8, 8]).expect_err("must be refused").to_string();
        let long = message("P5 20000 20000 255\n");
        assert_eq!(long, "x: 20000 by 20000 pixels; a side may have at most 16384: make it smaller first");
        let heavy = message("P6 16000 16000 255\n");
        assert_eq!(heavy, "x: 16000 by 16000 pixels take 732 MiB; at most 512 are read: make it smaller first");
    }
}
