//! Axes and lines: round ticks, linear or logarithmic, over plotters' Cartesian charts.
//!
//! A logarithmic axis holds log₁₀ of its values and writes the values themselves at its ticks, so that every chart
//! has one type. plotters does not clip, so lines are clipped here. Where next: `curves.rs`, the plainest user.

use anyhow::bail;
use plotters::chart::{ChartBuilder, ChartContext};
use plotters::coord::cartesian::Cartesian2d;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::PathElement;
use plotters::style::RGBColor;

use super::canvas::{Area, Canvas};
use super::look::{self, CENTER, FAINT, GREY, INK, LABEL, MARGIN, TICK};

/// A chart with its axes drawn, in data coordinates (log₁₀ of them on a logarithmic axis).
pub(crate) type Chart<'a> = ChartContext<'a, Canvas<'a>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

/// One axis: what it measures (with its unit), from where to where.
#[derive(Clone, Debug)]
pub(crate) struct Axis {
    pub(crate) label: String,
    pub(crate) range: (f64, f64),
    pub(crate) log: bool,
    /// Ticks at whole numbers only.
    pub(crate) whole: bool,
}

impl Axis {
    /// A linear axis over just this range.
    pub(crate) fn new(label: &str, range: (f64, f64)) -> Axis {
        Axis { label: label.to_owned(), range, log: false, whole: false }
    }

    /// An axis with room for all finite `values`; a logarithmic one leaves out what is not positive.
    pub(crate) fn around(label: &str, log: bool, values: impl Iterator<Item = f64>) -> Axis {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in values.filter(|value| value.is_finite() && (!log || *value > 0.0)) {
            (low, high) = (low.min(value), high.max(value));
        }
        if low > high {
            (low, high) = if log { (0.1, 1.0) } else { (0.0, 1.0) };
        }
        let range = if log {
            let (low, high) = (low.log10(), high.log10());
            let room = ((high - low) * 0.04).max(0.02);
            (10f64.powf(low - room), 10f64.powf(high + room))
        } else {
            let room = if high > low { (high - low) * 0.04 } else { high.abs().max(1.0) * 0.5 };
            (low - room, high + room)
        };
        Axis { label: label.to_owned(), range, log, whole: false }
    }

    /// Where `value` lies on the chart; `None` where it has no place there.
    pub(crate) fn place(&self, value: f64) -> Option<f64> {
        let placed = if self.log { value.log10() } else { value };
        placed.is_finite().then_some(placed)
    }

    fn placed_range(&self) -> anyhow::Result<(f64, f64)> {
        match (self.place(self.range.0), self.place(self.range.1)) {
            (Some(low), Some(high)) if low < high => Ok((low, high)),
            _ => bail!("axis \"{}\" cannot run from {} to {}", self.label, self.range.0, self.range.1),
        }
    }

    /// Ticks, placed, with their texts: round steps, or decades and their parts.
    fn ticks(&self, most: usize) -> anyhow::Result<Vec<(f64, String)>> {
        let (low, high) = self.placed_range()?;
        if self.log && high - low >= 0.9 {
            let step = ((high - low) / most as f64).ceil().max(1.0);
            let parts: &[f64] = if high - low < 2.5 { &[1.0, 2.0, 5.0] } else { &[1.0] };
            let decades = (low.floor() as i32..=high.ceil() as i32).filter(|decade| f64::from(*decade) % step == 0.0);
            return Ok(decades
                .flat_map(|decade| parts.iter().map(move |part| part * 10f64.powi(decade)))
                .filter(|value| (low..=high).contains(&value.log10()))
                .map(|value| (value.log10(), look::number(value)))
                .collect());
        }
        let (low, high) = self.range;
        let rough = (high - low) / most as f64;
        let unit = 10f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 2.5, 5.0, 10.0].map(|part| part * unit).into_iter().find(|step| *step >= rough * 0.999);
        let step = if self.whole { step.unwrap_or(unit).ceil() } else { step.unwrap_or(10.0 * unit) };
        let decimals =
            (-(step.log10() + 1e-9).floor()).max(0.0) as usize + usize::from(step / unit == 2.5 && !self.whole);
        let first = (low / step - 1e-9).ceil() as i64;
        let last = (high / step + 1e-9).floor() as i64;
        let large = low.abs().max(high.abs()) >= 1e6 || step < 1e-4;
        let text = |value: f64| match large {
            true => look::number(value),
            false => format!("{value:.decimals$}").replacen('-', "−", 1),
        };
        Ok((first..=last)
            .map(|i| i as f64 * step)
            .filter_map(|value| Some((self.place(value)?, text(value))))
            .collect())
    }
}

/// How a chart fills its area.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// All of it.
    Fill,
    /// As much as lets a unit be as long on x as on y (so that circles are round), unless that makes a sliver.
    Equal,
}

/// Draws both axes with a grid of fine lines.
pub(crate) fn axes<'a>(area: &Area<'a>, title: &str, x: &Axis, y: &Axis, shape: Shape) -> anyhow::Result<Chart<'a>> {
    let whole = area;
    let area = if title.is_empty() { whole.clone() } else { whole.split_vertically(LABEL + 24).1 };
    let (across, down) = area.dim_in_pixel();
    let x_ticks = x.ticks((across as usize / 240).clamp(2, 10))?;
    let y_ticks = y.ticks((down as usize / 150).clamp(2, 10))?;
    let mut widest = 0;
    for (_, text) in &y_ticks {
        widest = widest.max(look::width(&area, text, TICK)?);
    }
    let (x_range, y_range) = (x.placed_range()?, y.placed_range()?);
    let (below, beside) = (TICK + LABEL + 52, widest + LABEL + 60);
    let (mut aside, mut above) = (0, 0);
    if shape == Shape::Equal {
        let (wide, high) = (across as i32 - beside - MARGIN, down as i32 - below - 16);
        let ratio = (x_range.1 - x_range.0) / (y_range.1 - y_range.0);
        if (0.4..2.5).contains(&ratio) {
            aside = (wide - (f64::from(high) * ratio) as i32).max(0) / 2;
            above = (high - (f64::from(wide) / ratio) as i32).max(0) / 2;
        }
    }
    let area = area.margin(above, above, aside, aside);
    let chart = ChartBuilder::on(&area)
        .margin_right(MARGIN)
        .margin_top(16)
        .x_label_area_size(below)
        .y_label_area_size(beside)
        .build_cartesian_2d(x_range.0..x_range.1, y_range.0..y_range.1)?;

    // Set by hand: plotters' own labels shift and drop out where they are long.
    let (columns, rows) = chart.plotting_area().get_pixel_range();
    let grid = look::stroke(FAINT, 2);
    let (left, top) = area.get_base_pixel();
    let (columns, rows) = (columns.start - left..columns.end - left, rows.start - top..rows.end - top);
    let mut free = i32::MIN;
    for (place, text) in &x_ticks {
        let at = columns.start
            + ((place - x_range.0) / (x_range.1 - x_range.0) * f64::from(columns.end - columns.start)) as i32;
        let half = look::width(&area, text, TICK)? / 2;
        area.draw(&PathElement::new([(at, rows.start), (at, rows.end)], grid))?;
        if at - half >= free {
            look::write(&area, text, (at, rows.end + 16 + TICK / 2), TICK, INK, CENTER)?;
            free = at + half + 16;
        }
    }
    for (place, text) in &y_ticks {
        let at = rows.end - ((place - y_range.0) / (y_range.1 - y_range.0) * f64::from(rows.end - rows.start)) as i32;
        area.draw(&PathElement::new([(columns.start, at), (columns.end, at)], grid))?;
        look::write(&area, text, (columns.start - 18, at), TICK, INK, look::RIGHT)?;
    }
    area.draw(&PathElement::new(
        [(columns.start, rows.start), (columns.start, rows.end), (columns.end, rows.end)],
        look::stroke(GREY, 4),
    ))?;
    if !title.is_empty() {
        let size = look::fitting(whole, title, LABEL + 6, across as i32)?;
        let at = (aside + (columns.start + columns.end) / 2, above + LABEL / 2);
        look::write(whole, title, at, size, INK, CENTER)?;
    }
    let middle = ((columns.start + columns.end) / 2, (rows.start + rows.end) / 2);
    look::write(&area, &x.label, (middle.0, rows.end + TICK + 32 + LABEL / 2), LABEL, INK, CENTER)?;
    look::write_up(&area, &y.label, (LABEL / 2 + 4, middle.1), LABEL, INK)?;
    Ok(chart)
}

/// Draws a line through placed points, clipped to the chart; a gap (`None`) breaks it.
pub(crate) fn line(
    chart: &Chart<'_>,
    points: impl Iterator<Item = Option<(f64, f64)>>,
    color: RGBColor,
    width: u32,
) -> anyhow::Result<()> {
    let mut run: Vec<(f64, f64)> = Vec::new();
    let mut last = None;
    let flush = |run: &mut Vec<(f64, f64)>| -> anyhow::Result<()> {
        if run.len() > 1 {
            chart.plotting_area().draw(&PathElement::new(std::mem::take(run), look::stroke(color, width)))?;
        }
        run.clear();
        Ok(())
    };
    let (x_range, y_range) = (chart.plotting_area().get_x_range(), chart.plotting_area().get_y_range());
    for point in points {
        if let (Some(from), Some(to)) = (last, point) {
            match clip(from, to, (x_range.start, x_range.end), (y_range.start, y_range.end)) {
                Some((a, b)) => {
                    if run.last() != Some(&a) {
                        flush(&mut run)?;
                        run.push(a);
                    }
                    run.push(b);
                }
                None => flush(&mut run)?,
            }
        } else {
            flush(&mut run)?;
        }
        last = point;
    }
    flush(&mut run)
}

/// Draws a disc at a placed point; one outside the chart is left out.
pub(crate) fn dot(chart: &Chart<'_>, point: (f64, f64), radius: i32, color: RGBColor) -> anyhow::Result<()> {
    on_page(chart, point).map_or(Ok(()), |at| look::dot(&chart.plotting_area().strip_coord_spec(), at, radius, color))
}

/// Where a placed point lies, in canvas units from the plotting area's upper left corner; `None` outside the chart.
pub(crate) fn on_page(chart: &Chart<'_>, point: (f64, f64)) -> Option<(i32, i32)> {
    let plane = chart.plotting_area();
    let (x, y) = (plane.get_x_range(), plane.get_y_range());
    let inside = x.start <= point.0 && point.0 <= x.end && y.start <= point.1 && point.1 <= y.end;
    let (left, top) = plane.strip_coord_spec().get_base_pixel();
    inside.then(|| chart.backend_coord(&point)).map(|(x, y)| (x - left, y - top))
}

/// The part of a segment inside a rectangle (Liang and Barsky).
fn clip(a: (f64, f64), b: (f64, f64), x: (f64, f64), y: (f64, f64)) -> Option<((f64, f64), (f64, f64))> {
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let (mut from, mut to) = (0f64, 1f64);
    for (step, room) in [(-dx, a.0 - x.0), (dx, x.1 - a.0), (-dy, a.1 - y.0), (dy, y.1 - a.1)] {
        if step == 0.0 {
            if room < 0.0 {
                return None;
            }
        } else if step < 0.0 {
            from = from.max(room / step);
        } else {
            to = to.min(room / step);
        }
    }
    let at = |part: f64| (a.0 + part * dx, a.1 + part * dy);
    let ends = (if from == 0.0 { a } else { at(from) }, if to == 1.0 { b } else { at(to) });
    (from <= to).then_some(ends)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(axis: &Axis) -> Vec<String> {
        axis.ticks(6).unwrap().into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn ticks_are_round_and_few() {
        assert_eq!(texts(&Axis::new("x", (0.0, 10.0))), ["0", "2", "4", "6", "8", "10"]);
        assert_eq!(
            texts(&Axis::new("x", (-0.3, 0.3))),
            ["−0.3", "−0.2", "−0.1", "0.0", "0.1", "0.2", "0.3"][..].to_vec()
        );
        assert_eq!(
            texts(&Axis { label: String::new(), range: (0.01, 100.0), log: true, whole: false }),
            ["0.01", "0.1", "1", "10", "100"]
        );
    }

    #[test]
    fn an_empty_axis_is_an_error() {
        let error = Axis::new("loss", (1.0, 1.0)).ticks(5).unwrap_err();
        assert_eq!(error.to_string(), "axis \"loss\" cannot run from 1 to 1");
    }

    #[test]
    fn segments_are_clipped() {
        let unit = (0.0, 1.0);
        assert_eq!(clip((0.2, 0.2), (0.8, 0.8), unit, unit), Some(((0.2, 0.2), (0.8, 0.8))));
        assert_eq!(clip((-1.0, 0.5), (2.0, 0.5), unit, unit), Some(((0.0, 0.5), (1.0, 0.5))));
        assert_eq!(clip((-1.0, 2.0), (2.0, 2.0), unit, unit), None);
    }
}
