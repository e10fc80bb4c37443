//! The table: one row a shape worth asking about, a file a family. `lib.rs` says who reads it.

mod data;
mod elementwise;
mod losses;
mod matmul;
mod moves;
mod norms;
mod pooling;

use crate::{Case, Tolerance::*, case};
use graph::ops::*;
use graph::{UnaryFunction as F, Window};

/// All rows.
pub(crate) fn rows() -> Vec<Case> {
    let mut rows = Vec::new();
    rows.extend(convolution());
    rows.extend(data::cases());
    rows.extend(elementwise::cases());
    rows.extend(losses::cases());
    rows.extend(matmul::cases());
    rows.extend(pooling::cases());
    rows.extend(moves::cases());
    rows.extend(norms::cases());
    rows
}

fn convolution() -> Vec<Case> {
    let square = |kernel, stride, pad| Conv::new(Window::square(kernel, stride, pad));
    let k = |c: usize, taps: usize| Sums(c * taps + 2);
    vec![
        case(square(5, 1, 0)).on(&[&[3, 1, 28, 28], &[8, 1, 5, 5], &[8]]).within(k(1, 25)),
        case(square(3, 2, 1)).on(&[&[2, 3, 9, 7], &[5, 3, 3, 3], &[5]]).within(k(3, 9)),
        case(Conv { groups: 2, ..square(3, 1, 1) }).on(&[&[2, 4, 6, 5], &[6, 2, 3, 3]]).within(k(2, 9)),
        case(Conv::new(Window::new(&[3, 2]).stride(&[3, 2]).dilation(&[1, 2]).pad(&[1, 0])))
            .on(&[&[1, 3, 12, 9], &[4, 3, 3, 2]])
            .within(k(3, 6)),
        case(Conv { activation: Some(F::Relu), ..square(3, 1, 1) })
            .on(&[&[2, 2, 5, 5], &[3, 2, 3, 3], &[3]])
            .within(k(2, 9)),
        case(square(5, 1, 2)).on(&[&[33, 3, 11, 10], &[10, 3, 5, 5], &[10]]).within(k(3, 25)), // ragged batch and kernels
        case(square(3, 2, 1)).on(&[&[36, 9, 13, 13], &[20, 9, 3, 3], &[20]]).within(k(9, 9)),
        case(square(1, 1, 0)).on(&[&[5, 13, 4, 6], &[7, 13, 1, 1]]).within(k(13, 1)),
        case(square(1, 2, 0)).on(&[&[4, 6, 7, 7], &[8, 6, 1, 1]]).within(k(6, 1)),
        case(Conv::new(Window::square(3, 1, 2).dilation(&[2, 2]))).on(&[&[3, 5, 9, 8], &[6, 5, 3, 3]]).within(k(5, 9)),
        case(Conv { groups: 3, ..square(3, 1, 1) }).on(&[&[4, 6, 8, 9], &[12, 2, 3, 3], &[12]]).within(k(2, 9)),
        case(Conv { groups: 4, ..square(3, 1, 1) }).on(&[&[3, 4, 6, 6], &[8, 1, 3, 3]]).within(k(1, 9)), // depthwise
        case(Conv { pool: true, activation: Some(F::Relu), ..square(5, 1, 0) })
            .on(&[&[34, 2, 12, 13], &[6, 2, 5, 5], &[6]])
            .within(k(2, 25)),
        case(square(3, 1, 1)).on(&[&[64, 32, 16, 16], &[32, 32, 3, 3], &[32]]).within(k(32, 9)).timed(),
        case(Conv::new(Window::new(&[3]))).on(&[&[2, 3, 10], &[4, 3, 3], &[4]]).within(k(3, 3)),
        case(Conv::new(Window::new(&[2, 3, 2]).pad(&[1, 1, 0])))
            .on(&[&[1, 2, 3, 4, 5], &[3, 2, 2, 3, 2]])
            .within(k(2, 12)),
    ]
}
