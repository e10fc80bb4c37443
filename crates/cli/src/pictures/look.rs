//! The common look of every picture: colours, sizes, font, title, legend, text.
//!
//! Lengths are canvas units, `canvas::FINE` to a final pixel, chosen to be read from the last row of a lecture hall.
//! Series colours are Okabe and Ito's, told apart by colour-blind readers; numbers are shown by viridis, signed
//! numbers by blue through white to red. The font travels in the binary, since a CI machine or a container has none.
//! Where next: `chart.rs` for axes, then any picture.

use std::sync::Once;

use anyhow::Context as _;
use plotters::prelude::{BitMapElement, Circle, PathElement, Rectangle, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{
    Color as _, FontFamily, FontStyle, FontTransform, IntoFont as _, RGBColor, ShapeStyle, TextStyle,
};

use super::canvas::Area;

pub(crate) const TITLE: i32 = 76;
pub(crate) const LABEL: i32 = 54;
pub(crate) const TICK: i32 = 46;
pub(crate) const CAPTION: i32 = 42;
/// Width of a curve.
pub(crate) const STROKE: u32 = 7;
/// Free space round every picture and between its parts.
pub(crate) const MARGIN: i32 = 48;

pub(crate) const INK: RGBColor = RGBColor(34, 34, 34);
pub(crate) const PAPER: RGBColor = RGBColor(255, 255, 255);
pub(crate) const FAINT: RGBColor = RGBColor(222, 222, 222);
pub(crate) const GREY: RGBColor = RGBColor(120, 120, 120);
/// What is marked, and what is wrong.
pub(crate) const MARK: RGBColor = RGBColor(213, 94, 0);

/// Okabe and Ito's colours in the order in which series take them (yellow is left out: it vanishes on white).
pub(crate) const SERIES: [RGBColor; 7] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(34, 34, 34),
];

/// The font's name: where an SVG viewer lacks it, a font of like widths, then whatever it has.
const FONT: &str = "DejaVu Sans, Verdana, sans-serif";
static FONT_BYTES: &[u8] = include_bytes!("../../assets/DejaVuSans.ttf");

/// The colour of the `i`-th series; they repeat after seven.
pub(crate) fn series(i: usize) -> RGBColor {
    SERIES[i % SERIES.len()]
}

/// `part` of `color` on paper: opaque, so that overlaps do not darken.
pub(crate) fn tint(color: RGBColor, part: f64) -> RGBColor {
    mix(PAPER, color, part)
}

fn mix(a: RGBColor, b: RGBColor, part: f64) -> RGBColor {
    let blend = |a: u8, b: u8| (f64::from(a) + (f64::from(b) - f64::from(a)) * part).round() as u8;
    RGBColor(blend(a.0, b.0), blend(a.1, b.1), blend(a.2, b.2))
}

/// How numbers become colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Black is low, white is high.
    Grey,
    /// Violet is low, yellow is high.
    Viridis,
    /// White is low, dark blue is high.
    Blues,
    /// Blue below zero, white at zero, red above.
    Diverging,
}

impl Tone {
    /// The colour at `part` of the way from low to high, clamped to [0, 1]; NaN is the marking colour.
    pub(crate) fn at(self, part: f64) -> RGBColor {
        const VIRIDIS: [u32; 9] =
            [0x440154, 0x472d7b, 0x3b528b, 0x2c728e, 0x21918c, 0x28ae80, 0x5ec962, 0xaddc30, 0xfde725];
        const DIVERGING: [u32; 9] =
            [0x2166ac, 0x4393c3, 0x92c5de, 0xd1e5f0, 0xf7f7f7, 0xfddbc7, 0xf4a582, 0xd6604d, 0xb2182b];
        if part.is_nan() {
            return MARK;
        }
        let stops: &[u32] = match self {
            Tone::Grey => &[0x000000, 0xffffff],
            Tone::Viridis => &VIRIDIS,
            Tone::Blues => &[0xffffff, 0xdeebf7, 0x9ecae1, 0x4292c6, 0x08519c, 0x08306b],
            Tone::Diverging => &DIVERGING,
        };
        let place = part.clamp(0.0, 1.0) * (stops.len() - 1) as f64;
        let below = (place as usize).min(stops.len() - 2);
        let stop = |i: usize| RGBColor((stops[i] >> 16) as u8, (stops[i] >> 8) as u8, stops[i] as u8);
        mix(stop(below), stop(below + 1), place - below as f64)
    }

    /// The range to show `values` in: their own, made symmetric for a diverging tone, widened where it is empty.
    pub(crate) fn range(self, values: impl Iterator<Item = f32>) -> (f32, f32) {
        let (mut low, mut high) = (f32::INFINITY, f32::NEG_INFINITY);
        for value in values.filter(|value| value.is_finite()) {
            (low, high) = (low.min(value), high.max(value));
        }
        if low > high {
            (low, high) = (0.0, 0.0);
        }
        if self == Tone::Diverging {
            (low, high) = (-high.abs().max(low.abs()), high.abs().max(low.abs()));
        }
        if low == high { (low - 0.5, high + 0.5) } else { (low, high) }
    }
}

/// Black or white, whichever is read better on `background`.
pub(crate) fn ink_on(background: RGBColor) -> RGBColor {
    let RGBColor(r, g, b) = background;
    let light = 0.299 * f64::from(r) + 0.587 * f64::from(g) + 0.114 * f64::from(b);
    if light > 140.0 { INK } else { PAPER }
}

/// Where a text's anchor lies.
pub(crate) const LEFT: Pos = Pos { h_pos: HPos::Left, v_pos: VPos::Center };
pub(crate) const CENTER: Pos = Pos { h_pos: HPos::Center, v_pos: VPos::Center };
pub(crate) const RIGHT: Pos = Pos { h_pos: HPos::Right, v_pos: VPos::Center };

/// A text style of our font; `size` is the height of a line.
pub(crate) fn font(size: i32, color: RGBColor, anchor: Pos) -> TextStyle<'static> {
    static REGISTER: Once = Once::new();
    REGISTER.call_once(|| {
        let registered = plotters::style::register_font(FONT, FontStyle::Normal, FONT_BYTES);
        assert!(registered.is_ok(), "assets/DejaVuSans.ttf is a font");
    });
    TextStyle { font: (FontFamily::Name(FONT), size).into_font(), color: color.to_backend_color(), pos: anchor }
}

/// Writes `text` with its anchor at `at`.
pub(crate) fn write(
    area: &Area<'_>,
    text: &str,
    at: (i32, i32),
    size: i32,
    color: RGBColor,
    anchor: Pos,
) -> anyhow::Result<()> {
    Ok(area.draw(&Text::new(text.to_owned(), at, font(size, color, anchor)))?)
}

/// Writes `text` from below upwards, centred at `at`.
pub(crate) fn write_up(area: &Area<'_>, text: &str, at: (i32, i32), size: i32, color: RGBColor) -> anyhow::Result<()> {
    let style = font(size, color, CENTER).transform(FontTransform::Rotate270);
    Ok(area.draw(&Text::new(text.to_owned(), at, style))?)
}

/// How wide `text` is, in canvas units.
pub(crate) fn width(area: &Area<'_>, text: &str, size: i32) -> anyhow::Result<i32> {
    let (width, _) = area.estimate_text_size(text, &font(size, INK, LEFT))?;
    i32::try_from(width).context("a text too long to draw")
}

/// `text`, cut with an ellipsis to fit into `room` units.
pub(crate) fn fit(area: &Area<'_>, text: &str, size: i32, room: i32) -> anyhow::Result<String> {
    if width(area, text, size)? <= room {
        return Ok(text.to_owned());
    }
    let mut short: Vec<char> = text.chars().collect();
    while !short.is_empty() {
        short.pop();
        let cut = format!("{}…", short.iter().collect::<String>());
        if width(area, &cut, size)? <= room {
            return Ok(cut);
        }
    }
    Ok(String::new())
}

/// The largest size from `size` down at which `text` fits into `room` units (a smallest one is kept, to stay legible).
pub(crate) fn fitting(area: &Area<'_>, text: &str, size: i32, room: i32) -> anyhow::Result<i32> {
    let full = width(area, text, size)?.max(1);
    Ok((i64::from(size) * i64::from(room) / i64::from(full)).clamp(i64::from(size.min(24)), i64::from(size)) as i32)
}

/// Writes the title and gives back what lies below it, without the margins.
pub(crate) fn titled<'a>(area: &Area<'a>, title: &str) -> anyhow::Result<Area<'a>> {
    let inner = area.margin(MARGIN, MARGIN, MARGIN, MARGIN);
    let (across, _) = inner.dim_in_pixel();
    let size = fitting(area, title, TITLE, across as i32)?;
    write(&inner, &fit(area, title, size, across as i32)?, (across as i32 / 2, TITLE / 2), size, INK, CENTER)?;
    Ok(inner.split_vertically(TITLE + MARGIN / 2).1)
}

/// One line of a legend.
pub(crate) struct Entry<'a> {
    pub(crate) name: &'a str,
    pub(crate) color: RGBColor,
    pub(crate) sign: Sign,
}

/// How a legend shows an entry's colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sign {
    Line,
    Dot,
    Patch,
}

/// Writes a legend centred in rows at the top, and gives back what lies below it.
pub(crate) fn legend<'a>(area: &Area<'a>, entries: &[Entry<'_>]) -> anyhow::Result<Area<'a>> {
    const SWATCH: i32 = 70;
    const GAP: i32 = 60;
    let across = area.dim_in_pixel().0 as i32;
    let mut rows: Vec<(i32, Vec<(&Entry<'_>, i32)>)> = Vec::new();
    for entry in entries {
        let wide = SWATCH + 20 + width(area, entry.name, LABEL)?;
        match rows.last_mut() {
            Some((used, row)) if *used + GAP + wide <= across => {
                *used += GAP + wide;
                row.push((entry, wide));
            }
            _ => rows.push((wide, vec![(entry, wide)])),
        }
    }
    for (i, (used, row)) in rows.iter().enumerate() {
        let y = LABEL / 2 + i as i32 * (LABEL + 12);
        let mut x = (across - used) / 2;
        for (entry, wide) in row {
            let fill = entry.color.filled();
            match entry.sign {
                Sign::Line => {
                    area.draw(&PathElement::new([(x, y), (x + SWATCH, y)], stroke(entry.color, STROKE + 2)))?
                }
                Sign::Dot => dot(area, (x + SWATCH - 22, y), 18, entry.color)?,
                Sign::Patch => area.draw(&Rectangle::new([(x + 24, y - 20), (x + SWATCH, y + 20)], fill))?,
            }
            write(area, entry.name, (x + SWATCH + 20, y), LABEL, INK, LEFT)?;
            x += wide + GAP;
        }
    }
    Ok(area.split_vertically(rows.len() as i32 * (LABEL + 12) + MARGIN / 2).1)
}

/// A line style.
pub(crate) fn stroke(color: RGBColor, width: u32) -> ShapeStyle {
    ShapeStyle { color: color.to_rgba(), filled: false, stroke_width: width }
}

/// A disc with a white rim, so that it is seen on any ground.
pub(crate) fn dot(area: &Area<'_>, at: (i32, i32), radius: i32, color: RGBColor) -> anyhow::Result<()> {
    area.draw(&Circle::new(at, radius + 4, PAPER.filled()))?;
    Ok(area.draw(&Circle::new(at, radius, color.filled()))?)
}

/// Puts pixels `rgb [height, width, 3]` with their upper left corner at `at`.
pub(crate) fn paint(area: &Area<'_>, at: (i32, i32), image: image::RgbImage) -> anyhow::Result<()> {
    let size = image.dimensions();
    let element = BitMapElement::with_owned_buffer(at, size, image.into_raw()).context("an image of another size")?;
    Ok(area.draw(&element)?)
}

/// A bar of colours from low to high with its ends written, at the upper left corner `at`.
pub(crate) fn color_bar(
    area: &Area<'_>,
    tone: Tone,
    (low, high): (f32, f32),
    (x, y): (i32, i32),
    long: i32,
) -> anyhow::Result<()> {
    let bar = image::RgbImage::from_fn(long as u32, 36, |i, _| {
        let RGBColor(r, g, b) = tone.at(f64::from(i) / f64::from(long - 1));
        image::Rgb([r, g, b])
    });
    paint(area, (x, y), bar)?;
    area.draw(&Rectangle::new([(x, y), (x + long, y + 36)], stroke(GREY, 2)))?;
    write(area, &number(f64::from(low)), (x - 16, y + 18), CAPTION, INK, RIGHT)?;
    write(area, &number(f64::from(high)), (x + long + 16, y + 18), CAPTION, INK, LEFT)
}

/// A number in at most three or four digits that matter, with a true minus sign.
pub(crate) fn number(value: f64) -> String {
    let size = value.abs();
    let text = if !value.is_finite() {
        value.to_string()
    } else if size != 0.0 && !(1e-3..1e6).contains(&size) {
        let text = format!("{value:.2e}");
        let (digits, power) = text.split_once('e').unwrap_or((&text, "0"));
        format!("{}e{power}", digits.trim_end_matches('0').trim_end_matches('.'))
    } else {
        let decimals = (3 - size.max(1e-3).log10().floor() as i32 - 1).clamp(0, 4) as usize;
        let fixed = format!("{value:.decimals$}");
        if fixed.contains('.') { fixed.trim_end_matches('0').trim_end_matches('.').to_owned() } else { fixed }
    };
    if text == "-0" { "0".to_owned() } else { text.replacen('-', "−", if text.starts_with('-') { 1 } else { 0 }) }
}
