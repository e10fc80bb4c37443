//! Rows of the table for the norms.

use crate::{Case, Fill, Tolerance::*, case};
use graph::LocalResponseNorm as Parameters;
use graph::ops::*;
use graph::{UnaryFunction as F, Window};

pub(crate) fn cases() -> Vec<Case> {
    [batch(), rows(), channels()].concat()
}

fn batch() -> Vec<Case> {
    let train = |x: &[usize]| case(BatchNorm::default()).on(&[x, &[x[1]], &[x[1]], &[x[1]], &[x[1]]]);
    let infer = |x: &[usize]| {
        let row = case(BatchNormInference { eps: 1e-3 }).on(&[x, &[x[1]], &[x[1]], &[x[1]], &[x[1]]]);
        row.filled(Fill::Positive).kinked() // the running statistics are constants, though moving them moves y
    };
    let halves = MaxPool::new(Window::square(2, 2, 0));
    vec![
        train(&[6, 3, 5, 4]).within(Largest(64)),
        train(&[37, 5, 3, 3]).within(Largest(64)),
        train(&[5, 7]).within(Largest(64)),
        train(&[2, 3, 7, 9]).within(Largest(64)),
        train(&[64, 16, 8, 8]).within(Largest(64)).timed(),
        train(&[6, 3, 40]).filled(Fill::Positive).within(Largest(128)), // a mean apart from 0
        // With what goes into its launches.
        train(&[6, 3, 5, 4]).then(Unary(F::Relu)).within(Largest(64)).kinked(),
        train(&[18, 5, 3, 3]).then(Unary(F::Tanh)).within(Largest(64)),
        train(&[16, 5, 4, 6]).then(Unary(F::Relu)).then(halves).within(Largest(64)).kinked(),
        train(&[37, 3, 6, 4]).then(Unary(F::Sigmoid)).then(halves).within(Largest(64)).kinked(),
        // Enough channels for a subgroup each.
        train(&[18, 17, 3, 3]).then(Unary(F::Tanh)).within(Largest(64)),
        train(&[37, 16, 6, 4]).then(Unary(F::Relu)).then(halves).within(Largest(64)).kinked(),
        train(&[6, 16, 5, 5]).within(Largest(64)),
        infer(&[6, 3, 5, 4]).within(Largest(16)),
        infer(&[1, 5, 3, 3]).within(Largest(16)),
    ]
}

fn rows() -> Vec<Case> {
    let layer = |axis| case(RowNorm::layer_norm(axis, 1e-5));
    let rms = |axis| case(RowNorm::rms_norm(axis, 1e-6));
    let group = |groups| case(RowNorm::group_norm(groups, 1e-5));
    vec![
        layer(2).on(&[&[3, 5, 16], &[16], &[16]]).within(Largest(64)),
        layer(1).on(&[&[4, 3, 5], &[3, 5], &[3, 5]]).within(Largest(64)),
        layer(1).on(&[&[2, 1000], &[1000], &[1000]]).filled(Fill::Positive).within(Largest(128)).timed(),
        rms(1).on(&[&[6, 20], &[20]]).within(Largest(64)),
        rms(2).on(&[&[3, 4, 7], &[7]]).within(Largest(64)),
        group(2).on(&[&[3, 4, 5, 6], &[4], &[4]]).within(Largest(64)),
        group(3).on(&[&[2, 6, 3, 3], &[6], &[6]]).within(Largest(64)),
        case(RowNorm::instance_norm(1e-5)).on(&[&[5, 3, 4, 7], &[3], &[3]]).within(Largest(64)),
    ]
}

fn channels() -> Vec<Case> {
    let norm = |size| case(LocalResponseNorm(Parameters { size, alpha: 0.5, beta: 0.75, k: 1.0 }));
    vec![
        norm(5).on(&[&[5, 7, 3, 4]]).within(Largest(32)),
        norm(4).on(&[&[2, 6, 5]]).within(Largest(32)),
        norm(3).on(&[&[3, 2]]).within(Largest(32)),
    ]
}
