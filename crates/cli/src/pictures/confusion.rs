//! The confusion matrix: how often each true class was read as each class.
//!
//! The colour is the root of the share of the true class, so that rare mistakes are seen beside a full diagonal; the number is the
//! count. Where next: `matrix.rs` draws it.

use std::path::Path;

use anyhow::ensure;

use super::look::Tone;
use super::matrix::{self, Matrix};

/// Draws `counts[truth][predicted]`; `classes` names both.
pub(crate) fn confusion(counts: &[Vec<u32>], classes: &[String], path: &Path) -> anyhow::Result<()> {
    let n = classes.len();
    ensure!(
        n > 0 && counts.len() == n && counts.iter().all(|row| row.len() == n),
        "a confusion matrix of {n} classes wants {n} rows of {n} counts, got {} rows",
        counts.len()
    );
    let values: Vec<f32> = counts.iter().flatten().map(|count| *count as f32).collect();
    let all: u64 = counts.iter().flatten().map(|count| u64::from(*count)).sum();
    let right: u64 = (0..n).map(|i| u64::from(counts[i][i])).sum();
    let percent = if all == 0 { 0.0 } else { 100.0 * right as f64 / all as f64 };
    let title = format!("Confusion matrix: {right} of {all} right ({percent:.2} %)");
    // The root lifts a mistake of one in a hundred to a tenth of the colour, where it can be seen.
    let shade = |row: &Vec<u32>| {
        let sum: u64 = row.iter().map(|count| u64::from(*count)).sum();
        row.iter().map(|count| (*count as f32 / sum.max(1) as f32).sqrt()).collect::<Vec<_>>()
    };
    let shades: Vec<f32> = counts.iter().flat_map(shade).collect();
    let drawn = Matrix {
        row_names: classes,
        column_names: classes,
        row_axis: "true class",
        column_axis: "predicted class",
        tone: Tone::Blues,
        shades: &shades,
        ..Matrix::new("", &values, n)
    };
    matrix::heat(&title, &[drawn], "", path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pictures::canvas::{HEIGHT, WIDTH};
    use crate::pictures::tests::{seen, temporary};

    fn counts(n: usize) -> Vec<Vec<u32>> {
        let cell =
            |i: usize, j: usize| if i == j { 190 + i as u32 } else { u32::from((i * 7 + j * 3).is_multiple_of(5)) * 3 };
        (0..n).map(|i| (0..n).map(|j| cell(i, j)).collect()).collect()
    }

    #[test]
    fn ten_digits() {
        let classes: Vec<String> = (0..10).map(|i| i.to_string()).collect();
        let (_folder, path) = temporary("confusion.png");
        confusion(&counts(10), &classes, &path).unwrap();
        seen(&path, (WIDTH, HEIGHT), &[Tone::Blues.at(0.0)]);
    }

    #[test]
    fn long_class_names_are_turned() {
        let names =
            ["T-shirt/top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"];
        let (_folder, path) = temporary("confusion_names.png");
        confusion(&counts(10), &names.map(String::from), &path).unwrap();
        seen(&path, (WIDTH, HEIGHT), &[]);
    }

    #[test]
    fn a_matrix_that_is_not_square_is_an_error() {
        let classes = ["a".to_owned(), "b".to_owned()];
        let error = confusion(&[vec![1, 2]], &classes, Path::new("nowhere.png")).unwrap_err().to_string();
        assert_eq!(error, "a confusion matrix of 2 classes wants 2 rows of 2 counts, got 1 rows");
    }
}
