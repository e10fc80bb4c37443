//! Lines over common axes: losses of several runs, an activation with a point on it, a schedule of learning rates.
//!
//! Where next: `learning_curve.rs`, the two-panel plot of a run.

use std::path::Path;

use anyhow::ensure;

use super::canvas::{self, Area, HEIGHT, WIDTH};
use super::chart::{self, Axis, Shape};
use super::look::{self, CAPTION, Entry, INK, LABEL, LEFT, MARGIN, MARK, PAPER, RIGHT, STROKE, Sign};
use plotters::prelude::Rectangle;
use plotters::style::{Color as _, RGBColor};

/// A named line; points that are not finite (or not positive on a logarithmic axis) break it.
#[derive(Clone, Debug)]
pub(crate) struct Series<'a> {
    pub(crate) name: &'a str,
    pub(crate) points: &'a [(f64, f64)],
}

/// A point with words beside it.
#[derive(Clone, Debug)]
pub(crate) struct Mark<'a> {
    pub(crate) at: (f64, f64),
    pub(crate) text: &'a str,
}

/// What a plot of lines says around its lines.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plot<'a> {
    pub(crate) title: &'a str,
    /// What x measures, with its unit.
    pub(crate) x: &'a str,
    /// What y measures, with its unit.
    pub(crate) y: &'a str,
    pub(crate) log_x: bool,
    pub(crate) log_y: bool,
    pub(crate) marks: &'a [Mark<'a>],
    /// The colour of the i-th line where it is not the series' own: that of another picture beside this one.
    pub(crate) color: Option<fn(usize) -> RGBColor>,
}

/// Draws the lines with axes around all of them; a legend where there are two or more.
pub(crate) fn curves(plot: &Plot<'_>, series: &[Series<'_>], path: &Path) -> anyhow::Result<()> {
    check(plot, series)?;
    canvas::save(path, (WIDTH, HEIGHT), |area| draw(area, plot, series))
}

fn check(plot: &Plot<'_>, series: &[Series<'_>]) -> anyhow::Result<()> {
    ensure!(series.iter().any(|one| !one.points.is_empty()), "\"{}\": no points to draw", plot.title);
    Ok(())
}

fn draw(area: &Area<'_>, plot: &Plot<'_>, series: &[Series<'_>]) -> anyhow::Result<()> {
    let color = plot.color.unwrap_or(look::series);
    let mut body = look::titled(area, plot.title)?;
    if series.len() > 1 {
        let entry = |(i, one): (usize, &Series<'_>)| (one.name.to_owned(), color(i));
        let names: Vec<_> = series.iter().enumerate().map(entry).collect();
        let entries: Vec<_> =
            names.iter().map(|(name, color)| Entry { name, color: *color, sign: Sign::Line }).collect();
        body = look::legend(&body, &entries)?;
    }
    let all = || series.iter().flat_map(|one| one.points).copied().chain(plot.marks.iter().map(|mark| mark.at));
    let mut x = Axis::around(plot.x, plot.log_x, all().map(|point| point.0));
    x.whole = all().all(|point| point.0.fract() == 0.0);
    let y = Axis::around(plot.y, plot.log_y, all().map(|point| point.1));
    let chart = chart::axes(&body, "", &x, &y, Shape::Fill)?;
    let place = |(a, b): (f64, f64)| Some((x.place(a)?, y.place(b)?));
    for (i, one) in series.iter().enumerate() {
        chart::line(&chart, one.points.iter().map(|point| place(*point)), color(i), STROKE)?;
        if one.points.len() <= 24 {
            for point in one.points.iter().filter_map(|point| place(*point)) {
                chart::dot(&chart, point, 12, color(i))?;
            }
        }
    }
    let page = chart.plotting_area().strip_coord_spec();
    for mark in plot.marks {
        let Some(point) = place(mark.at) else { continue };
        let Some(at) = chart::on_page(&chart, point) else { continue };
        chart::dot(&chart, point, 20, MARK)?;
        // Beside the point, on the side with more room, and off the curve's height.
        let wide = look::width(&page, mark.text, LABEL)?;
        let (across, down) = page.dim_in_pixel();
        let left = at.0 > across as i32 / 2;
        let x = if left { at.0 - MARGIN - wide } else { at.0 + MARGIN };
        let lower = if at.1 < down as i32 / 2 { at.1 + LABEL + 24 } else { at.1 - LABEL - 24 };
        let plate = [(x - 16, lower - LABEL / 2), (x + wide + 16, lower + LABEL / 2)];
        page.draw(&Rectangle::new(plate, PAPER.filled()))?;
        let (start, anchor) = if left { (x + wide, RIGHT) } else { (x, LEFT) };
        look::write(&page, mark.text, (start, lower), LABEL.max(CAPTION), INK, anchor)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pictures::tests::{seen, temporary};

    #[test]
    fn the_neuron_on_its_sigmoid() {
        let sigmoid: Vec<_> =
            (-250..=250).map(|i| f64::from(i) / 10.0).map(|x| (x, 1.0 / (1.0 + (-x).exp()))).collect();
        let plot = Plot {
            title: "Sigmoid: f(x) = 1 / (1 + e⁻ˣ)",
            x: "weighted sum x",
            y: "f(x)",
            marks: &[Mark { at: (21.3408, 1.0), text: "f(21.34) = 1.000" }],
            ..Plot::default()
        };
        let (_folder, path) = temporary("neuron.png");
        curves(&plot, &[Series { name: "sigmoid", points: &sigmoid }], &path).unwrap();
        seen(&path, (WIDTH, HEIGHT), &[look::series(0), MARK]);
    }

    #[test]
    fn a_logarithmic_plot_of_many_runs_as_png_and_svg() {
        let runs: Vec<Vec<(f64, f64)>> = (0..6)
            .map(|k| (0..200).map(|i| (f64::from(i), 2.0 * (-f64::from(i * (k + 1)) / 150.0).exp())).collect())
            .collect();
        let names: Vec<String> = (0..6).map(|k| format!("learning rate {}", 0.01 * f64::from(1 << k))).collect();
        let series: Vec<_> = runs.iter().zip(&names).map(|(points, name)| Series { name, points }).collect();
        let plot = Plot { title: "Loss by learning rate", x: "step", y: "loss (nats)", log_y: true, ..Plot::default() };
        let (_folder, path) = temporary("curves.png");
        curves(&plot, &series, &path).unwrap();
        seen(&path, (WIDTH, HEIGHT), &(0..6).map(look::series).collect::<Vec<_>>());
        let (_folder, path) = temporary("curves.svg");
        curves(&plot, &series, &path).unwrap();
        let text = std::fs::read_to_string(path).unwrap();
        assert!(text.contains("sans-serif") && text.contains("width=\"1600\"") && text.ends_with("</svg>\n"));
    }

    #[test]
    fn what_cannot_be_written_is_named() {
        let series = [Series { name: "a", points: &[(0.0, 1.0), (1.0, 2.0)] }];
        let plot = Plot::default();
        let (folder, _) = temporary("");
        let missing = folder.path().join("missing").join("plot.png");
        let error = format!("{:#}", curves(&plot, &series, &missing).unwrap_err());
        assert!(error.contains("missing") && error.contains("folder must exist"), "{error}");
        let error = curves(&plot, &series, Path::new("plot.pdf")).unwrap_err().to_string();
        assert_eq!(error, "plot.pdf: a picture is written as .png or .svg, not as .pdf");
        assert!(curves(&plot, &[], Path::new("plot.png")).is_err());
    }
}
