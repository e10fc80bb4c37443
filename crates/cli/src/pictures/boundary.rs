//! Decision boundaries: what a classifier says over the whole plane, with the data on it; one frame or a strip.
//!
//! A place has the mixture of the classes' colours by probability, and a line where the likeliest class changes.
//! Where next: `plane.rs` paints it; `animation.rs` strings frames together.

use std::path::Path;

use anyhow::ensure;
use image::RgbImage;
use plotters::style::RGBColor;

use super::canvas::{self, Area, HEIGHT, WIDTH};
use super::chart::{self, Axis, Shape};
use super::look::{self, Entry, INK, MARGIN, Sign};
use super::plane::{self, Grid};

/// The plane and the data in it, common to all frames.
#[derive(Clone, Debug)]
pub(crate) struct Plane<'a> {
    pub(crate) x: Axis,
    pub(crate) y: Axis,
    pub(crate) classes: &'a [String],
    /// x, y and class of each instance.
    pub(crate) points: &'a [(f64, f64, usize)],
}

/// What one classifier says: `probabilities [classes, height, width]`, row 0 at the lowest y.
#[derive(Clone, Debug)]
pub(crate) struct Frame<'a> {
    pub(crate) title: &'a str,
    pub(crate) probabilities: &'a [f32],
    pub(crate) height: usize,
    pub(crate) width: usize,
}

/// Draws one frame, or several side by side.
pub(crate) fn decision_boundary(
    title: &str,
    plane: &Plane<'_>,
    frames: &[Frame<'_>],
    path: &Path,
) -> anyhow::Result<()> {
    check(plane, frames)?;
    canvas::save(path, (WIDTH, HEIGHT), |area| draw(area, title, plane, frames))
}

/// The same as pixels, for a frame of an animation.
pub(crate) fn decision_boundary_image(
    title: &str,
    plane: &Plane<'_>,
    frames: &[Frame<'_>],
) -> anyhow::Result<RgbImage> {
    check(plane, frames)?;
    canvas::render((WIDTH, HEIGHT), |area| draw(area, title, plane, frames))
}

fn check(plane: &Plane<'_>, frames: &[Frame<'_>]) -> anyhow::Result<()> {
    let classes = plane.classes.len();
    ensure!(classes > 0 && !frames.is_empty(), "a decision boundary needs classes and frames");
    for frame in frames {
        let (got, want) = (frame.probabilities.len(), classes * frame.height * frame.width);
        let shape = (classes, frame.height, frame.width);
        ensure!(want > 0 && got == want, "frame \"{}\": {shape:?} wants {want} probabilities, got {got}", frame.title);
    }
    let stray = plane.points.iter().find(|point| point.2 >= classes);
    ensure!(stray.is_none(), "a point of class {} among {classes} classes", stray.map_or(0, |point| point.2));
    Ok(())
}

fn draw(area: &Area<'_>, title: &str, plane: &Plane<'_>, frames: &[Frame<'_>]) -> anyhow::Result<()> {
    let classes = plane.classes.iter().enumerate();
    let mut entries: Vec<_> =
        classes.map(|(k, name)| Entry { name, color: look::series(k), sign: Sign::Dot }).collect();
    let shade = look::tint(INK, 0.25);
    entries.push(Entry { name: "colours mix by probability", color: shade, sign: Sign::Patch });
    let body = look::legend(&look::titled(area, title)?, &entries)?;
    // Four frames stand two by two: side by side they would be slivers.
    let columns = match frames.len() {
        4 => 2,
        count => count.min(3),
    };
    let rows = frames.len().div_ceil(columns);
    for (cell, frame) in body.split_evenly((rows, columns)).iter().zip(frames) {
        let cell = if frames.len() > 1 { cell.margin(0, MARGIN / 2, 0, MARGIN / 2) } else { cell.clone() };
        one(&cell, plane, frame)?;
    }
    Ok(())
}

fn one(area: &Area<'_>, plane: &Plane<'_>, frame: &Frame<'_>) -> anyhow::Result<()> {
    let chart = chart::axes(area, frame.title, &plane.x, &plane.y, Shape::Equal)?;
    let size = frame.height * frame.width;
    let grids: Vec<_> = frame
        .probabilities
        .chunks(size)
        .map(|values| Grid { values, height: frame.height, width: frame.width })
        .collect();
    plane::paint(&chart, &grids, INK, |probabilities| (likeliest(probabilities), mixture(probabilities)))?;
    let crowd = if plane.points.len() > 400 { 3 } else { 2 };
    let radius = (chart.plotting_area().dim_in_pixel().0 as i32 / (55 * crowd)).clamp(6, 14);
    for &(x, y, class) in plane.points {
        if let (Some(x), Some(y)) = (plane.x.place(x), plane.y.place(y)) {
            chart::dot(&chart, (x, y), radius, look::series(class))?;
        }
    }
    Ok(())
}

/// The first of the largest.
fn likeliest(probabilities: &[f32]) -> usize {
    (1..probabilities.len()).fold(0, |best, k| if probabilities[k] > probabilities[best] { k } else { best })
}

/// The classes' colours mixed by probability, pale enough for dots to stand out.
fn mixture(probabilities: &[f32]) -> RGBColor {
    let mut mixed = [0.0; 3];
    for (k, part) in probabilities.iter().enumerate() {
        let RGBColor(r, g, b) = look::tint(look::series(k), 0.6);
        for (sum, channel) in mixed.iter_mut().zip([r, g, b]) {
            *sum += part * f32::from(channel);
        }
    }
    RGBColor(mixed[0] as u8, mixed[1] as u8, mixed[2] as u8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pictures::tests::{seen, temporary};

    fn circle(side: usize, sharp: f32) -> Vec<f32> {
        let inside: Vec<f32> = (0..side * side)
            .map(|i| {
                let at = |k: usize| k as f32 / (side - 1) as f32 * 4.0 - 2.0;
                let (x, y) = (at(i % side), at(i / side));
                1.0 / (1.0 + (sharp * (x * x + y * y - 1.0)).exp())
            })
            .collect();
        inside.iter().copied().chain(inside.iter().map(|p| 1.0 - p)).collect()
    }

    fn points() -> Vec<(f64, f64, usize)> {
        let point = |i: u32, r: f64, class: usize| {
            let turn = f64::from(i) * 2.4;
            let r = r + 0.15 * (f64::from(i) * 1.7).sin();
            (r * turn.cos(), r * turn.sin(), class)
        };
        (0..60).flat_map(|i| [point(i, 0.5, 0), point(i, 1.5, 1)]).collect()
    }

    fn plane<'a>(classes: &'a [String], points: &'a [(f64, f64, usize)]) -> Plane<'a> {
        Plane { x: Axis::new("x₁", (-2.0, 2.0)), y: Axis::new("x₂", (-2.0, 2.0)), classes, points }
    }

    #[test]
    fn one_frame_and_a_strip() {
        let (classes, points) = (["inner".to_owned(), "outer".to_owned()], points());
        let plane = plane(&classes, &points);
        let fields: Vec<_> = [0.05, 1.0, 6.0].map(|sharp| circle(60, sharp)).into();
        let titles = ["random weights", "step 200", "step 2000"];
        let frame = |i: usize| Frame { title: titles[i], probabilities: &fields[i], height: 60, width: 60 };
        let (_folder, path) = temporary("boundary.png");
        decision_boundary("Two circles", &plane, &[frame(2)], &path).unwrap();
        seen(&path, (WIDTH, HEIGHT), &[look::series(0), look::series(1)]);
        let (_folder, path) = temporary("boundary_strip.png");
        decision_boundary("Two circles", &plane, &[frame(0), frame(1), frame(2)], &path).unwrap();
        seen(&path, (WIDTH, HEIGHT), &[look::series(0), look::series(1)]);
    }

    #[test]
    fn pixels_do_not_go_into_svg_and_sizes_are_checked() {
        let (classes, points) = (["a".to_owned(), "b".to_owned()], points());
        let plane = plane(&classes, &points);
        let field = circle(8, 1.0);
        let frame = Frame { title: "end", probabilities: &field, height: 8, width: 8 };
        let (_folder, path) = temporary("boundary.svg");
        let error = format!("{:#}", decision_boundary("", &plane, std::slice::from_ref(&frame), &path).unwrap_err());
        assert!(error.contains("write it as .png") && !path.exists(), "{error}");
        let short = Frame { width: 9, ..frame };
        let error = decision_boundary_image("", &plane, &[short]).unwrap_err().to_string();
        assert_eq!(error, "frame \"end\": (2, 8, 9) wants 144 probabilities, got 128");
    }
}
