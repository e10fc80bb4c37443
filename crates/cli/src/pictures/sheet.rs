//! A sheet of small images in titled groups, each with a caption: misread digits, filters, feature maps, photos.
//!
//! Images are scaled up by nearest neighbour, since their pixels are the point, and scaled down smoothly. Columns
//! are chosen to make the tiles as large as the page allows; a sheet too full for one page grows downwards.
//! Where next: `misread.rs`, its plainest user.

use std::path::Path;

use anyhow::{Context as _, ensure};
use image::{RgbImage, imageops};
use plotters::prelude::Rectangle;
use plotters::style::RGBColor;

use super::canvas::{self, Area, FINE, HEIGHT, WIDTH};
use super::look::{self, CAPTION, CENTER, FAINT, GREY, INK, LABEL, LEFT, MARGIN, TITLE, Tone};

/// What a tile shows.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Image<'a> {
    /// `[h, w]` where `c` is 1, `[c, h, w]` where it is 3.
    Bytes { c: usize, h: usize, w: usize, pixels: &'a [u8] },
    /// `[h, w]`, shown in the sheet's tone.
    Map { h: usize, w: usize, values: &'a [f32] },
}

/// An image and the words below it, one line each.
#[derive(Clone, Debug)]
pub(crate) struct Tile<'a> {
    pub(crate) image: Image<'a>,
    pub(crate) caption: Vec<String>,
    /// Framed in this colour.
    pub(crate) frame: Option<RGBColor>,
}

/// Tiles that belong together.
#[derive(Clone, Debug)]
pub(crate) struct Group<'a> {
    pub(crate) title: String,
    pub(crate) tiles: Vec<Tile<'a>>,
}

/// The range of values that a map's colours span.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Scale {
    /// One for all maps of the sheet, shown as a bar.
    Common,
    /// Each map's own, written below it.
    Own,
    /// This one, shown as a bar.
    Fixed(f32, f32),
}

/// Draws the sheet; `tone` and `scale` are for maps only.
pub(crate) fn images_sheet(
    title: &str,
    groups: &[Group<'_>],
    tone: Tone,
    scale: Scale,
    path: &Path,
) -> anyhow::Result<()> {
    canvas::save_png(path, &sheet_image(title, groups, tone, scale)?)
}

/// The sheet as pixels, for a frame of an animation.
pub(crate) fn sheet_image(title: &str, groups: &[Group<'_>], tone: Tone, scale: Scale) -> anyhow::Result<RgbImage> {
    ensure!(groups.iter().any(|group| !group.tiles.is_empty()), "\"{title}\": no image to show");
    let maps = || groups.iter().flat_map(|group| &group.tiles).filter_map(|tile| tile.image.values());
    let common = match scale {
        Scale::Common => Some(tone.range(maps().flatten().copied())),
        Scale::Own => None,
        Scale::Fixed(low, high) => Some((low, high)),
    };
    let mut shown = Vec::new();
    for group in groups {
        let mut tiles = Vec::new();
        for (i, tile) in group.tiles.iter().enumerate() {
            let name = || format!("\"{title}\", group \"{}\", image {i}", group.title);
            let (image, range) = tile.image.colors(tone, common).with_context(name)?;
            let mut caption = tile.caption.clone();
            if let (None, Some((low, high))) = (common, range) {
                caption.push(match tile.image.even() {
                    Some(value) => format!("all {}", look::number(value.into())),
                    None => format!("{} … {}", look::number(low.into()), look::number(high.into())),
                });
            }
            tiles.push(Shown { image, caption, frame: tile.frame });
        }
        shown.push((group.title.as_str(), tiles));
    }
    let bar = common.filter(|_| maps().next().is_some());
    let page = Page::plan(&shown, bar.is_some());
    canvas::render((WIDTH, page.height), |area| page.draw(area, title, &shown, bar.map(|range| (tone, range))))
}

impl<'a> Image<'a> {
    fn values(&self) -> Option<&'a [f32]> {
        match *self {
            Image::Map { values, .. } => Some(values),
            Image::Bytes { .. } => None,
        }
    }

    /// The number that a map has everywhere, if it has.
    fn even(&self) -> Option<f32> {
        let values = self.values()?;
        values.iter().all(|value| *value == values[0]).then(|| values[0])
    }

    /// As colours, with the range that they span where it is the map's own.
    fn colors(&self, tone: Tone, common: Option<(f32, f32)>) -> anyhow::Result<(RgbImage, Option<(f32, f32)>)> {
        let (c, h, w, got) = match *self {
            Image::Bytes { c, h, w, pixels } => (c, h, w, pixels.len()),
            Image::Map { h, w, values } => (1, h, w, values.len()),
        };
        ensure!(c == 1 || c == 3, "an image of {c} channels cannot be shown; show 1 (grey) or 3 (colour)");
        ensure!(h > 0 && w > 0 && got == c * h * w, "[{c}, {h}, {w}] wants {} numbers, got {got}", c * h * w);
        let (wide, high) = (u32::try_from(w)?, u32::try_from(h)?);
        Ok(match *self {
            Image::Bytes { pixels, .. } => {
                let at = |channel: usize, x: u32, y: u32| pixels[(channel * h + y as usize) * w + x as usize];
                (RgbImage::from_fn(wide, high, |x, y| image::Rgb([0, c / 2, c - 1].map(|k| at(k, x, y)))), None)
            }
            Image::Map { values, .. } => {
                let own = || match self.even() {
                    // A map of one number has no range of its own; of zeros it is the lowest, as zeros are elsewhere.
                    Some(0.0) if tone != Tone::Diverging => (0.0, 1.0),
                    _ => tone.range(values.iter().copied()),
                };
                let range = common.unwrap_or_else(own);
                let at = |x: u32, y: u32| (values[y as usize * w + x as usize] - range.0) / (range.1 - range.0);
                let color = |x, y| {
                    let RGBColor(r, g, b) = tone.at(at(x, y).into());
                    image::Rgb([r, g, b])
                };
                (RgbImage::from_fn(wide, high, color), Some(range))
            }
        })
    }
}

/// A tile whose colours are settled.
struct Shown {
    image: RgbImage,
    caption: Vec<String>,
    frame: Option<RGBColor>,
}

/// The sizes that all tiles share, in canvas units, and the page's height in final pixels.
struct Page {
    columns: usize,
    /// The box that an image is fitted into.
    room: (i32, i32),
    caption_lines: i32,
    height: u32,
}

const GAP: i32 = 36;
const GROUP_TITLE: i32 = LABEL + 24;
const CAPTION_LINE: i32 = CAPTION + 8;
const BAR: i32 = 84;
const INNER: i32 = (WIDTH * FINE) as i32 - 2 * MARGIN;
/// A tile narrower than this cannot carry a caption.
const NARROWEST: i32 = 170;

impl Page {
    /// The number of columns that gives the largest images on one page; on a full page, the most that stay legible.
    fn plan(groups: &[(&str, Vec<Shown>)], bar: bool) -> Page {
        let tiles = || groups.iter().flat_map(|(_, tiles)| tiles);
        let caption_lines = tiles().map(|tile| tile.caption.len()).max().unwrap_or(0) as i32;
        let shape =
            tiles().map(|tile| f64::from(tile.image.height()) / f64::from(tile.image.width())).fold(0.0, f64::max);
        let longest = groups.iter().map(|(_, tiles)| tiles.len()).max().unwrap_or(1).max(1);
        let at = |columns: usize| {
            let wide = (INNER - GAP * (columns as i32 - 1)) / columns as i32;
            let rows: usize = groups.iter().map(|(_, tiles)| tiles.len().div_ceil(columns)).sum();
            let titles = groups.iter().filter(|(title, _)| !title.is_empty()).count() as i32;
            let fixed = 2 * MARGIN + TITLE + MARGIN / 2 + MARGIN / 2 + titles * GROUP_TITLE + if bar { BAR } else { 0 };
            let below = caption_lines * CAPTION_LINE + GAP;
            (wide, rows as i32, fixed, below)
        };
        let page = (HEIGHT * FINE) as i32;
        let narrowest = if caption_lines == 0 { 40 } else { NARROWEST };
        let empty = |columns: usize| -> usize {
            groups.iter().map(|(_, tiles)| tiles.len().next_multiple_of(columns) - tiles.len()).sum()
        };
        let fits = |columns: usize| {
            let (wide, rows, fixed, below) = at(columns);
            let high = ((page - fixed) / rows - below).min((f64::from(wide) * shape) as i32);
            let room = (((f64::from(high.max(1)) / shape) as i32).min(wide), high);
            // What counts is the images' size in whole pixels; among equals, full rows.
            let shown: u32 = tiles().map(|tile| scaled_size(&tile.image, room).0).sum();
            (wide >= narrowest && room.0 >= narrowest / 2).then_some((
                shown,
                std::cmp::Reverse(empty(columns)),
                columns,
                room,
            ))
        };
        let best = (1..=longest).filter_map(fits).max();
        let (room, columns, height) = match best {
            Some((_, _, columns, room)) => (room, columns, HEIGHT),
            None => {
                // Full rows, if that does not take many columns away.
                let most = (1..=longest).rev().find(|columns| at(*columns).0 >= narrowest + 30).unwrap_or(1);
                let fuller = (most * 3 / 5).max(1)..=most;
                let columns = fuller.min_by_key(|c| (empty(*c), std::cmp::Reverse(*c))).unwrap_or(most);
                let (wide, rows, fixed, below) = at(columns);
                let high = (f64::from(wide) * shape) as i32;
                ((wide, high), columns, (((fixed + rows * (high + below)) as u32).div_ceil(FINE)).max(HEIGHT))
            }
        };
        let tallest = tiles().map(|tile| scaled_size(&tile.image, room).1).max();
        let room = (room.0, tallest.map_or(room.1, |tallest| tallest as i32));
        Page { columns, room, caption_lines, height }
    }

    /// From a row's top to the next one's.
    fn row(&self) -> i32 {
        self.room.1 + self.caption_lines * CAPTION_LINE + GAP
    }

    fn draw(
        &self,
        area: &Area<'_>,
        title: &str,
        groups: &[(&str, Vec<Shown>)],
        bar: Option<(Tone, (f32, f32))>,
    ) -> anyhow::Result<()> {
        let body = look::titled(area, title)?.margin(MARGIN / 2, 0, 0, 0);
        let cell = if self.columns == 1 { INNER } else { (INNER + GAP) / self.columns as i32 };
        let rows: usize = groups.iter().map(|(_, tiles)| tiles.len().div_ceil(self.columns)).sum();
        let titles = groups.iter().filter(|(title, _)| !title.is_empty()).count() as i32;
        let used = rows as i32 * self.row() + titles * GROUP_TITLE + if bar.is_some() { BAR } else { 0 };
        let mut y = ((body.dim_in_pixel().1 as i32 - used) / 2).max(0);
        if let Some((tone, range)) = bar {
            let long = INNER / 3;
            look::color_bar(&body, tone, range, ((INNER - long) / 2, y), long)?;
            y += BAR;
        }
        for (title, tiles) in groups {
            if !title.is_empty() {
                look::write(&body, title, (0, y + LABEL / 2), LABEL, INK, LEFT)?;
                y += GROUP_TITLE;
            }
            for row in tiles.chunks(self.columns) {
                // A single short row stands in the middle, the last of several under the others' left end.
                let used = if tiles.len() < self.columns { tiles.len() } else { self.columns } as i32;
                let left = (INNER + GAP - used * cell) / 2;
                for (i, tile) in row.iter().enumerate() {
                    self.tile(&body, tile, left + i as i32 * cell + (cell - GAP) / 2, y, cell - GAP / 3)?;
                }
                y += self.row();
            }
        }
        Ok(())
    }

    /// Draws a tile whose image is centred at `center` with its top at `y`.
    fn tile(&self, body: &Area<'_>, tile: &Shown, center: i32, y: i32, room: i32) -> anyhow::Result<()> {
        let image = scaled(&tile.image, self.room);
        let (wide, high) = (image.width() as i32, image.height() as i32);
        let corner = (center - wide / 2, y + (self.room.1 - high) / 2);
        let border =
            |out: i32| [(corner.0 - out, corner.1 - out), (corner.0 + wide + out - 1, corner.1 + high + out - 1)];
        if let Some(color) = tile.frame {
            body.draw(&Rectangle::new(border(9), plotters::style::Color::filled(&color)))?;
        } else {
            body.draw(&Rectangle::new(border(2), look::stroke(FAINT, 2)))?;
        }
        look::paint(body, corner, image)?;
        for (line, text) in tile.caption.iter().enumerate() {
            let size = look::fitting(body, text, CAPTION, room)?.max(32);
            let text = look::fit(body, text, size, room)?;
            let at = (center, y + self.room.1 + 20 + CAPTION / 2 + line as i32 * CAPTION_LINE);
            look::write(body, &text, at, size, if line == 0 { INK } else { GREY }, CENTER)?;
        }
        Ok(())
    }
}

/// `image` as large as `room` allows: by nearest neighbour, or smoothly down.
fn scaled(image: &RgbImage, room: (i32, i32)) -> RgbImage {
    let (wide, high) = scaled_size(image, room);
    let filter = if wide >= image.width() { imageops::FilterType::Nearest } else { imageops::FilterType::Triangle };
    imageops::resize(image, wide, high, filter)
}

/// The size that `image` gets in `room`; each pixel as large as the others where it grows to twice its size.
fn scaled_size(image: &RgbImage, room: (i32, i32)) -> (u32, u32) {
    let (wide, high) = image.dimensions();
    let fit = (f64::from(room.0) / f64::from(wide)).min(f64::from(room.1) / f64::from(high));
    let times = if fit >= 8.0 {
        fit.floor()
    } else if fit >= 4.0 {
        (fit / 2.0).floor() * 2.0
    } else {
        fit
    };
    let to = |side: u32| ((f64::from(side) * times) as u32).max(1);
    (to(wide), to(high))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pictures::tests::{seen, temporary};

    fn wave(h: usize, w: usize, k: usize) -> Vec<f32> {
        (0..h * w)
            .map(|i| ((i / w) as f32 * 0.7 + k as f32).sin() * ((i % w) as f32 * 0.5 * (1 + k % 3) as f32).cos())
            .collect()
    }

    fn map<'a>(h: usize, w: usize, values: &'a [f32], caption: &[&str]) -> Tile<'a> {
        let caption = caption.iter().map(|line| (*line).to_owned()).collect();
        Tile { image: Image::Map { h, w, values }, caption, frame: None }
    }

    fn group<'a>(title: &str, tiles: Vec<Tile<'a>>) -> Group<'a> {
        Group { title: title.to_owned(), tiles }
    }

    #[test]
    fn filters_share_a_diverging_scale() {
        let filters: Vec<_> = (0..8).map(|k| wave(5, 5, k)).collect();
        let tiles = filters.iter().enumerate().map(|(k, f)| map(5, 5, f, &[&format!("filter {k}")])).collect();
        let (_folder, path) = temporary("filters.png");
        images_sheet("First-layer filters", &[group("conv1, 5×5", tiles)], Tone::Diverging, Scale::Common, &path)
            .unwrap();
        seen(&path, (WIDTH, HEIGHT), &[INK]);
    }

    #[test]
    fn feature_maps_in_groups_print_their_own_ranges() {
        let first: Vec<_> = (0..8).map(|k| wave(24, 24, k)).collect();
        let second: Vec<_> = (0..16).map(|k| wave(8, 8, k)).collect();
        let groups = [
            group("conv1: 8 maps of 24×24", first.iter().map(|f| map(24, 24, f, &[])).collect()),
            group("conv2: 16 maps of 8×8", second.iter().map(|f| map(8, 8, f, &[])).collect()),
        ];
        let (_folder, path) = temporary("feature_maps.png");
        images_sheet("Feature maps of a 7", &groups, Tone::Viridis, Scale::Own, &path).unwrap();
        seen(&path, (WIDTH, HEIGHT), &[Tone::Viridis.at(0.0), Tone::Viridis.at(1.0)]);
    }

    #[test]
    fn a_full_sheet_grows_downwards() {
        let maps: Vec<_> = (0..256).map(|k| wave(6, 6, k)).collect();
        let tiles = maps.iter().enumerate().map(|(k, f)| map(6, 6, f, &[&format!("channel {k}")])).collect();
        let (_folder, path) = temporary("many_maps.png");
        images_sheet("256 channels", &[group("", tiles)], Tone::Grey, Scale::Common, &path).unwrap();
        let image = image::open(&path).unwrap();
        assert!(image.width() == WIDTH && image.height() > HEIGHT);
    }

    #[test]
    fn colour_photos_are_scaled_down_side_by_side() {
        let (h, w) = (1200, 1800);
        let pixels: Vec<u8> = (0..3 * h * w)
            .map(|i| {
                if i < h * w {
                    213
                } else if i < 2 * h * w {
                    94
                } else {
                    0
                }
            })
            .collect();
        let photo =
            Tile { image: Image::Bytes { c: 3, h, w, pixels: &pixels }, caption: vec!["photo".into()], frame: None };
        let (_folder, path) = temporary("photos.png");
        let groups = [group("", vec![photo.clone(), photo])];
        images_sheet("Before and after", &groups, Tone::Grey, Scale::Common, &path).unwrap();
        seen(&path, (WIDTH, HEIGHT), &[RGBColor(213, 94, 0)]);
    }

    #[test]
    fn wrong_sizes_are_named() {
        let groups = [group("maps", vec![map(2, 2, &[1.0; 3], &[])])];
        let error = format!("{:#}", sheet_image("Sheet", &groups, Tone::Grey, Scale::Own).unwrap_err());
        assert_eq!(error, "\"Sheet\", group \"maps\", image 0: [1, 2, 2] wants 4 numbers, got 3");
        assert!(sheet_image("Sheet", &[], Tone::Grey, Scale::Own).is_err());
    }
}
