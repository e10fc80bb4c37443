//! Rows of the table for sums of more terms than 65,535: some drivers leave loops after so many rounds, and what was added
//! by then is taken for the sum.

use crate::{Case, Fill, Tolerance::*, case};
use graph::ops::*;
use graph::{ReduceFunction as R, Window};

pub(crate) fn cases() -> Vec<Case> {
    let bias = |k: usize| [k];
    vec![
        case(Reduce::sum(&[0])).on(&[&[70_001, 4]]).within(Sums(70_001)),
        case(Reduce::new(R::Max, &[0])).on(&[&[70_001, 3]]).within(Exact).kinked(),
        case(Reduce::mean(&[1])).on(&[&[1, 280_003]]).within(Sums(280_003)),
        case(AdaptiveAveragePool::global(2)).on(&[&[1, 1, 263, 257]]).within(Sums(68_000)),
        case(AveragePool::new(Window::new(&[263, 257]))).on(&[&[1, 1, 263, 257]]).within(Sums(68_000)),
        case(RowNorm::layer_norm(1, 1e-5))
            .on(&[&[1, 70_001], &[70_001], &[70_001]])
            .filled(Fill::Positive)
            .within(Largest(512)),
        case(BatchNorm::default())
            .on(&[&[2, 1, 263, 257], &bias(1), &bias(1), &bias(1), &bias(1)])
            .within(Largest(256))
            .kinked(),
        case(Matmul::default()).on(&[&[1, 262_401], &[262_401, 1]]).within(Sums(262_401)).kinked(),
        case(Conv::new(Window::square(3, 1, 1)))
            .on(&[&[1, 1, 263, 257], &[1, 1, 3, 3], &bias(1)])
            .within(Sums(68_000))
            .kinked(),
    ]
}
