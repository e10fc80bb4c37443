//! Rows of convolution with its gradients: every parameter, ragged edges and channels, the shapes of known networks.

use crate::{Case, Tolerance, Tolerance::*, case};
use graph::ops::{Conv, MaxPool, Unary};
use graph::{UnaryFunction as F, Window};

/// All rows of the family.
pub(super) fn cases() -> Vec<Case> {
    [any(), fused(), training(), transformed(), images()].concat()
}

fn square(kernel: usize, stride: usize, pad: usize) -> Conv {
    Conv::new(Window::square(kernel, stride, pad))
}

/// A sum over `c` channels and `taps`, and the bias.
fn k(c: usize, taps: usize) -> Tolerance {
    Sums(c * taps + 2)
}

fn any() -> Vec<Case> {
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

/// Layers of small networks at batch 64, and what does not fill tiles, vectors or cache lines of them.
fn training() -> Vec<Case> {
    let pooled = |kernel| Conv { pool: true, activation: Some(F::Relu), ..square(kernel, 1, 0) };
    vec![
        case(pooled(5)).on(&[&[64, 16, 12, 12], &[32, 16, 5, 5], &[32]]).within(k(16, 25)).timed(),
        case(square(3, 1, 1)).on(&[&[64, 3, 32, 32], &[32, 3, 3, 3], &[32]]).within(k(3, 9)).timed(),
        case(square(3, 1, 1)).on(&[&[64, 64, 8, 8], &[64, 64, 3, 3]]).within(k(64, 9)).timed(),
        case(square(3, 2, 1)).on(&[&[32, 32, 16, 16], &[64, 32, 3, 3]]).within(k(32, 9)).timed(),
        case(square(3, 1, 1)).on(&[&[17, 40, 7, 7], &[36, 40, 3, 3], &[36]]).within(k(40, 9)).timed(), // nothing divides
        case(square(3, 1, 1)).on(&[&[21, 34, 5, 9], &[10, 34, 3, 3]]).within(k(34, 9)),
        case(pooled(3)).on(&[&[18, 5, 9, 15], &[33, 5, 3, 3], &[33]]).within(k(5, 9)),
        case(pooled(7)).on(&[&[16, 2, 20, 9], &[18, 2, 7, 7], &[18]]).within(k(2, 49)),
        case(square(5, 1, 0)).on(&[&[17, 3, 9, 10], &[6, 3, 5, 5]]).within(k(6, 25)), // edges cost more than a quarter
        case(square(5, 1, 1)).on(&[&[18, 9, 6, 6], &[5, 9, 5, 5], &[5]]).within(k(9, 25)),
        case(pooled(5)).on(&[&[64, 8, 12, 12], &[16, 8, 5, 5], &[16]]).within(k(8, 25)).timed(),
        case(Conv { groups: 2, ..square(3, 2, 1) }).on(&[&[20, 18, 9, 9], &[24, 9, 3, 3], &[24]]).within(k(9, 9)),
        case(Conv::new(Window::square(3, 2, 1).dilation(&[2, 3])))
            .on(&[&[16, 6, 15, 17], &[20, 6, 3, 3]])
            .within(k(6, 9)),
    ]
}

/// Enough channels for Winograd's transforms, and what does not fill their tiles, vectors or kernels.
fn transformed() -> Vec<Case> {
    let relu = |conv| Conv { activation: Some(F::Relu), ..conv };
    vec![
        case(square(3, 1, 1)).on(&[&[18, 50, 7, 12], &[66, 50, 3, 3], &[66]]).within(k(50, 9)),
        case(relu(square(3, 1, 0))).on(&[&[16, 48, 10, 9], &[48, 48, 3, 3], &[48]]).within(k(48, 9)).kinked(),
        case(square(3, 1, 2)).after(Unary(F::Tanh)).on(&[&[21, 51, 6, 6], &[90, 51, 3, 3]]).within(k(51, 9)),
    ]
}

/// What the rewrite rules fuse, forward and backward. Behind pooling the sum of magnitudes is that of other winners, so
/// errors are told by the largest.
fn fused() -> Vec<Case> {
    let halves = MaxPool::new(Window::square(2, 2, 0));
    vec![
        case(square(5, 1, 0))
            .then(Unary(F::Relu))
            .then(halves)
            .on(&[&[34, 2, 12, 13], &[6, 2, 5, 5], &[6]])
            .within(Largest(64))
            .kinked(),
        case(square(3, 1, 1))
            .after(Unary(F::Relu))
            .then(Unary(F::Sigmoid))
            .then(halves)
            .on(&[&[18, 3, 9, 8], &[5, 3, 3, 3]])
            .within(Largest(64))
            .kinked(),
        case(square(3, 2, 1)).after(Unary(F::Tanh)).on(&[&[17, 4, 9, 8], &[6, 4, 3, 3], &[6]]).within(Largest(64)),
    ]
}

/// Layers of image classifiers at batch 1: no batch fills the lanes.
fn images() -> Vec<Case> {
    let one = |conv: Conv, x: [usize; 3], k_| {
        let (s, c) = (conv.window.kernel[2], x[0] / conv.groups);
        let row = case(conv).on(&[&[1, x[0], x[1], x[2]], &[k_, c, s, s], &[k_]]);
        row.within(k(c, s * s)).timed().forward_only()
    };
    let relu = |conv| Conv { activation: Some(F::Relu), ..conv };
    vec![
        one(relu(square(7, 2, 3)), [3, 112, 112], 64),
        one(relu(square(3, 1, 1)), [64, 56, 56], 64),
        one(square(3, 1, 1), [256, 14, 14], 256),
        one(square(3, 1, 1), [512, 7, 7], 128),
        one(square(3, 2, 1), [64, 56, 56], 128),
        one(square(1, 2, 0), [64, 56, 56], 128),
        one(square(1, 1, 0), [128, 28, 28], 256),
        one(Conv { groups: 128, ..square(3, 1, 1) }, [128, 28, 28], 128),
        one(Conv { groups: 64, ..square(3, 2, 1) }, [64, 57, 57], 64),
    ]
}
