//! A function of two variables from above, with contour lines and the paths that optimisers take over it.
//!
//! Contours lie at quantiles of the grid's values, so that a narrow valley has as many as a bowl. Where next:
//! `plane.rs` paints it.

use std::path::Path;

use anyhow::ensure;
use image::RgbImage;
use plotters::prelude::Rectangle;
use plotters::style::{Color as _, RGBColor};

use super::canvas::{self, Area, HEIGHT, WIDTH};
use super::chart::{self, Axis, Shape};
use super::look::{self, CAPTION, Entry, GREY, INK, LABEL, LEFT, MARGIN, PAPER, STROKE, Sign, Tone};
use super::plane::{self, Grid};

/// The surface: `values [height, width]`, row 0 at the lowest y, from edge to edge of the axes.
#[derive(Clone, Debug)]
pub(crate) struct Surface<'a> {
    pub(crate) title: &'a str,
    pub(crate) x: Axis,
    pub(crate) y: Axis,
    /// What the values measure.
    pub(crate) z: &'a str,
    pub(crate) values: &'a [f32],
    pub(crate) height: usize,
    pub(crate) width: usize,
}

/// A named path from its first point to its last; where it leaves the picture or the numbers, it breaks off.
#[derive(Clone, Debug)]
pub(crate) struct Way<'a> {
    pub(crate) name: &'a str,
    pub(crate) points: &'a [(f64, f64)],
}

/// Draws the surface with the paths over it; a ring marks each start, a large dot each end.
pub(crate) fn surface_paths(surface: &Surface<'_>, ways: &[Way<'_>], path: &Path) -> anyhow::Result<()> {
    check(surface)?;
    canvas::save(path, (WIDTH, HEIGHT), |area| draw(area, surface, ways))
}

/// The same as pixels, for a frame of an animation.
pub(crate) fn surface_paths_image(surface: &Surface<'_>, ways: &[Way<'_>]) -> anyhow::Result<RgbImage> {
    check(surface)?;
    canvas::render((WIDTH, HEIGHT), |area| draw(area, surface, ways))
}

fn check(surface: &Surface<'_>) -> anyhow::Result<()> {
    let (got, want) = (surface.values.len(), surface.height * surface.width);
    let shape = (surface.height, surface.width);
    ensure!(want > 0 && got == want, "surface \"{}\": {shape:?} wants {want} values, got {got}", surface.title);
    ensure!(surface.values.iter().any(|z| z.is_finite()), "surface \"{}\": no finite value", surface.title);
    Ok(())
}

const BANDS: usize = 16;

fn draw(area: &Area<'_>, surface: &Surface<'_>, ways: &[Way<'_>]) -> anyhow::Result<()> {
    let mut body = look::titled(area, surface.title)?;
    if !ways.is_empty() {
        let entry = |(i, way): (usize, &Way<'_>)| (way.name.to_owned(), color(i));
        let names: Vec<_> = ways.iter().enumerate().map(entry).collect();
        let entries: Vec<_> =
            names.iter().map(|(name, color)| Entry { name, color: *color, sign: Sign::Line }).collect();
        body = look::legend(&body, &entries)?;
    }
    let mut sorted: Vec<f32> = surface.values.iter().copied().filter(|z| z.is_finite()).collect();
    sorted.sort_by(f32::total_cmp);
    let levels: Vec<f32> = (1..BANDS).map(|i| sorted[(i * sorted.len() / BANDS).min(sorted.len() - 1)]).collect();

    let (across, _) = body.dim_in_pixel();
    let (left, right) = body.split_horizontally(across as i32 - 330);
    let chart = chart::axes(&left, "", &surface.x, &surface.y, Shape::Fill)?;
    let grid = Grid { values: surface.values, height: surface.height, width: surface.width };
    plane::paint(&chart, &[grid], RGBColor(150, 165, 185), |z| {
        let band = levels.partition_point(|level| *level < z[0]);
        (band, shade(band))
    })?;
    for (i, way) in ways.iter().enumerate() {
        let place = |&(x, y): &(f64, f64)| Some((surface.x.place(x)?, surface.y.place(y)?));
        chart::line(&chart, way.points.iter().map(place), color(i), STROKE)?;
        // A dot for a step, as long as steps can be told apart.
        let mut last = (i32::MIN, i32::MIN);
        for point in way.points.iter().filter_map(place) {
            let Some(at) = chart::on_page(&chart, point) else { continue };
            if at.0.abs_diff(last.0).max(at.1.abs_diff(last.1)) > 26 {
                chart::dot(&chart, point, 9, color(i))?;
                last = at;
            }
        }
        if let Some(end) = way.points.iter().rev().find_map(place) {
            chart::dot(&chart, end, 18, color(i))?;
        }
        if let Some(start) = way.points.first().and_then(place) {
            chart::dot(&chart, start, 20, INK)?;
            chart::dot(&chart, start, 8, PAPER)?;
        }
    }
    let (_, rows) = chart.plotting_area().get_pixel_range();
    let top = right.get_base_pixel().1;
    bands(&right, surface.z, &levels, (rows.start - top, rows.end - top))
}

/// The bands' colours with the values between them, beside the chart.
fn bands(area: &Area<'_>, z: &str, levels: &[f32], (top, bottom): (i32, i32)) -> anyhow::Result<()> {
    let x = MARGIN / 2;
    let top = top + LABEL + 16;
    let edge = |band: usize| bottom - (bottom - top) * band as i32 / BANDS as i32;
    for band in 0..BANDS {
        area.draw(&Rectangle::new([(x, edge(band + 1)), (x + 50, edge(band))], shade(band).filled()))?;
    }
    area.draw(&Rectangle::new([(x, top), (x + 50, bottom)], look::stroke(GREY, 2)))?;
    for (i, level) in levels.iter().enumerate().filter(|(i, _)| i % 2 == 1) {
        look::write(area, &look::number((*level).into()), (x + 66, edge(i + 1)), CAPTION, INK, LEFT)?;
    }
    let size = if look::width(area, z, LABEL)? > 300 { CAPTION } else { LABEL };
    look::write(area, &look::fit(area, z, size, 300)?, (x, top - 16 - LABEL / 2), size, INK, LEFT)
}

/// Pale blues, the lowest the palest, so that paths stand out.
fn shade(band: usize) -> RGBColor {
    Tone::Blues.at(0.04 + 0.5 * band as f64 / (BANDS - 1) as f64)
}

/// The paths' colours: the series' without the blues of the ground. Curves of the same walks take them too.
pub(crate) fn color(i: usize) -> RGBColor {
    [1, 2, 6, 3, 4].map(look::series)[i % 5]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pictures::tests::{seen, temporary};

    #[test]
    fn three_paths_down_a_valley() {
        let side = 101;
        let at = |k: usize| k as f64 / 100.0 * 4.0 - 2.0;
        let height = |x: f64, y: f64| (1.0 - x).powi(2) + 5.0 * (y - x * x).powi(2);
        let values: Vec<f32> = (0..side * side).map(|i| height(at(i % side), at(i / side)) as f32).collect();
        let walk = |rate: f64, momentum: f64| {
            let (mut x, mut y, mut vx, mut vy) = (-1.5, 1.8, 0.0, 0.0);
            let mut points = vec![(x, y)];
            for _ in 0..150 {
                let (dx, dy) = (-2.0 * (1.0 - x) - 20.0 * x * (y - x * x), 10.0 * (y - x * x));
                (vx, vy) = (momentum * vx - rate * dx, momentum * vy - rate * dy);
                (x, y) = (x + vx, y + vy);
                points.push((x, y));
            }
            points
        };
        let walks = [walk(0.005, 0.0), walk(0.005, 0.9), walk(0.2, 0.0)];
        let names = ["SGD", "momentum", "rate too large"];
        let ways: Vec<_> = walks.iter().zip(names).map(|(points, name)| Way { name, points }).collect();
        let surface = Surface {
            title: "Gradient descent in a curved valley",
            x: Axis::new("w₁", (-2.0, 2.0)),
            y: Axis::new("w₂", (-2.0, 2.0)),
            z: "loss",
            values: &values,
            height: side,
            width: side,
        };
        let (_folder, path) = temporary("surface.png");
        surface_paths(&surface, &ways, &path).unwrap();
        seen(&path, (WIDTH, HEIGHT), &[color(0), color(1), color(2), shade(0), shade(BANDS - 1)]);
        let short = Surface { width: 100, ..surface };
        let error = surface_paths_image(&short, &[]).unwrap_err().to_string();
        assert!(error.ends_with("(101, 100) wants 10100 values, got 10201"), "{error}");
    }
}
