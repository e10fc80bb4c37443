//! Frames as a looping GIF.
//!
//! All frames share one palette, since palettes of their own would make the ground flicker, and the commonest colours
//! are kept exactly: white stays white and text stays clean. Where next: the `_image` functions beside the pictures.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context as _, ensure};
use color_quant::NeuQuant;
use image::codecs::gif::{GifEncoder, Repeat};
use image::{Delay, Frame, Rgb, RgbImage, Rgba, RgbaImage};

use super::canvas;

/// Colours kept exactly when a palette must be made.
const EXACT: usize = 64;

/// Writes `frames`, all of one size, each shown for `delay_ms` (GIF counts in tens of milliseconds), the last one
/// five times as long; then it starts anew.
pub(crate) fn animation(frames: &[RgbImage], delay_ms: u32, path: &Path) -> anyhow::Result<()> {
    let shown = path.display();
    ensure!(canvas::extension(path) == "gif", "{shown}: an animation is written as .gif");
    ensure!(!frames.is_empty(), "{shown}: an animation needs frames");
    let size = frames[0].dimensions();
    for (i, frame) in frames.iter().enumerate() {
        ensure!(frame.dimensions() == size, "{shown}: frame {i} is {:?}, the first is {size:?}", frame.dimensions());
    }
    let palette = Palette::of(frames);
    let mut bytes = Vec::new();
    let mut encoder = GifEncoder::new_with_speed(&mut bytes, 1);
    let cannot = || format!("{shown}: cannot encode the animation");
    encoder.set_repeat(Repeat::Infinite).with_context(cannot)?;
    for (i, frame) in frames.iter().enumerate() {
        let ms = if i + 1 == frames.len() { 5 * delay_ms } else { delay_ms };
        let delay = Delay::from_numer_denom_ms(ms, 1);
        encoder.encode_frame(Frame::from_parts(palette.apply(frame), 0, 0, delay)).with_context(cannot)?;
    }
    drop(encoder);
    canvas::write_whole(path, &bytes)
}

/// At most 256 colours and, for each colour of the frames, the one that stands for it.
struct Palette {
    map: HashMap<Rgb<u8>, Rgb<u8>>,
}

impl Palette {
    fn of(frames: &[RgbImage]) -> Palette {
        let mut counts: HashMap<Rgb<u8>, u64> = HashMap::new();
        for pixel in frames.iter().flat_map(RgbImage::pixels) {
            *counts.entry(*pixel).or_default() += 1;
        }
        let mut colors: Vec<(Rgb<u8>, u64)> = counts.into_iter().collect();
        // By count, then by colour: the map's own order differs from run to run.
        colors.sort_by_key(|(color, count)| (std::cmp::Reverse(*count), color.0));
        if colors.len() <= 256 {
            return Palette { map: colors.into_iter().map(|(color, _)| (color, color)).collect() };
        }
        // Each other colour counts by the root of its pixels, so that a thin curve weighs against a wide ground.
        let mut sample = Vec::new();
        for (color, count) in &colors[EXACT..] {
            for _ in 0..(*count as f64).sqrt().ceil() as usize {
                sample.extend([color.0[0], color.0[1], color.0[2], 255]);
            }
        }
        let made = NeuQuant::new(3, 256 - EXACT, &sample).color_map_rgb();
        let exact = colors[..EXACT].iter().map(|(color, _)| *color);
        let palette: Vec<Rgb<u8>> = exact.chain(made.chunks_exact(3).map(|c| Rgb([c[0], c[1], c[2]]))).collect();
        Palette { map: colors.into_iter().map(|(color, _)| (color, nearest(&palette, color))).collect() }
    }

    fn apply(&self, frame: &RgbImage) -> RgbaImage {
        RgbaImage::from_fn(frame.width(), frame.height(), |x, y| {
            let Rgb([r, g, b]) = self.map[frame.get_pixel(x, y)];
            Rgba([r, g, b, 255])
        })
    }
}

fn nearest(palette: &[Rgb<u8>], color: Rgb<u8>) -> Rgb<u8> {
    let distance =
        |other: &Rgb<u8>| -> u32 { other.0.iter().zip(color.0).map(|(a, b)| u32::from(a.abs_diff(b)).pow(2)).sum() };
    palette.iter().copied().min_by_key(distance).unwrap_or(color)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pictures::matrix::{Matrix, heat_image};
    use crate::pictures::tests::temporary;
    use image::AnimationDecoder as _;

    fn decoded(path: &Path) -> Vec<Frame> {
        let file = std::io::BufReader::new(std::fs::File::open(path).unwrap());
        image::codecs::gif::GifDecoder::new(file).unwrap().into_frames().collect_frames().unwrap()
    }

    #[test]
    fn a_moving_window_comes_back_frame_by_frame() {
        let input: Vec<f32> = (0..16).map(|i| i as f32).collect();
        let frame = |i: usize| {
            let marks = [[i / 2, i % 2, 3, 3]];
            heat_image("A window moves", &[Matrix { marks: &marks, ..Matrix::new("input 4×4", &input, 4) }], "")
                .unwrap()
        };
        let frames: Vec<_> = (0..4).map(frame).collect();
        let (_folder, path) = temporary("window.gif");
        animation(&frames, 400, &path).unwrap();
        let back = decoded(&path);
        assert_eq!(back.len(), 4);
        assert_eq!(back[0].delay().numer_denom_ms().0, 400);
        assert_eq!(back[2].buffer().get_pixel(2, 2).0, [255, 255, 255, 255]);
        assert_ne!(back[0].buffer(), back[1].buffer());
    }

    #[test]
    fn many_colours_stay_near_and_frequent_ones_exact() {
        let frame =
            RgbImage::from_fn(128, 128, |x, y| if y < 64 { Rgb([255; 3]) } else { Rgb([x as u8 * 2, y as u8, 90]) });
        let (_folder, path) = temporary("colours.gif");
        animation(std::slice::from_ref(&frame), 100, &path).unwrap();
        let back = decoded(&path);
        for (x, y, pixel) in frame.enumerate_pixels() {
            let shown = back[0].buffer().get_pixel(x, y).0;
            let off = (0..3).map(|k| shown[k].abs_diff(pixel.0[k])).max().unwrap();
            assert!(off <= if y < 64 { 0 } else { 24 }, "at {x}, {y}: {shown:?} for {pixel:?}");
        }
    }

    #[test]
    fn frames_must_be_there_and_of_one_size() {
        let frames = [RgbImage::new(4, 4), RgbImage::new(4, 5)];
        let error = animation(&frames, 100, Path::new("a.gif")).unwrap_err().to_string();
        assert_eq!(error, "a.gif: frame 1 is (4, 5), the first is (4, 4)");
        assert!(animation(&[], 100, Path::new("a.gif")).is_err());
        assert!(animation(&frames, 100, Path::new("a.mp4")).is_err());
    }
}
