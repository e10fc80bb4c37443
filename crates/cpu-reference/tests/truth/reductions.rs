//! Reductions: values, gradients over one, some and all axes, shares among equals, empty ones; argmax and top-k.

use cpu_reference::*;

use crate::check::{assert_close, assert_gradient, generic, t};

const KINDS: [Reduce; 10] = [
    Reduce::Sum,
    Reduce::Mean,
    Reduce::Max,
    Reduce::Min,
    Reduce::Prod,
    Reduce::L1,
    Reduce::L2,
    Reduce::LogSumExp,
    Reduce::SumSquare,
    Reduce::LogSum,
];

#[test]
fn gradients_over_any_axes() {
    let x = generic(&[2, 3, 4], 1);
    for kind in KINDS {
        let x = if kind == Reduce::LogSum { x.mapv(|x| x + 3.0) } else { x.clone() };
        for axes in [&[0][..], &[1], &[0, 2], &[0, 1, 2]] {
            for keepdims in [false, true] {
                let what = format!("{kind:?} over {axes:?}");
                assert_gradient(&what, &x, |x| reduce(kind, x, axes, keepdims), |dy| reduce_dx(kind, &x, dy, axes));
            }
        }
    }
}

#[test]
fn values_and_shapes() {
    let x = t(&[2, 3], &[1.0, -2.0, 3.0, 4.0, 5.0, -6.0]);
    let row = |kind| reduce(kind, &x, &[1], false).iter().copied().collect::<Vec<_>>();
    assert_eq!(row(Reduce::Sum), [2.0, 3.0]);
    assert_eq!(row(Reduce::Mean), [2.0 / 3.0, 1.0]);
    assert_eq!(row(Reduce::Max), [3.0, 5.0]);
    assert_eq!(row(Reduce::Min), [-2.0, -6.0]);
    assert_eq!(row(Reduce::Prod), [-6.0, -120.0]);
    assert_eq!(row(Reduce::L1), [6.0, 15.0]);
    assert_eq!(row(Reduce::L2), [14f64.sqrt(), 77f64.sqrt()]);
    assert_eq!(reduce(Reduce::Sum, &x, &[0], true), t(&[1, 3], &[5.0, 3.0, -3.0]));
    assert_eq!(reduce(Reduce::Sum, &x, &[0, 1], false).shape(), [0; 0]);
    let huge = reduce(Reduce::LogSumExp, &t(&[2], &[1000.0, 1000.0]), &[0], false);
    assert_close(&huge, &t(&[], &[1000.0 + 2f64.ln()]), 1e-15, "log-sum-exp of huge numbers");
    assert_eq!(reduce(Reduce::LogSumExp, &t(&[1], &[f64::NEG_INFINITY]), &[0], false)[[]], f64::NEG_INFINITY);
}

#[test]
fn empty_reductions_are_neutral() {
    let of_nothing = |kind| reduce(kind, &t(&[0], &[]), &[0], false).sum();
    assert_eq!((of_nothing(Reduce::Sum), of_nothing(Reduce::Prod)), (0.0, 1.0));
    assert_eq!((of_nothing(Reduce::Max), of_nothing(Reduce::Min)), (f64::NEG_INFINITY, f64::INFINITY));
    assert!(of_nothing(Reduce::Mean).is_nan());
}

#[test]
fn equals_share_and_zeros_are_safe() {
    let dx = |kind, x: &[f64]| {
        let x = t(&[x.len()], x);
        reduce_dx(kind, &x, &t(&[], &[1.0]), &[0]).iter().copied().collect::<Vec<_>>()
    };
    assert_eq!(dx(Reduce::Max, &[3.0, 1.0, 3.0]), [0.5, 0.0, 0.5]);
    assert_eq!(dx(Reduce::Min, &[1.0, 1.0, 1.0, 2.0]), [1.0 / 3.0, 1.0 / 3.0, 1.0 / 3.0, 0.0]);
    assert_eq!(dx(Reduce::Prod, &[0.0, 3.0, 2.0]), [6.0, 0.0, 0.0]);
    assert_eq!(dx(Reduce::Prod, &[0.0, 3.0, 0.0]), [0.0, 0.0, 0.0]);
    assert_eq!(dx(Reduce::L2, &[0.0, 0.0]), [0.0, 0.0]);
    assert!(reduce(Reduce::Max, &t(&[2], &[f64::NAN, 1.0]), &[0], false).sum().is_nan());
}

#[test]
fn arg_and_top_k() {
    let x = t(&[2, 4], &[2.0, 7.0, 7.0, 1.0, 0.0, f64::NAN, 3.0, 0.0]);
    assert_eq!(argmax(&x, 1, false, false), t(&[2], &[1.0, 1.0]));
    assert_eq!(argmax(&x, 1, true, true), t(&[2, 1], &[2.0, 1.0]));
    assert_eq!(argmin(&x, 1, false, false), t(&[2], &[3.0, 1.0]));
    let x = t(&[2, 4], &[2.0, 7.0, 7.0, 1.0, 0.0, 5.0, 3.0, 0.0]);
    assert_eq!(argmin(&x, 1, false, true), t(&[2], &[3.0, 3.0]));
    assert_eq!(argmax(&x, 0, false, false), t(&[4], &[0.0, 0.0, 0.0, 0.0]));
    let (values, indices) = top_k(&x, 3, 1, true);
    assert_eq!(values, t(&[2, 3], &[7.0, 7.0, 2.0, 5.0, 3.0, 0.0]));
    assert_eq!(indices, t(&[2, 3], &[1.0, 2.0, 0.0, 1.0, 2.0, 0.0]));
    let (values, indices) = top_k(&x, 1, 0, false);
    assert_eq!((values, indices), (t(&[1, 4], &[0.0, 5.0, 3.0, 0.0]), t(&[1, 4], &[1.0; 4])));
    let (_, indices) = top_k(&t(&[3], &[1.0, f64::NAN, 0.0]), 3, 0, false);
    assert_eq!(indices, t(&[3], &[2.0, 0.0, 1.0]), "NaN counts as the largest");
}
