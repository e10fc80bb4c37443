//! Matrix products: with batch broadcasting (`matmul`), with scale and addend (`gemm`), and a layer's (`linear`).
//!
//! y[.., i, j] = sum over k of a[.., i, k] * b[.., k, j]
//!
//! Operands are first copied to plain row-major matrices, so that one loop serves every transpose.

use crate::array::{offsets, strides, tensor, values};
use crate::binary::{broadcast_shape, broadcast_strides};
use crate::{Binary, Tensor, binary, reduce_to_shape, sum_channels};

/// Product of `a [.., i, k]` and `b [.., k, j]`, their leading axes broadcast as in numpy: `y [.., i, j]`.
///
/// `trans_a` says that `a` is given as `[.., k, i]`, `trans_b` that `b` is given as `[.., j, k]`. An operand of rank 1
/// is a row (`a`) or a column (`b`) whose axis does not appear in `y`; transposes do not apply to it.
pub fn matmul(a: &Tensor, b: &Tensor, trans_a: bool, trans_b: bool) -> Tensor {
    let (a_full, trans_a) = if a.ndim() == 1 { (reshaped(a, &[1, a.len()]), false) } else { (a.clone(), trans_a) };
    let (b_full, trans_b) = if b.ndim() == 1 { (reshaped(b, &[b.len(), 1]), false) } else { (b.clone(), trans_b) };
    let y = matmul_matrices(&a_full, &b_full, trans_a, trans_b);
    let mut shape = y.shape().to_vec();
    if b.ndim() == 1 {
        shape.pop();
    }
    if a.ndim() == 1 {
        shape.remove(shape.len() - if b.ndim() == 1 { 1 } else { 2 });
    }
    reshaped(&y, &shape)
}

/// Gradient of [`matmul`] for `a`, both operands of rank 2 or more: `dy bᵀ`, summed over the batch axes that `a` lacks.
pub fn matmul_da(dy: &Tensor, a_shape: &[usize], b: &Tensor, trans_a: bool, trans_b: bool) -> Tensor {
    let da = if trans_a { matmul(b, dy, trans_b, true) } else { matmul(dy, b, false, !trans_b) };
    reduce_to_shape(&da, a_shape)
}

/// Gradient of [`matmul`] for `b`, both operands of rank 2 or more: `aᵀ dy`, summed over the batch axes that `b` lacks.
pub fn matmul_db(dy: &Tensor, a: &Tensor, b_shape: &[usize], trans_a: bool, trans_b: bool) -> Tensor {
    let db = if trans_b { matmul(dy, a, true, trans_a) } else { matmul(a, dy, !trans_a, false) };
    reduce_to_shape(&db, b_shape)
}

/// `alpha * a b + beta * c` with optional transposes (ONNX's Gemm); `c` is broadcast to `[i, j]`.
pub fn gemm(a: &Tensor, b: &Tensor, c: Option<&Tensor>, alpha: f64, beta: f64, trans_a: bool, trans_b: bool) -> Tensor {
    let product = matmul(a, b, trans_a, trans_b) * alpha;
    match c {
        Some(c) => binary(Binary::Add, &product, &(c * beta)),
        None => product,
    }
}

/// `x weightᵀ + bias` for `x [.., in]`, `weight [out, in]`, `bias [out]` (PyTorch's linear): `y [.., out]`.
pub fn linear(x: &Tensor, weight: &Tensor, bias: Option<&Tensor>) -> Tensor {
    let y = matmul(x, weight, false, true);
    match bias {
        Some(bias) => binary(Binary::Add, &y, bias),
        None => y,
    }
}

/// Gradient of [`linear`] for `x`: `dy weight`.
pub fn linear_dx(dy: &Tensor, weight: &Tensor) -> Tensor {
    matmul(dy, weight, false, false)
}

/// Gradient of [`linear`] for its weight `[out, in]`: `dyᵀ x` over all leading axes.
pub fn linear_dweight(x: &Tensor, dy: &Tensor) -> Tensor {
    matmul(&rows(dy), &rows(x), true, false)
}

/// Gradient of [`linear`] for its bias `[out]`: `dy` summed over all leading axes.
pub fn linear_dbias(dy: &Tensor) -> Tensor {
    sum_channels(&rows(dy))
}

/// All leading axes as one: `[rows, last]`.
fn rows(x: &Tensor) -> Tensor {
    let last = x.shape().last().copied().unwrap_or(1);
    reshaped(x, &[x.len() / last.max(1), last])
}

fn reshaped(x: &Tensor, shape: &[usize]) -> Tensor {
    tensor(shape, values(x).into_owned())
}

fn matmul_matrices(a: &Tensor, b: &Tensor, trans_a: bool, trans_b: bool) -> Tensor {
    let (a_batch, a_matrix) = a.shape().split_at(a.ndim() - 2);
    let (b_batch, b_matrix) = b.shape().split_at(b.ndim() - 2);
    let (rows, depth) = if trans_a { (a_matrix[1], a_matrix[0]) } else { (a_matrix[0], a_matrix[1]) };
    let columns = if trans_b { b_matrix[0] } else { b_matrix[1] };
    let batch = broadcast_shape(a_batch, b_batch).expect("invariant: the graph checked that the batches broadcast");
    let matrix_of = |shape: &[usize]| offsets(&batch, &broadcast_strides(shape, &batch));
    let (a_flat, b_flat) = (row_major(a, trans_a), row_major(b, trans_b));
    let mut y = Vec::with_capacity(batch.iter().product::<usize>() * rows * columns);
    for (a_at, b_at) in matrix_of(a_batch).into_iter().zip(matrix_of(b_batch)) {
        let a = &a_flat[a_at * rows * depth..][..rows * depth];
        let b = &b_flat[b_at * depth * columns..][..depth * columns];
        for i in 0..rows {
            let mut sums = vec![0.0; columns];
            for k in 0..depth {
                let a = a[i * depth + k];
                sums.iter_mut().zip(&b[k * columns..][..columns]).for_each(|(sum, b)| *sum += a * b);
            }
            y.extend(sums);
        }
    }
    tensor(&[&batch[..], &[rows, columns]].concat(), y)
}

/// The values with the last two axes exchanged where `transposed`.
fn row_major(x: &Tensor, transposed: bool) -> Vec<f64> {
    let flat = values(x);
    if !transposed {
        return flat.into_owned();
    }
    let (mut shape, mut stride) = (x.shape().to_vec(), strides(x.shape()));
    let last = x.ndim() - 1;
    shape.swap(last - 1, last);
    stride.swap(last - 1, last);
    offsets(&shape, &stride).into_iter().map(|at| flat[at]).collect()
}
