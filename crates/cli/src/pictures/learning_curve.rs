//! The learning curve of a run: loss and accuracy by epoch, on the training and the test set.
//!
//! Two panels side by side, since the two have no common unit. Where next: `curves.rs` for any other plot of lines.

use std::path::Path;

use anyhow::ensure;

use super::canvas::{self, HEIGHT, WIDTH};
use super::chart::{self, Axis, Chart, Shape};
use super::look::{self, Entry, MARGIN, STROKE, Sign};

/// What was measured at the end of an epoch (counted from 1); accuracies are fractions of 1.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EpochPoint {
    pub(crate) epoch: usize,
    pub(crate) train_loss: f64,
    pub(crate) train_accuracy: f64,
    pub(crate) test_loss: f64,
    pub(crate) test_accuracy: f64,
}

/// Draws the curves; `steps` is the loss of single steps as (epochs since the start, loss), possibly empty.
/// With `smoothed` labels the loss of training can never be 0, as that of the test can: the legend says so.
pub(crate) fn learning_curve(
    epochs: &[EpochPoint],
    steps: &[(f64, f64)],
    smoothed: bool,
    path: &Path,
) -> anyhow::Result<()> {
    ensure!(!epochs.is_empty(), "a learning curve needs at least one epoch");
    canvas::save(path, (WIDTH, HEIGHT), |area| {
        let training = if smoothed { "training (its loss by smoothed labels)" } else { "training" };
        let mut entries = vec![
            Entry { name: training, color: look::series(0), sign: Sign::Line },
            Entry { name: "test", color: look::series(1), sign: Sign::Line },
        ];
        let pale = look::tint(look::series(0), 0.3);
        if !steps.is_empty() {
            entries.push(Entry { name: "training, each step", color: pale, sign: Sign::Line });
        }
        let body = look::legend(&look::titled(area, "Learning curve")?, &entries)?;
        let (left, right) = body.split_horizontally((body.dim_in_pixel().0 as i32) / 2);
        let x = epoch_axis(epochs, steps);

        let losses = epochs.iter().flat_map(|e| [e.train_loss, e.test_loss]);
        let highest = losses.clone().fold(0.0, f64::max);
        // Single steps may leap far above the curves: they are shown up to twice the highest of these.
        let shown = steps.iter().map(|step| step.1.min(2.0 * highest));
        let y = from_zero(Axis::around("loss (cross-entropy, nats)", false, losses.chain(shown)));
        let loss = chart::axes(&left.margin(0, 0, 0, MARGIN / 2), "Loss", &x, &y, Shape::Fill)?;
        chart::line(&loss, steps.iter().map(|step| finite(*step)), pale, STROKE / 2)?;
        draw(&loss, epochs, |e| e.train_loss, 0)?;
        draw(&loss, epochs, |e| e.test_loss, 1)?;

        let percent = epochs.iter().flat_map(|e| [e.train_accuracy, e.test_accuracy]).map(|part| part * 100.0);
        let mut y = Axis::around("accuracy (%)", false, percent);
        y.range = (y.range.0.max(0.0), y.range.1.min(100.0));
        if y.range.1 - y.range.0 < 2.0 {
            y.range = ((y.range.1 - 2.0).max(0.0), y.range.1.max(2.0));
        }
        let accuracy = chart::axes(&right.margin(0, 0, MARGIN / 2, 0), "Accuracy", &x, &y, Shape::Fill)?;
        draw(&accuracy, epochs, |e| e.train_accuracy * 100.0, 0)?;
        draw(&accuracy, epochs, |e| e.test_accuracy * 100.0, 1)
    })
}

/// From the first epoch (or the first step) to the last, with whole ticks.
fn epoch_axis(epochs: &[EpochPoint], steps: &[(f64, f64)]) -> Axis {
    let first = if steps.is_empty() { epochs[0].epoch as f64 } else { 0.0 };
    let last = epochs[epochs.len() - 1].epoch as f64;
    Axis { whole: true, ..Axis::new("epoch", if first < last { (first, last) } else { (first - 1.0, last + 1.0) }) }
}

fn from_zero(mut axis: Axis) -> Axis {
    axis.range.0 = 0.0;
    axis
}

fn finite((x, y): (f64, f64)) -> Option<(f64, f64)> {
    (x.is_finite() && y.is_finite()).then_some((x, y))
}

fn draw(
    chart: &Chart<'_>,
    epochs: &[EpochPoint],
    of: impl Fn(&EpochPoint) -> f64,
    series: usize,
) -> anyhow::Result<()> {
    let points: Vec<_> = epochs.iter().map(|e| finite((e.epoch as f64, of(e)))).collect();
    chart::line(chart, points.iter().copied(), look::series(series), STROKE)?;
    // Dots where there are few: a run of one epoch has no line at all.
    if epochs.len() <= 40 {
        for point in points.into_iter().flatten() {
            chart::dot(chart, point, 13, look::series(series))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pictures::tests::{seen, temporary};

    fn epochs(count: usize) -> Vec<EpochPoint> {
        (1..=count)
            .map(|epoch| {
                let t = epoch as f64;
                EpochPoint {
                    epoch,
                    train_loss: 0.9 / t.powf(1.2),
                    train_accuracy: 1.0 - 0.2 / t.powf(1.3),
                    test_loss: 0.8 / t.powf(0.9),
                    test_accuracy: 0.985 - 0.14 / t.powf(1.3),
                }
            })
            .collect()
    }

    #[test]
    fn both_series_and_the_steps_are_seen() {
        let steps: Vec<_> = (0..400)
            .map(|i| (i as f64 / 40.0, 2.3 / (1.0 + i as f64 / 20.0) + 0.1 * ((i * 37 % 11) as f64 / 11.0)))
            .collect();
        let (_folder, path) = temporary("learning_curve.png");
        learning_curve(&epochs(10), &steps, true, &path).unwrap();
        let pale = look::tint(look::series(0), 0.3);
        seen(&path, (WIDTH, HEIGHT), &[look::series(0), look::series(1), pale]);
    }

    #[test]
    fn one_epoch_and_a_perfect_score_have_a_picture() {
        let (_folder, path) = temporary("learning_curve_one.png");
        let perfect = EpochPoint { epoch: 1, train_loss: 0.0, train_accuracy: 1.0, test_loss: 0.0, test_accuracy: 1.0 };
        learning_curve(&[perfect], &[], false, &path).unwrap();
        seen(&path, (WIDTH, HEIGHT), &[look::series(1)]);
    }

    #[test]
    fn no_epoch_is_an_error() {
        assert!(learning_curve(&[], &[], false, Path::new("nowhere.png")).is_err());
    }
}
