//! Products of matrices on all cores: one sgemm a thread, each for its own rows of the result.

use ndarray::linalg::general_mat_mul;
use ndarray::{ArrayView2, ArrayViewMut2, s};
use rayon::prelude::*;

/// Multiply-adds that are worth a thread.
const WORTH: usize = 1 << 16;

/// `data` as a matrix of rows in order, or of columns in order where it is `transposed`: `[rows, columns]` either way.
pub(crate) fn matrix(data: &[f32], rows: usize, columns: usize, transposed: bool) -> ArrayView2<'_, f32> {
    let shape = if transposed { (columns, rows) } else { (rows, columns) };
    let view = ArrayView2::from_shape(shape, data).expect("invariant: as many elements as the matrix has");
    if transposed { view.reversed_axes() } else { view }
}

/// y `[i, j]` = a `[i, k]` b `[k, j]`, with what y holds added where `add`, on so many threads.
pub(crate) fn multiply(a: ArrayView2<'_, f32>, b: ArrayView2<'_, f32>, add: bool, y: &mut [f32], threads: usize) {
    let (rows, depth, columns) = (a.nrows(), a.ncols(), b.ncols());
    if y.is_empty() {
        return;
    }
    let threads = threads.min(rows * depth * columns / WORTH).max(1);
    // Whole tiles of the kernel, which has 8 rows.
    let share = rows.div_ceil(threads).next_multiple_of(8);
    let piece = |(at, y): (usize, &mut [f32])| {
        let own = y.len() / columns;
        let a = a.slice(s![at * share..at * share + own, ..]);
        let mut y = ArrayViewMut2::from_shape((own, columns), y).expect("invariant: whole rows");
        general_mat_mul(1.0, &a, &b, if add { 1.0 } else { 0.0 }, &mut y);
    };
    match threads {
        1 => piece((0, y)),
        _ => y.par_chunks_mut(share * columns).enumerate().for_each(piece),
    }
}

/// y `[rows, out]` = x `[rows, in]` weightᵀ + bias, for weight `[out, in]`.
pub(crate) fn linear(x: &[f32], weight: &[f32], bias: Option<&[f32]>, features: usize, outputs: usize) -> Vec<f32> {
    let rows = x.len().checked_div(features).unwrap_or(0);
    let mut y = match bias {
        Some(bias) => bias.repeat(rows),
        None => vec![0.0; rows * outputs],
    };
    let (x, weight) = (matrix(x, rows, features, false), matrix(weight, features, outputs, true));
    multiply(x, weight, bias.is_some(), &mut y, rayon::current_num_threads());
    y
}

/// dx `[rows, in]` = dy `[rows, out]` weight.
pub(crate) fn linear_dx(dy: &[f32], weight: &[f32], outputs: usize, features: usize) -> Vec<f32> {
    let rows = dy.len().checked_div(outputs).unwrap_or(0);
    let mut dx = vec![0.0; rows * features];
    let (dy, weight) = (matrix(dy, rows, outputs, false), matrix(weight, outputs, features, false));
    multiply(dy, weight, false, &mut dx, rayon::current_num_threads());
    dx
}

/// dweight `[out, in]` = dyᵀ x, and dbias `[out]`: the columns of dy summed.
pub(crate) fn linear_dweight(x: &[f32], dy: &[f32], features: usize, outputs: usize) -> (Vec<f32>, Vec<f32>) {
    let rows = dy.len().checked_div(outputs).unwrap_or(0);
    let mut dweight = vec![0.0; outputs * features];
    let (left, right) = (matrix(dy, outputs, rows, true), matrix(x, rows, features, false));
    multiply(left, right, false, &mut dweight, rayon::current_num_threads());
    let mut dbias = vec![0.0; outputs];
    for row in dy.chunks_exact(outputs.max(1)) {
        dbias.iter_mut().zip(row).for_each(|(sum, &dy)| *sum += f64::from(dy));
    }
    (dweight, dbias.into_iter().map(|sum: f64| sum as f32).collect())
}

/// A product of matrices with leading axes: where each matrix of the result takes its operands from.
pub(crate) struct Batched<'a> {
    /// Operands, row-major, and whether their matrices are transposed.
    pub(crate) a: (&'a [f32], bool),
    /// As `a`.
    pub(crate) b: (&'a [f32], bool),
    /// Rows of a, columns of b, and the axis between them.
    pub(crate) size: [usize; 3],
    /// For each matrix of the result the pairs of matrices whose products it sums, in order.
    pub(crate) pairs: Vec<Vec<(usize, usize)>>,
}

impl Batched<'_> {
    /// The matrices of the result, one after the other.
    pub(crate) fn multiply(&self) -> Vec<f32> {
        let [i, j, k] = self.size;
        let mut y = vec![0.0; self.pairs.len() * i * j];
        if y.is_empty() {
            return y;
        }
        let threads = rayon::current_num_threads();
        let within = if self.pairs.len() >= threads { 1 } else { threads };
        y.par_chunks_mut(i * j).zip(&self.pairs).for_each(|(y, pairs)| {
            for (at, &(a, b)) in pairs.iter().enumerate() {
                let a = matrix(&self.a.0[a * i * k..][..i * k], i, k, self.a.1);
                let b = matrix(&self.b.0[b * k * j..][..k * j], k, j, self.b.1);
                multiply(a, b, at > 0, y, within);
            }
        });
        y
    }
}

/// For each place along the axes `batch`, row-major, which matrix of an operand with the leading axes `own` is there.
pub(crate) fn places(batch: &[usize], own: &[usize]) -> Vec<usize> {
    let missing = batch.len() - own.len();
    let mut places = vec![0];
    for (axis, &length) in batch.iter().enumerate() {
        let held = axis.checked_sub(missing).map_or(1, |axis| own[axis]);
        let step = |place: usize| (0..length).map(move |at| place * held + if held == 1 { 0 } else { at });
        places = places.into_iter().flat_map(step).collect();
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operands_stretch_along_axes_that_they_lack_or_have_as_one() {
        assert_eq!(places(&[2, 3], &[2, 3]), [0, 1, 2, 3, 4, 5]);
        assert_eq!(places(&[2, 3], &[3]), [0, 1, 2, 0, 1, 2]);
        assert_eq!(places(&[2, 3], &[2, 1]), [0, 0, 0, 1, 1, 1]);
        assert_eq!(places(&[], &[]), [0]);
    }
}
