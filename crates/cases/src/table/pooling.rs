//! Rows of pooling: kernel ≠ stride, ragged edges, ties, NaN and infinity, large batches, one to three spatial axes.

use crate::{Case, Fill, Tolerance::*, case};
use graph::Window;
use graph::ops::*;

pub(crate) fn cases() -> Vec<Case> {
    [max_pool(), average_pool(), lp_pool(), adaptive_pool()].concat()
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

/// A mean of k taps; its gradient is a sum over at most as many windows.
fn average_pool() -> Vec<Case> {
    let square = |kernel, stride, pad| AveragePool::new(Window::square(kernel, stride, pad));
    let padded = |pool| AveragePool { count_include_pad: true, ..pool };
    let ceil = |pool| AveragePool { ceil_mode: true, ..pool };
    let ragged = AveragePool::new(Window::new(&[3, 2]).stride(&[2, 3]).dilation(&[1, 2]).pads(&[[2, 1], [0, 1]]));
    vec![
        case(square(2, 2, 0)).on(&[&[5, 3, 8, 7]]).within(Sums(5)).timed(),
        case(square(3, 2, 1)).on(&[&[2, 3, 9, 8]]).within(Sums(10)),
        case(padded(square(3, 2, 1))).on(&[&[2, 3, 9, 8]]).within(Sums(10)),
        case(square(2, 3, 0)).on(&[&[3, 2, 9, 11]]).within(Sums(5)),
        case(ceil(square(3, 2, 1))).on(&[&[6, 2, 8, 7]]).within(Sums(10)),
        case(padded(ceil(square(3, 2, 1)))).on(&[&[6, 2, 8, 7]]).within(Sums(10)),
        case(ragged).on(&[&[3, 2, 8, 10]]).within(Sums(7)),
        case(padded(ceil(ragged))).on(&[&[3, 2, 8, 10]]).within(Sums(7)),
        case(square(1, 1, 2)).on(&[&[2, 1, 3, 3]]).within(Sums(2)), // windows wholly in the padding
        case(square(3, 1, 1)).on(&[&[3, 1, 6, 6]]).filled(Fill::Extreme).within(Sums(10)),
        case(square(2, 2, 0)).on(&[&[65_537, 1, 2, 2]]).filled(Fill::Ties).within(Sums(5)),
        case(AveragePool::new(Window::new(&[4]).stride(&[3]).pad(&[1]))).on(&[&[2, 3, 11]]).within(Sums(5)),
        case(padded(AveragePool::new(Window::new(&[2, 3, 2]).stride(&[2, 2, 1]).pad(&[1, 1, 0]))))
            .on(&[&[5, 2, 5, 6, 4]])
            .within(Sums(13)),
    ]
}

fn lp_pool() -> Vec<Case> {
    let norm = |p, window| LpPool { p, window, ceil_mode: false };
    // sqrt and the divisions beside the sum
    let euclid = Sums(9 + 8);
    // pow is exp2(p * log2), and WGSL lets log2 be off by 2^-21 absolutely where its result is near 0
    let pow = Sums(9 + 128);
    vec![
        case(LpPool::new(Window::square(3, 2, 1))).on(&[&[5, 2, 8, 7]]).within(euclid).timed(),
        case(norm(1.0, Window::square(2, 2, 0))).on(&[&[2, 3, 7, 6]]).within(euclid),
        case(norm(3.0, Window::square(3, 1, 0).dilation(&[1, 2]))).on(&[&[3, 2, 6, 8]]).within(pow),
        case(LpPool { ceil_mode: true, ..norm(2.0, Window::new(&[3]).stride(&[2])) }).on(&[&[2, 3, 8]]).within(euclid),
        case(LpPool::new(Window::new(&[2, 1, 2]).pad(&[1, 0, 1]))).on(&[&[2, 2, 3, 4, 3]]).within(euclid),
        case(norm(3.0, Window::square(2, 2, 0))).on(&[&[2, 1, 6, 6]]).filled(Fill::Ties).within(pow), // zeros
    ]
}

fn adaptive_pool() -> Vec<Case> {
    let average = |output: &[usize]| AdaptiveAveragePool { output: output.to_vec() };
    let max = |output: &[usize]| AdaptiveMaxPool { output: output.to_vec() };
    vec![
        case(average(&[3, 2])).on(&[&[5, 2, 7, 9]]).within(Sums(20)),
        case(average(&[2, 4])).on(&[&[3, 2, 6, 8]]).within(Sums(8)), // even windows
        case(average(&[5, 7])).on(&[&[2, 2, 3, 4]]).within(Sums(10)), // longer than x
        case(average(&[4])).on(&[&[2, 3, 10]]).within(Sums(6)),
        case(average(&[2, 3, 2])).on(&[&[2, 2, 5, 4, 3]]).within(Sums(20)),
        case(AdaptiveAveragePool::global(2)).on(&[&[6, 5, 7, 7]]).within(Sums(50)).timed(),
        case(max(&[3, 2])).on(&[&[5, 2, 7, 9]]).within(Exact),
        case(max(&[3, 2])).on(&[&[5, 2, 7, 9]]).filled(Fill::Ties).within(Exact),
        case(max(&[3, 3])).on(&[&[3, 2, 7, 6]]).filled(Fill::Extreme).within(Exact),
        case(max(&[2, 3, 2])).on(&[&[2, 2, 5, 4, 3]]).within(Exact),
        case(AdaptiveMaxPool::global(1)).on(&[&[6, 5, 13]]).within(Exact),
    ]
}
