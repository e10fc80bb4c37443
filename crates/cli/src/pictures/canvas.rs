//! The canvas under every picture: pixels or SVG behind one type, and files that are whole or not there.
//!
//! Apart from `look` because this is machinery and that is taste. Pictures are drawn at twice their size and halved,
//! since plotters fills polygons without smoothing; text is set a little lower than plotters' `ab_glyph` feature
//! does, whose letters float above their anchor. Where next: `look.rs`.

use std::io::{self, Write as _};
use std::path::Path;

use anyhow::{Context as _, bail};
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{RgbImage, imageops};
use plotters::coord::Shift;
use plotters::prelude::{BitMapBackend, DrawingArea, IntoDrawingArea as _, SVGBackend};
use plotters_backend::{BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind};

/// Canvas units a side of one final pixel.
pub(crate) const FINE: u32 = 2;
/// Width of every picture, in final pixels.
pub(crate) const WIDTH: u32 = 1600;
/// Height of a picture that does not need more, in final pixels.
pub(crate) const HEIGHT: u32 = 900;

/// What a picture draws on, in canvas units.
pub(crate) type Area<'a> = DrawingArea<Canvas<'a>, Shift>;

/// Pixels or SVG.
pub(crate) enum Canvas<'a> {
    Pixels(BitMapBackend<'a>),
    Svg(SVGBackend<'a>),
}

/// Draws a picture of `width` × `height` final pixels.
pub(crate) fn render(
    (width, height): (u32, u32),
    draw: impl FnOnce(&Area<'_>) -> anyhow::Result<()>,
) -> anyhow::Result<RgbImage> {
    let (fine_width, fine_height) = (width * FINE, height * FINE);
    let mut fine = RgbImage::from_pixel(fine_width, fine_height, image::Rgb([255; 3]));
    let area = Canvas::Pixels(BitMapBackend::with_buffer(&mut fine, (fine_width, fine_height))).into_drawing_area();
    draw(&area)?;
    drop(area);
    Ok(imageops::thumbnail(&fine, width, height))
}

/// Draws a picture into a file: `.png`, or `.svg` where it holds no pixels.
pub(crate) fn save(
    path: &Path,
    (width, height): (u32, u32),
    draw: impl FnOnce(&Area<'_>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    match extension(path).as_str() {
        "png" => save_png(path, &render((width, height), draw).with_context(|| cannot_draw(path))?),
        "svg" => {
            let mut text = String::new();
            let fine = (width * FINE, height * FINE);
            let area = Canvas::Svg(SVGBackend::with_string(&mut text, fine)).into_drawing_area();
            draw(&area).and_then(|()| Ok(area.present()?)).with_context(|| cannot_draw(path))?;
            drop(area);
            let drawn = format!("<svg width=\"{}\" height=\"{}\"", fine.0, fine.1);
            let shown = format!("<svg width=\"{width}\" height=\"{height}\"");
            // On paper, whatever the page around it is coloured.
            let paper = ">\n<rect width=\"100%\" height=\"100%\" fill=\"#FFFFFF\"/>\n";
            write_whole(path, text.replacen(&drawn, &shown, 1).replacen(">\n", paper, 1).as_bytes())
        }
        other => bail!("{}: a picture is written as .png or .svg, not as .{other}", path.display()),
    }
}

/// Writes an image as PNG, packed as tightly as the encoder can: half the size for a tenth of a second.
pub(crate) fn save_png(path: &Path, image: &RgbImage) -> anyhow::Result<()> {
    let mut bytes = Vec::new();
    let encoder = PngEncoder::new_with_quality(&mut bytes, CompressionType::Best, FilterType::Adaptive);
    image.write_with_encoder(encoder).with_context(|| cannot_draw(path))?;
    write_whole(path, &bytes)
}

/// Writes a file beside its place and moves it there, so that a reader never sees a part of it.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let parent = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    // A temporary file is private by default; a picture is for everyone whom the umask allows.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let written = builder.tempfile_in(parent).and_then(|mut file| {
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|failed| failed.error)
    });
    written.map(|_| ()).with_context(|| {
        format!("{}: cannot write the picture (its folder must exist and be writable)", path.display())
    })
}

/// The file name's extension in lower case, or nothing.
pub(crate) fn extension(path: &Path) -> String {
    path.extension().map(|ext| ext.to_string_lossy().to_lowercase()).unwrap_or_default()
}

fn cannot_draw(path: &Path) -> String {
    format!("{}: cannot draw the picture", path.display())
}

/// Either canvas' failure as an I/O error, which has room for both.
fn io_error<E: std::error::Error + Send + Sync>(error: DrawingErrorKind<E>) -> DrawingErrorKind<io::Error> {
    match error {
        DrawingErrorKind::DrawingError(error) => DrawingErrorKind::DrawingError(io::Error::other(error.to_string())),
        DrawingErrorKind::FontError(error) => DrawingErrorKind::FontError(error),
    }
}

macro_rules! either {
    ($canvas:expr, $inner:ident => $call:expr) => {
        match $canvas {
            Canvas::Pixels($inner) => $call.map_err(io_error),
            Canvas::Svg($inner) => $call.map_err(io_error),
        }
    };
}

type Drawn = Result<(), DrawingErrorKind<io::Error>>;

impl DrawingBackend for Canvas<'_> {
    type ErrorType = io::Error;

    fn get_size(&self) -> (u32, u32) {
        match self {
            Canvas::Pixels(inner) => inner.get_size(),
            Canvas::Svg(inner) => inner.get_size(),
        }
    }

    fn ensure_prepared(&mut self) -> Drawn {
        either!(self, inner => inner.ensure_prepared())
    }

    fn present(&mut self) -> Drawn {
        either!(self, inner => inner.present())
    }

    fn draw_pixel(&mut self, point: BackendCoord, color: BackendColor) -> Drawn {
        either!(self, inner => inner.draw_pixel(point, color))
    }

    fn draw_line<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S) -> Drawn {
        either!(self, inner => inner.draw_line(from, to, style))
    }

    fn draw_rect<S: BackendStyle>(&mut self, a: BackendCoord, b: BackendCoord, style: &S, fill: bool) -> Drawn {
        either!(self, inner => inner.draw_rect(a, b, style, fill))
    }

    /// In pixels, a thick path is its segments with round joints: one polygon round all of it, as plotters has it,
    /// leaves holes where the path crosses itself.
    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, path: I, style: &S) -> Drawn {
        let inner = match self {
            Canvas::Svg(inner) => return inner.draw_path(path, style).map_err(io_error),
            Canvas::Pixels(inner) => inner,
        };
        let mut last: Option<BackendCoord> = None;
        for point in path {
            if let Some(last) = last.filter(|last| *last != point) {
                inner.draw_line(last, point, style).map_err(io_error)?;
            }
            if style.stroke_width() > 2 {
                inner.draw_circle(point, style.stroke_width() / 2, &style.color(), true).map_err(io_error)?;
            }
            last = Some(point);
        }
        Ok(())
    }

    fn draw_circle<S: BackendStyle>(&mut self, center: BackendCoord, radius: u32, style: &S, fill: bool) -> Drawn {
        either!(self, inner => inner.draw_circle(center, radius, style, fill))
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, points: I, style: &S) -> Drawn {
        either!(self, inner => inner.fill_polygon(points, style))
    }

    fn draw_text<T: BackendTextStyle>(&mut self, text: &str, style: &T, (x, y): BackendCoord) -> Drawn {
        match self {
            Canvas::Svg(inner) => inner.draw_text(text, style, (x, y)).map_err(io_error),
            Canvas::Pixels(inner) => {
                let (dx, dy) = style.transform().transform(0, (style.size() * 0.216).round() as i32);
                inner.draw_text(text, style, (x + dx, y + dy)).map_err(io_error)
            }
        }
    }

    fn blit_bitmap(&mut self, at: BackendCoord, size: (u32, u32), rgb: &[u8]) -> Drawn {
        match self {
            Canvas::Pixels(inner) => inner.blit_bitmap(at, size, rgb).map_err(io_error),
            Canvas::Svg(_) => Err(DrawingErrorKind::DrawingError(io::Error::other(
                "this picture is made of pixels, which an SVG drawing cannot hold: write it as .png",
            ))),
        }
    }
}
