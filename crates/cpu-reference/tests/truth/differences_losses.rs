//! Gradients of softmax and of every loss against central differences, under every reduction.

use cpu_reference::*;

use crate::check::{assert_gradient, generic, probabilities, t};

const REDUCTIONS: [Reduction; 4] = [Reduction::None, Reduction::Mean, Reduction::Sum, Reduction::BatchMean];

#[test]
fn softmax_on_any_axis() {
    let x = generic(&[3, 4, 2], 1);
    for axis in 0..3 {
        assert_gradient("softmax", &x, |x| softmax(x, axis), |dy| softmax_dx(&softmax(&x, axis), dy, axis));
        let dx = |dy: &Tensor| log_softmax_dx(&log_softmax(&x, axis), dy, axis);
        assert_gradient("log_softmax", &x, |x| log_softmax(x, axis), dx);
    }
}

#[test]
fn cross_entropy_and_nll() {
    let (x, indices) = (generic(&[2, 3, 2], 1), t(&[2, 2], &[0.0, 2.0, 1.0, 2.0]));
    let soft = softmax(&generic(&[2, 3, 2], 4), 1);
    for reduction in REDUCTIONS {
        for weight in [None, Some(vec![0.5, 2.0, 1.5])] {
            for label_smoothing in [0.0, 0.2] {
                for ignore_index in [None, Some(1)] {
                    let o = CrossEntropy { weight: weight.clone(), label_smoothing, ignore_index, reduction };
                    let dx = |dy: &Tensor| cross_entropy_dx(&x, &indices, dy, &o);
                    assert_gradient("cross_entropy", &x, |x| cross_entropy(x, &indices, &o), dx);
                    let dx = |dy: &Tensor| cross_entropy_soft_dx(&x, &soft, dy, &o);
                    assert_gradient("cross_entropy_soft", &x, |x| cross_entropy_soft(x, &soft, &o), dx);
                    let dx = |dy: &Tensor| nll_loss_dx(x.shape(), &indices, dy, &o);
                    assert_gradient("nll_loss", &x, |x| nll_loss(x, &indices, &o), dx);
                }
            }
        }
    }
}

#[test]
fn element_losses() {
    let (x, target) = (generic(&[4, 5], 1), generic(&[4, 5], 2));
    let (p, truth) = (probabilities(&[4, 5], 3), target.mapv(|t| f64::from(t > 0.0)));
    let cases = [
        (Loss::Mse, &x, &target),
        (Loss::L1, &x, &target),
        (Loss::Huber { delta: 0.8 }, &x, &target),
        (Loss::SmoothL1 { beta: 0.8 }, &x, &target),
        (Loss::SmoothL1 { beta: 0.0 }, &x, &target),
        (Loss::Bce, &p, &truth),
        (Loss::BceWithLogits { pos_weight: 1.0 }, &x, &p),
        (Loss::BceWithLogits { pos_weight: 2.5 }, &x, &truth),
        (Loss::KlDiv { log_target: false }, &x, &p),
        (Loss::KlDiv { log_target: true }, &x, &target),
        (Loss::Hinge, &x, &truth.mapv(|t| 2.0 * t - 1.0)),
        (Loss::Focal { alpha: 0.25, gamma: 2.0 }, &x, &truth),
        (Loss::Focal { alpha: -1.0, gamma: 0.5 }, &x, &p),
        (Loss::Focal { alpha: 0.6, gamma: 0.0 }, &x, &truth),
    ];
    for reduction in REDUCTIONS {
        for (kind, x, target) in cases {
            let dx = |dy: &Tensor| loss_dx(kind, x, target, dy, reduction);
            assert_gradient(&format!("{kind:?} {reduction:?}"), x, |x| loss(kind, x, target, reduction), dx);
        }
        let dx = |dy: &Tensor| dice_loss_dx(&image(&p), &image(&truth), dy, 1e-5, reduction);
        assert_gradient("dice", &image(&p), |x| dice_loss(x, &image(&truth), 1e-5, reduction), dx);
    }
}

/// `[2, 2, 5]`: the same numbers as two samples of two channels.
fn image(x: &Tensor) -> Tensor {
    x.to_shape(vec![2, 2, 5]).unwrap().into_owned()
}

#[test]
fn losses_agree_with_each_other() {
    let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a}, not {b}");
    for (x, t) in [(0.3, 1.0), (-2.0, 0.0), (1.5, 0.25)] {
        near(Loss::BceWithLogits { pos_weight: 1.0 }.apply(x, t), Loss::Bce.apply(Unary::Sigmoid.apply(x), t));
        near(Loss::Focal { alpha: -1.0, gamma: 0.0 }.apply(x, t), Loss::BceWithLogits { pos_weight: 1.0 }.apply(x, t));
        near(Loss::Huber { delta: 1.0 }.apply(x, t), Loss::SmoothL1 { beta: 1.0 }.apply(x, t));
    }
    near(Loss::KlDiv { log_target: true }.apply(-1.0, 0.4f64.ln()), Loss::KlDiv { log_target: false }.apply(-1.0, 0.4));
}
