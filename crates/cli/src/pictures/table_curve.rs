//! The learning curve of a run over a table: loss and accuracy (or R²) by update, on the rows trained on and held out.
//!
//! Like `learning_curve.rs`, but by step, and what is predicted may be a number.

use std::path::Path;

use super::canvas::{self, HEIGHT, WIDTH};
use super::chart::{self, Axis, Chart, Shape};
use super::look::{self, Entry, MARGIN, STROKE, Sign};
use anyhow::ensure;

/// What was measured after some step; scores are accuracies, fractions of 1, or R².
#[derive(Clone, Copy, Debug)]
pub(crate) struct StepPoint {
    pub(crate) step: u64,
    pub(crate) train_loss: f64,
    pub(crate) train_score: Option<f64>,
    pub(crate) test_loss: Option<f64>,
    pub(crate) test_score: Option<f64>,
}

/// Draws the curves; `classes` says what the scores are.
pub(crate) fn table_curve(measured: &[StepPoint], classes: bool, path: &Path) -> anyhow::Result<()> {
    let Some(last) = measured.last() else { anyhow::bail!("a learning curve needs at least one measurement") };
    ensure!(last.train_loss.is_finite(), "the last loss is {}", last.train_loss);
    canvas::save(path, (WIDTH, HEIGHT), |area| {
        let mut entries = vec![Entry { name: "rows trained on", color: look::series(0), sign: Sign::Line }];
        if last.test_loss.is_some() {
            entries.push(Entry { name: "rows held out", color: look::series(1), sign: Sign::Line });
        }
        let body = look::legend(&look::titled(area, "Learning curve")?, &entries)?;
        let (left, right) = body.split_horizontally((body.dim_in_pixel().0 as i32) / 2);
        let x = step_axis(measured, last);

        let unit = if classes { "loss (cross-entropy, nats)" } else { "loss (squared error, scaled)" };
        let points = |measured: &[StepPoint], of: fn(&StepPoint) -> Option<f64>| points(&x, measured, of);
        let losses = [points(measured, |m| Some(m.train_loss)), points(measured, |m| m.test_loss)];
        let mut y = Axis::around(unit, false, losses.iter().flatten().map(|point| point.1));
        y.range.0 = 0.0;
        let chart = chart::axes(&left.margin(0, 0, 0, MARGIN / 2), "Loss", &x, &y, Shape::Fill)?;
        draw(&chart, &losses)?;

        let (title, label) = if classes { ("Accuracy", "accuracy (%)") } else { ("Share explained", "R²") };
        let scores = if classes {
            [points(measured, |m| Some(100.0 * m.train_score?)), points(measured, |m| Some(100.0 * m.test_score?))]
        } else {
            // At random weights R² may lie far below 0, where nothing is to be seen.
            [points(measured, |m| Some(m.train_score?.max(-0.2))), points(measured, |m| Some(m.test_score?.max(-0.2)))]
        };
        let mut y = Axis::around(label, false, scores.iter().flatten().map(|point| point.1));
        let most = if classes { 100.0 } else { 1.0 };
        y.range = (y.range.0, y.range.1.max(y.range.0 + most / 50.0).min(most * 1.02));
        let chart = chart::axes(&right.margin(0, 0, MARGIN / 2, 0), title, &x, &y, Shape::Fill)?;
        draw(&chart, &scores)
    })
}

/// Logarithmic where half of what is learned is learned in the first twentieth, which would be a line straight down.
fn step_axis(measured: &[StepPoint], last: &StepPoint) -> Axis {
    let half = (measured[0].train_loss + last.train_loss) / 2.0;
    let soon = measured.iter().find(|m| m.train_loss <= half).is_some_and(|m| m.step * 20 < last.step);
    let end = last.step.max(2) as f64;
    match soon && measured[0].train_loss > last.train_loss {
        true => Axis { log: true, ..Axis::new("update (logarithmic)", (1.0, end)) },
        false => Axis { whole: true, ..Axis::new("update", (0.0, end)) },
    }
}

fn points(x: &Axis, measured: &[StepPoint], of: fn(&StepPoint) -> Option<f64>) -> Vec<(f64, f64)> {
    let place = |m: &StepPoint| Some((x.place(m.step as f64)?, of(m).filter(|y| y.is_finite())?));
    measured.iter().filter_map(place).collect()
}

fn draw(chart: &Chart<'_>, series: &[Vec<(f64, f64)>; 2]) -> anyhow::Result<()> {
    for (at, points) in series.iter().enumerate() {
        chart::line(chart, points.iter().map(|point| Some(*point)), look::series(at), STROKE)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pictures::tests::{seen, temporary};

    fn measured(held_out: bool) -> Vec<StepPoint> {
        (0..=100)
            .map(|i| {
                let (t, score) = (f64::from(i), 1.0 - 0.7 * (-0.05 * f64::from(i)).exp());
                StepPoint {
                    step: 20 * i as u64,
                    train_loss: 1.1 * (-0.05 * t).exp() + 0.02,
                    train_score: Some(score),
                    test_loss: held_out.then_some(1.1 * (-0.045 * t).exp() + 0.05),
                    test_score: held_out.then_some(score - 0.03),
                }
            })
            .collect()
    }

    #[test]
    fn both_tasks_with_and_without_rows_held_out() {
        for (classes, held_out) in [(true, true), (false, true), (true, false)] {
            let (_folder, path) = temporary(&format!("table_curve_{classes}_{held_out}.png"));
            table_curve(&measured(held_out), classes, &path).unwrap();
            let colors = [look::series(0), look::series(1)];
            seen(&path, (WIDTH, HEIGHT), &colors[..if held_out { 2 } else { 1 }]);
        }
        assert!(table_curve(&[], true, Path::new("nowhere.png")).is_err());
    }
}
