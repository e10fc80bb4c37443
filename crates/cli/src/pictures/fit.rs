//! Predicted numbers against the true ones: on the diagonal where they agree.

use std::path::Path;

use anyhow::ensure;

use super::canvas::{self, HEIGHT, WIDTH};
use super::chart::{self, Axis, Shape};
use super::look::{self, Entry, STROKE, Sign};

/// Points that are drawn; of more, every so-manieth.
const MOST_POINTS: usize = 2000;

/// Draws a point for each (truth, prediction), both in the target's own unit.
pub(crate) fn fit(target: &str, pairs: &[(f64, f64)], path: &Path) -> anyhow::Result<()> {
    ensure!(!pairs.is_empty(), "no predictions to draw");
    canvas::save(path, (WIDTH, HEIGHT), |area| {
        let entries = [
            Entry { name: "a row", color: look::series(0), sign: Sign::Dot },
            Entry { name: "prediction = truth", color: look::series(1), sign: Sign::Line },
        ];
        let body = look::legend(&look::titled(area, &format!("{target}: predicted and true"))?, &entries)?;
        let all = || pairs.iter().flat_map(|&(truth, said)| [truth, said]);
        let x = Axis::around(&format!("true {target}"), false, all());
        let y = Axis::around(&format!("predicted {target}"), false, all());
        let chart = chart::axes(&body, "", &x, &y, Shape::Equal)?;
        let (low, high) = x.range;
        chart::line(&chart, [Some((low, low)), Some((high, high))].into_iter(), look::series(1), STROKE)?;
        for &point in pairs.iter().step_by(pairs.len().div_ceil(MOST_POINTS)) {
            if point.1.is_finite() {
                chart::dot(&chart, point, 12, look::series(0))?;
            }
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pictures::tests::{seen, temporary};

    #[test]
    fn points_about_the_diagonal() {
        let pairs: Vec<_> = (0..90).map(|i| (f64::from(i), f64::from(i) + f64::from(i * 37 % 13) - 6.0)).collect();
        let (_folder, path) = temporary("fit.png");
        fit("price (thousand euros)", &pairs, &path).unwrap();
        seen(&path, (WIDTH, HEIGHT), &[look::series(0), look::series(1)]);
        assert!(fit("price", &[], Path::new("nowhere.png")).is_err());
    }
}
