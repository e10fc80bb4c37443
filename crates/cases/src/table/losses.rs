//! Rows of the table for softmax and the losses: few and many classes, one class, spatial logits, logits so large that
//! a naive softmax overflows.

use crate::{Case, Fill, Tolerance::*, case};
use graph::LossFunction as F;
use graph::ops::*;

pub(crate) fn cases() -> Vec<Case> {
    [softmax(), cross_entropy(), soft_targets(), nll_loss(), target_weight(), element_losses()].concat()
}

fn softmax() -> Vec<Case> {
    let huge: &[&[usize]] = &[&[6, 10]];
    vec![
        case(Softmax { axis: -1 }).on(&[&[5, 10]]).within(Largest(32)),
        case(Softmax { axis: 1 }).on(&[&[3, 4, 5, 2]]).within(Largest(32)).timed(),
        case(Softmax { axis: 0 }).on(&[&[7, 3]]).within(Largest(32)),
        case(Softmax { axis: 2 }).on(&[&[2, 3, 6, 4]]).within(Largest(32)),
        case(Softmax { axis: -1 }).on(&[&[2, 1000]]).within(Largest(256)),
        case(Softmax { axis: 1 }).on(&[&[4, 1]]).within(Exact), // one class is certain
        case(Softmax { axis: 1 }).on(huge).filled(Fill::Huge).within(Exact), // a naive exp overflows
        case(Softmax { axis: 1 }).on(&[&[40, 3]]).filled(Fill::Extreme).within(Largest(32)),
        case(LogSoftmax { axis: 1 }).on(&[&[40, 3]]).filled(Fill::Extreme).within(Largest(32)),
        case(LogSoftmax { axis: -1 }).on(&[&[5, 10]]).within(Largest(32)),
        case(LogSoftmax { axis: 1 }).on(&[&[3, 4, 5, 2]]).within(Largest(32)),
        case(LogSoftmax { axis: 0 }).on(&[&[7, 3]]).within(Largest(32)),
        case(LogSoftmax { axis: 1 }).on(&[&[2, 1000]]).within(Largest(256)),
        case(LogSoftmax { axis: 1 }).on(&[&[9, 10]]).filled(Fill::Wide).within(Ulp(256)).forward_only(), // near 0 too
        case(LogSoftmax { axis: 1 }).on(huge).filled(Fill::Huge).within(Largest(8)),
    ]
}

/// Probabilities as targets. Any numbers do: they need not add up to 1.
fn soft_targets() -> Vec<Case> {
    let plain = CrossEntropy::default();
    let smooth = CrossEntropy { label_smoothing: 0.1, ..plain };
    let soft = |options, shape: &[usize]| case(options).on(&[shape, shape]).filled(Fill::Positive).fixed(1);
    vec![
        soft(plain, &[5, 10]).within(Largest(64)),
        soft(smooth, &[2, 3, 5, 7]).within(Largest(64)),
        soft(smooth, &[3, 4, 2, 6]).within(Largest(64)),
        soft(plain, &[5, 4]).filled(Fill::Ties).within(Largest(64)),
        soft(smooth, &[5, 6]).on(&[&[6]]).within(Ulp(32)),
        case(CrossEntropyDx(smooth)).on(&[&[3, 4, 5], &[3, 4, 5], &[3, 5], &[4]]).within(Largest(64)),
        case(CrossEntropyBoth(smooth)).on(&[&[6, 1000], &[6, 1000], &[6]]).filled(Fill::Positive).within(Largest(256)),
    ]
}

fn nll_loss() -> Vec<Case> {
    let plain = NllLoss::default();
    let ignore = NllLoss { ignore_index: Some(1) };
    let dx = |op, shape: &[usize]| NllLossDx { op, shape: shape.into() };
    vec![
        case(plain).on(&[&[5, 10]]).index(&[5], 10).within(Exact),
        case(ignore).on(&[&[2, 3, 5, 4]]).index(&[2, 5, 4], 3).within(Exact),
        case(plain).on(&[&[9, 3]]).index(&[9], 5).within(Exact).kinked(), // NaN for labels 3 and 4
        case(ignore).on(&[&[6, 4]]).index(&[6], 4).on(&[&[4]]).within(Ulp(1)),
        case(dx(ignore, &[3, 4, 5])).index(&[3, 5], 4).on(&[&[3, 5], &[4]]).within(Ulp(1)),
    ]
}

fn target_weight() -> Vec<Case> {
    let op = |ignore_index| case(TargetWeight { classes: 3, ignore_index }).within(Exact);
    vec![
        op(None).index(&[9], 3),
        op(Some(1)).index(&[5, 2, 3], 4), // NaN for label 3
        op(Some(2)).index(&[6], 3).on(&[&[3]]),
    ]
}

/// A prediction and a target, number by number.
fn element_losses() -> Vec<Case> {
    let on = |kind, fill| case(Loss(kind)).on(&[&[5, 7], &[5, 7]]).filled(fill).fixed(1).within(Ulp(32));
    let signed = |kind| on(kind, Fill::Signed);
    let focal = F::Focal { alpha: 0.25, gamma: 2.0 };
    let weighted = F::BceWithLogits { pos_weight: 3.0 };
    vec![
        signed(F::Mse).timed(),
        case(Loss(F::Mse)).on(&[&[3, 2, 5, 3], &[3, 2, 5, 3]]).fixed(1).within(Ulp(4)),
        signed(F::L1).kinked(),
        signed(F::Huber { delta: 0.5 }).kinked(),
        signed(F::SmoothL1 { beta: 0.5 }).kinked(),
        signed(F::SmoothL1 { beta: 0.0 }).kinked(),
        on(F::Bce, Fill::Unit).within(Largest(64)),
        on(F::Bce, Fill::Ties).kinked().forward_only(), // x of 0 and 1: the logarithm stops at -100; of 2: NaN
        on(weighted, Fill::Unit).within(Largest(64)),
        on(F::BceWithLogits { pos_weight: 1.0 }, Fill::Wide).within(Largest(64)),
        on(weighted, Fill::Huge),
        on(F::KlDiv { log_target: false }, Fill::Unit).within(Largest(64)),
        on(F::KlDiv { log_target: false }, Fill::Ties), // targets of 0 add nothing
        on(F::KlDiv { log_target: true }, Fill::Signed).within(Largest(64)),
        signed(F::Hinge).within(Largest(64)),
        on(focal, Fill::Unit).within(Largest(64)),
        on(F::Focal { alpha: -1.0, gamma: 0.0 }, Fill::Unit).within(Largest(64)),
        on(F::Focal { alpha: -1.0, gamma: 0.5 }, Fill::Unit).within(Largest(64)).forward_only(),
    ]
}

fn cross_entropy() -> Vec<Case> {
    let plain = CrossEntropy::default();
    let smooth = CrossEntropy { label_smoothing: 0.1, ..plain };
    let ignore = CrossEntropy { ignore_index: Some(2), ..plain };
    let linear = |cross_entropy, n, inputs, c: usize| {
        let row = case(LinearCrossEntropy { cross_entropy, dloss: 0.25 }).on(&[&[n, inputs], &[c, inputs]]);
        row.index(&[n], c).within(Largest(64))
    };
    let both = |options, n, c: usize| {
        case(CrossEntropyBoth(options)).on(&[&[n, c]]).index(&[n], c).on(&[&[n], &[c]]).within(Ulp(32))
    };
    vec![
        case(plain).on(&[&[5, 10]]).index(&[5], 10).within(Ulp(32)),
        case(plain).on(&[&[64, 10]]).index(&[64], 10).within(Ulp(32)).timed(),
        case(plain).on(&[&[6, 1000]]).index(&[6], 1000).within(Ulp(32)),
        case(plain).on(&[&[3, 1]]).index(&[3], 1).within(Exact), // one class is certain
        case(plain).on(&[&[2, 3, 5, 7]]).index(&[2, 5, 7], 3).within(Ulp(32)),
        case(plain).on(&[&[3, 4, 6, 2]]).index(&[3, 6, 2], 4).within(Ulp(32)),
        case(plain).on(&[&[9, 10]]).index(&[9], 10).filled(Fill::Wide).within(Ulp(256)), // exp's error grows with its x
        case(plain).on(&[&[9, 10]]).index(&[9], 10).filled(Fill::Huge).within(Ulp(4)),
        case(plain).on(&[&[40, 3]]).index(&[40], 3).filled(Fill::Extreme).within(Ulp(64)),
        case(plain).on(&[&[9, 4]]).index(&[9], 4).filled(Fill::Ties).within(Ulp(32)), // the first of equals is chosen
        case(plain).on(&[&[9, 4]]).index(&[9], 6).within(Ulp(32)).kinked(),           // NaN for labels 4 and 5
        case(smooth).on(&[&[5, 10]]).index(&[5], 10).within(Sums(64)),
        case(ignore).on(&[&[2, 3, 5]]).index(&[2, 5], 3).within(Ulp(32)),
        case(plain).on(&[&[5, 7]]).index(&[5], 7).on(&[&[7]]).within(Ulp(32)),
        case(CrossEntropyDx(smooth)).on(&[&[3, 4, 5]]).index(&[3, 5], 4).on(&[&[3, 5], &[4]]).within(Sums(64)),
        both(plain, 6, 10).timed(),
        both(ignore, 7, 5),
        both(CrossEntropy { label_smoothing: 0.2, ..ignore }, 4, 3).within(Sums(64)),
        linear(plain, 64, 256, 10).on(&[&[10]]).timed(),
        linear(plain, 37, 30, 17).on(&[&[17]]),
        linear(smooth, 18, 13, 3),
        linear(ignore, 3, 8, 32),
    ]
}
