//! Matrices as cells of colour with their numbers written in: one or several in one line or two, windows marked.
//!
//! For confusion matrices, images small enough to read number by number, filters and what they make. Numbers are left
//! out where they would be too small to read. Where next: `confusion.rs`; `animation.rs` for a window that moves.

use std::ops::Range;
use std::path::Path;

use anyhow::ensure;
use image::RgbImage;
use plotters::prelude::Rectangle;
use plotters::style::{Color as _, RGBColor};

use super::canvas::{self, Area, HEIGHT, WIDTH};
use super::look::{self, CAPTION, CENTER, INK, LABEL, LEFT, MARGIN, PAPER, RIGHT, TICK, Tone};

/// A matrix and how to show it.
#[derive(Clone, Debug)]
pub(crate) struct Matrix<'a> {
    pub(crate) title: &'a str,
    /// `[rows, columns]`, row by row; a NaN cell is left empty.
    pub(crate) values: &'a [f32],
    pub(crate) columns: usize,
    /// One name a row, or none.
    pub(crate) row_names: &'a [String],
    /// One name a column, or none.
    pub(crate) column_names: &'a [String],
    /// What rows and columns are, or empty.
    pub(crate) row_axis: &'a str,
    pub(crate) column_axis: &'a str,
    pub(crate) tone: Tone,
    /// The values at the ends of the tone; `None` takes the matrix' own.
    pub(crate) range: Option<(f32, f32)>,
    /// A part of the tone for each cell in place of its value's, or none.
    pub(crate) shades: &'a [f32],
    /// Windows framed in the marking colour: first row, first column, rows, columns.
    pub(crate) marks: &'a [[usize; 4]],
}

impl<'a> Matrix<'a> {
    /// A matrix without names, in viridis over its own range.
    pub(crate) fn new(title: &'a str, values: &'a [f32], columns: usize) -> Matrix<'a> {
        Matrix {
            title,
            values,
            columns,
            row_names: &[],
            column_names: &[],
            row_axis: "",
            column_axis: "",
            tone: Tone::Viridis,
            range: None,
            shades: &[],
            marks: &[],
        }
    }

    fn rows(&self) -> usize {
        self.values.len() / self.columns
    }

    fn check(&self) -> anyhow::Result<()> {
        let (count, columns) = (self.values.len(), self.columns);
        ensure!(
            columns > 0 && count > 0 && count % columns == 0,
            "matrix \"{}\": {count} numbers in rows of {columns}",
            self.title
        );
        let lists = [
            ("row names", self.row_names.len(), self.rows()),
            ("column names", self.column_names.len(), columns),
            ("shades", self.shades.len(), count),
        ];
        for (what, got, want) in lists {
            ensure!(got == 0 || got == want, "matrix \"{}\": {got} {what}, wants {want} or none", self.title);
        }
        Ok(())
    }
}

/// Draws the matrices side by side; `note` is a line below them, or empty.
pub(crate) fn heat(title: &str, matrices: &[Matrix<'_>], note: &str, path: &Path) -> anyhow::Result<()> {
    check(title, matrices)?;
    canvas::save(path, (WIDTH, HEIGHT), |area| draw(area, title, matrices, note))
}

/// The same as pixels, for a frame of an animation.
pub(crate) fn heat_image(title: &str, matrices: &[Matrix<'_>], note: &str) -> anyhow::Result<RgbImage> {
    check(title, matrices)?;
    canvas::render((WIDTH, HEIGHT), |area| draw(area, title, matrices, note))
}

fn check(title: &str, matrices: &[Matrix<'_>]) -> anyhow::Result<()> {
    ensure!(!matrices.is_empty(), "\"{title}\": no matrix to show");
    matrices.iter().try_for_each(Matrix::check)
}

fn draw(area: &Area<'_>, title: &str, matrices: &[Matrix<'_>], note: &str) -> anyhow::Result<()> {
    let mut body = look::titled(area, title)?;
    if !note.is_empty() {
        let (across, down) = body.dim_in_pixel();
        let size = look::fitting(&body, note, LABEL, across as i32)?;
        look::write(&body, note, (across as i32 / 2, down as i32 - LABEL / 2), size, INK, CENTER)?;
        body = body.margin(0, LABEL + MARGIN / 2, 0, 0);
    }
    let mut sides = Vec::new();
    for matrix in matrices {
        sides.push(Sides::of(&body, matrix)?);
    }
    let (across, down) = body.dim_in_pixel();
    // A marked window's frame reaches beyond the cells.
    let room = (across as i32 - 24, down as i32 - 12);
    // Two lines where that makes cells much larger: the numbers are to be read.
    let count = matrices.len();
    let one: Vec<Range<usize>> = std::iter::once(0..count).collect();
    // Of equals the first: inputs above, filters and output below.
    let split = (1..count).rev().map(|at| vec![0..at, at..count]);
    let two = split.max_by_key(|lines| cell(matrices, &sides, lines, room)).unwrap_or_else(|| one.clone());
    let larger = |lines: &[Range<usize>]| cell(matrices, &sides, lines, room);
    let lines = if 4 * larger(&two) > 5 * larger(&one) { two } else { one };
    let cell = larger(&lines);
    ensure!(cell >= 4, "\"{title}\": {} matrices hold too many columns for one picture", matrices.len());
    let high = |line: &Range<usize>| {
        line.clone().map(|i| sides[i].top + matrices[i].rows() as i32 * cell).max().unwrap_or_default()
    };
    let used: i32 = lines.iter().map(high).sum();
    let between = (room.1 - used) / (lines.len() as i32 + 1);
    let mut top = between;
    for line in &lines {
        let wide: i32 = line.clone().map(|i| sides[i].left + matrices[i].columns as i32 * cell).sum();
        let mut x = (room.0 - wide - GAP * (line.len() as i32 - 1)) / 2 + 12;
        for i in line.clone() {
            let (matrix, side) = (&matrices[i], &sides[i]);
            let y = top + (high(line) - side.top - matrix.rows() as i32 * cell) / 2;
            draw_one(&body, matrix, side, (x + side.left, y + side.top), cell)?;
            x += side.left + matrix.columns as i32 * cell + GAP;
        }
        top += high(line) + between;
    }
    Ok(())
}

/// Between matrices of a line.
const GAP: i32 = MARGIN * 2;

/// The largest cell with which these lines of matrices fit; one size for all, so that a window looks the same in the
/// input and over the filter.
fn cell(matrices: &[Matrix<'_>], sides: &[Sides], lines: &[Range<usize>], (across, down): (i32, i32)) -> i32 {
    let wide = lines.iter().map(|line| {
        let names: i32 = line.clone().map(|i| sides[i].left).sum::<i32>() + GAP * (line.len() as i32 - 1);
        let columns: usize = matrices[line.clone()].iter().map(|matrix| matrix.columns).sum();
        (across - names) / columns as i32
    });
    let titles: i32 = lines.iter().map(|line| sides[line.clone()].iter().map(|s| s.top).max().unwrap_or(0)).sum();
    let rows: usize = lines.iter().map(|line| matrices[line.clone()].iter().map(Matrix::rows).max().unwrap_or(1)).sum();
    let high = (down - titles - GAP / 2 * (lines.len() as i32 - 1)) / rows as i32;
    wide.min().unwrap_or(0).min(high).min(260)
}

/// The room that names and titles take beside the cells.
struct Sides {
    left: i32,
    top: i32,
    upright: bool,
}

impl Sides {
    fn of(body: &Area<'_>, matrix: &Matrix<'_>) -> anyhow::Result<Sides> {
        let widest = |names: &[String]| -> anyhow::Result<i32> {
            names.iter().try_fold(0, |widest, name| Ok(widest.max(look::width(body, name, TICK)?)))
        };
        let axis = |name: &str| if name.is_empty() { 0 } else { LABEL + 20 };
        let (rows, columns) = (widest(matrix.row_names)?, widest(matrix.column_names)?);
        // Column names longer than a cell is wide are turned upright.
        let upright = columns > 1300 / matrix.columns.max(1) as i32;
        let above = if columns == 0 {
            0
        } else if upright {
            columns + 24
        } else {
            TICK + 20
        };
        let title = if matrix.title.is_empty() { 0 } else { LABEL + 24 };
        let left = axis(matrix.row_axis) + if rows == 0 { 0 } else { rows + 24 };
        Ok(Sides { left, top: title + axis(matrix.column_axis) + above, upright })
    }
}

fn draw_one(
    body: &Area<'_>,
    matrix: &Matrix<'_>,
    side: &Sides,
    (left, top): (i32, i32),
    cell: i32,
) -> anyhow::Result<()> {
    let range = matrix.range.unwrap_or_else(|| matrix.tone.range(matrix.values.iter().copied()));
    let texts: Vec<String> = matrix.values.iter().map(|value| look::number((*value).into())).collect();
    let mut size = (cell * 2 / 5).min(LABEL);
    for text in &texts {
        size = size.min(
            (i64::from(size) * i64::from(cell * 9 / 10) / i64::from(look::width(body, text, size.max(1))?.max(1)))
                as i32,
        );
    }
    let (rows, columns) = (matrix.rows() as i32, matrix.columns as i32);
    for (i, (value, text)) in matrix.values.iter().zip(&texts).enumerate() {
        let (x, y) = (left + i as i32 % columns * cell, top + i as i32 / columns * cell);
        let part = matrix.shades.get(i).copied().unwrap_or((value - range.0) / (range.1 - range.0));
        let color = if value.is_nan() { PAPER } else { matrix.tone.at(part.into()) };
        body.draw(&Rectangle::new([(x, y), (x + cell - 1, y + cell - 1)], color.filled()))?;
        if cell > 24 {
            body.draw(&Rectangle::new([(x, y), (x + cell, y + cell)], look::stroke(RGBColor(200, 200, 200), 2)))?;
        }
        if size >= 22 && !value.is_nan() {
            look::write(body, text, (x + cell / 2, y + cell / 2), size, look::ink_on(color), CENTER)?;
        }
    }
    for mark in matrix.marks {
        let [row, column, high, wide] = mark.map(|n| n as i32);
        for out in 0..9 {
            let corner = |r: i32, c: i32, out: i32| (left + c * cell + out, top + r * cell + out);
            let frame = [corner(row, column, -out), corner(row + high, column + wide, out)];
            body.draw(&Rectangle::new(frame, look::stroke(look::MARK, 1)))?;
        }
    }
    for (i, name) in matrix.row_names.iter().enumerate() {
        look::write(
            body,
            name,
            (left - 20, top + cell * i as i32 + cell / 2),
            TICK.min(cell.max(CAPTION)),
            INK,
            RIGHT,
        )?;
    }
    for (i, name) in matrix.column_names.iter().enumerate() {
        let x = left + cell * i as i32 + cell / 2;
        if side.upright {
            let style = look::font(TICK, INK, LEFT).transform(plotters::style::FontTransform::Rotate270);
            body.draw(&plotters::prelude::Text::new(name.clone(), (x, top - 16), style))?;
        } else {
            look::write(body, name, (x, top - 16 - TICK / 2), TICK, INK, CENTER)?;
        }
    }
    let middle = (left + columns * cell / 2, top + rows * cell / 2);
    let mut above = top - side.top;
    if !matrix.title.is_empty() {
        look::write(body, matrix.title, (middle.0, above + LABEL / 2), LABEL, INK, CENTER)?;
        above += LABEL + 24;
    }
    if !matrix.column_axis.is_empty() {
        look::write(body, matrix.column_axis, (middle.0, above + LABEL / 2), LABEL, INK, CENTER)?;
    }
    if !matrix.row_axis.is_empty() {
        look::write_up(body, matrix.row_axis, (left - side.left + LABEL / 2, middle.1), LABEL, INK)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pictures::look::MARK;
    use crate::pictures::tests::{seen, temporary};

    #[test]
    fn a_window_is_marked_over_the_numbers() {
        let input: Vec<f32> = (0..36).map(|i| if i % 6 < 3 { 10.0 } else { 0.0 }).collect();
        let filter = [1.0, 0.0, -1.0, 1.0, 0.0, -1.0, 1.0, 0.0, -1.0];
        let mut output = [0.0, 30.0, 30.0, 0.0].repeat(4);
        output[9..].fill(f32::NAN);
        let matrices = [
            Matrix { marks: &[[2, 0, 3, 3]], tone: Tone::Grey, ..Matrix::new("input 6×6", &input, 6) },
            Matrix { tone: Tone::Diverging, ..Matrix::new("filter 3×3", &filter, 3) },
            Matrix { marks: &[[2, 0, 1, 1]], tone: Tone::Grey, ..Matrix::new("output 4×4", &output, 4) },
        ];
        let (_folder, path) = temporary("convolve.png");
        heat("Vertical edges", &matrices, "10·1 + 10·0 + 10·(−1) + … = 0", &path).unwrap();
        seen(&path, (WIDTH, HEIGHT), &[MARK, INK]);
        let (_folder, path) = temporary("convolve.svg");
        heat("Vertical edges", &matrices, "", &path).unwrap();
        assert!(std::fs::read_to_string(path).unwrap().contains("−1"));
    }

    #[test]
    fn ragged_numbers_and_missing_names_are_errors() {
        let ragged = Matrix::new("m", &[1.0, 2.0, 3.0], 2);
        assert_eq!(heat_image("", &[ragged], "").unwrap_err().to_string(), "matrix \"m\": 3 numbers in rows of 2");
        let names = ["a".to_owned()];
        let unnamed = Matrix { row_names: &names, ..Matrix::new("m", &[1.0, 2.0], 1) };
        assert_eq!(
            heat_image("", &[unnamed], "").unwrap_err().to_string(),
            "matrix \"m\": 1 row names, wants 2 or none"
        );
    }
}
