//! Where the largest and smallest elements are: argmax, argmin, top-k. No gradients, indices being whole numbers; the
//! values that top-k gives get theirs from `gather.rs`.
//!
//! NaN wins argmax and argmin both, and counts as the largest number in top-k: PyTorch's rules. Among equals the lower
//! index comes first, unless `select_last_index` asks otherwise.

use std::cmp::Ordering;

use crate::Tensor;
use crate::array::{each_lane, tensor, values};

/// Index of the largest element along `axis`, which stays with size 1 under `keepdims`.
pub fn argmax(x: &Tensor, axis: usize, keepdims: bool, select_last_index: bool) -> Tensor {
    arg(x, axis, keepdims, select_last_index, true)
}

/// Index of the smallest element along `axis`, which stays with size 1 under `keepdims`.
pub fn argmin(x: &Tensor, axis: usize, keepdims: bool, select_last_index: bool) -> Tensor {
    arg(x, axis, keepdims, select_last_index, false)
}

/// The `k` largest (or smallest) elements along `axis`, best first, and their indices.
pub fn top_k(x: &Tensor, k: usize, axis: usize, largest: bool) -> (Tensor, Tensor) {
    let flat = values(x);
    let mut shape = x.shape().to_vec();
    shape[axis] = k;
    let mut best = Vec::new();
    each_lane(x.shape(), axis, |_, lane| {
        let lane: Vec<f64> = lane.map(|at| flat[at]).collect();
        let mut order: Vec<usize> = (0..lane.len()).collect();
        // A stable sort: equals keep their order.
        order.sort_by(|&a, &b| rank(lane[a], lane[b], largest, largest));
        best.push(order[..k].iter().map(|&i| (lane[i], i as f64)).collect::<Vec<_>>());
    });
    let (mut elements, mut indices) = (vec![0.0; shape.iter().product()], vec![0.0; shape.iter().product()]);
    each_lane(&shape, axis, |place, lane| {
        for (at, &(element, index)) in lane.zip(&best[place]) {
            (elements[at], indices[at]) = (element, index);
        }
    });
    (tensor(&shape, elements), tensor(&shape, indices))
}

/// Whether `a` comes before `b`, NaN before all numbers or after them.
fn rank(a: f64, b: f64, largest: bool, nan_first: bool) -> Ordering {
    let ordered = if largest { b.partial_cmp(&a) } else { a.partial_cmp(&b) };
    let by_nan = || if nan_first { b.is_nan().cmp(&a.is_nan()) } else { a.is_nan().cmp(&b.is_nan()) };
    ordered.unwrap_or_else(by_nan)
}

fn arg(x: &Tensor, axis: usize, keepdims: bool, select_last_index: bool, largest: bool) -> Tensor {
    let flat = values(x);
    let mut winners = Vec::new();
    each_lane(x.shape(), axis, |_, lane| {
        let lane: Vec<f64> = lane.map(|at| flat[at]).collect();
        let better = |best: usize, i: usize| match rank(lane[i], lane[best], largest, true) {
            Ordering::Less => i,
            Ordering::Equal if select_last_index => i,
            _ => best,
        };
        winners.push((1..lane.len()).fold(0, better) as f64);
    });
    let mut shape = x.shape().to_vec();
    if keepdims {
        shape[axis] = 1;
    } else {
        shape.remove(axis);
    }
    tensor(&shape, winners)
}
