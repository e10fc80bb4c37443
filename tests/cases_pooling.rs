//! Rows of pooling: kernel ≠ stride, ragged edges, ties, NaN and infinity, large batches, one to three spatial axes.

use crate::case::{Case, Fill, Tolerance::*, case};
use graph::Window;
use graph::ops::*;

pub(crate) fn cases() -> Vec<Case> {
    max_pool()
}

fn max_pool() -> Vec<Case> {
    let square = |kernel, stride, pad| MaxPool::new(Window::square(kernel, stride, pad));
    let ceil = |window| MaxPool { window, ceil_mode: true };
    vec![
        case(square(2, 2, 0)).on(&[&[2, 3, 8, 8]]).within(Exact).timed(),
        case(square(2, 2, 0)).on(&[&[5, 2, 7, 5]]).within(Exact), // ragged edge
        case(square(3, 2, 1)).on(&[&[1, 5, 7, 9]]).within(Exact),
        case(square(2, 3, 0)).on(&[&[3, 2, 9, 11]]).within(Exact), // gaps between windows
        case(square(3, 1, 1)).on(&[&[1, 1, 4, 4]]).filled(Fill::Ties).within(Exact), // first winner
        case(square(2, 2, 0)).on(&[&[6, 1, 6, 6]]).filled(Fill::Ties).within(Exact),
        case(square(3, 2, 1)).on(&[&[3, 2, 9, 9]]).filled(Fill::Extreme).within(Exact),
        case(square(2, 2, 0)).on(&[&[3, 2, 9, 9]]).filled(Fill::Extreme).within(Exact),
        case(square(2, 2, 0)).on(&[&[65_537, 1, 2, 2]]).filled(Fill::Ties).within(Exact),
        case(square(3, 2, 1)).on(&[&[1, 3, 128, 128]]).filled(Fill::Ties).within(Exact), // over 32,768 elements
        case(ceil(Window::square(3, 2, 0))).on(&[&[2, 2, 6, 8]]).within(Exact),
        case(ceil(Window::square(2, 2, 0))).on(&[&[2, 3, 7, 5]]).within(Exact),
        case(ceil(Window::new(&[3, 2]).stride(&[2, 3]).pads(&[[1, 0], [0, 1]]))).on(&[&[4, 2, 8, 7]]).within(Exact),
        case(MaxPool::new(Window::new(&[3, 2]).stride(&[1, 3]).dilation(&[2, 3]).pad(&[2, 1])))
            .on(&[&[2, 3, 8, 13]])
            .within(Exact),
        case(square(1, 1, 2)).on(&[&[2, 1, 3, 3]]).within(Exact), // windows wholly in the padding
        case(MaxPool::new(Window::new(&[3]).stride(&[2]))).on(&[&[4, 3, 12]]).within(Exact),
        case(MaxPool::new(Window::new(&[2, 3, 2]).stride(&[2, 2, 1]).pad(&[1, 1, 0])))
            .on(&[&[5, 2, 5, 6, 4]])
            .within(Sums(4)), // four windows share an x, and it may win them all
        case(MaxPool::new(Window::new(&[2, 2, 2]).stride(&[2, 2, 2]))).on(&[&[3, 2, 5, 4, 6]]).within(Exact),
    ]
}
