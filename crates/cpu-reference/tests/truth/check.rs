//! Test data and the two comparisons: values within a tolerance, and a gradient with central differences.

use cpu_reference::Tensor;
use ndarray::IxDyn;

/// A tensor of these values.
pub(crate) fn t(shape: &[usize], values: &[f64]) -> Tensor {
    Tensor::from_shape_vec(IxDyn(shape), values.to_vec()).unwrap()
}

/// Scattered numbers between -2 and 2: no two alike, none at a kink, the same on every run for the same `seed`.
pub(crate) fn generic(shape: &[usize], seed: u64) -> Tensor {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(1);
    Tensor::from_shape_simple_fn(IxDyn(shape), || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1u64 << 53) as f64 * 4.0 - 2.0
    })
}

/// Scattered numbers between 0.1 and 0.9.
pub(crate) fn probabilities(shape: &[usize], seed: u64) -> Tensor {
    generic(shape, seed).mapv(|x| 0.5 + 0.2 * x)
}

/// Fails unless shapes agree and no element is further off than `tolerance` times the largest magnitude (at least 1).
#[track_caller]
pub(crate) fn assert_close(got: &Tensor, want: &Tensor, tolerance: f64, what: &str) {
    assert_eq!(got.shape(), want.shape(), "{what}: shape");
    let scale = want.iter().fold(1.0_f64, |scale, x| scale.max(x.abs()));
    for (i, (got, want)) in got.iter().zip(want).enumerate() {
        let near = (got - want).abs() <= tolerance * scale || (got.is_nan() && want.is_nan()) || got == want;
        assert!(near, "{what}: element {i} is {got}, not {want} (tolerance {tolerance} of {scale})");
    }
}

/// Fails unless `dx(dy)` is the gradient of `f` at `x`, by central differences in the direction of a scattered `dy`.
#[track_caller]
pub(crate) fn assert_gradient(what: &str, x: &Tensor, f: impl Fn(&Tensor) -> Tensor, dx: impl Fn(&Tensor) -> Tensor) {
    const STEP: f64 = 1e-5; // truncation ~ step², rounding ~ 1e-16 / step: both near 1e-10
    let dy = generic(f(x).shape(), 77);
    let analytic = dx(&dy);
    let mut numeric = x.clone();
    let mut probe = x.clone();
    for i in 0..x.len() {
        let at = |probe: &mut Tensor, value: f64| *probe.iter_mut().nth(i).unwrap() = value;
        let here = *x.iter().nth(i).unwrap();
        at(&mut probe, here + STEP);
        let above = (f(&probe) * &dy).sum();
        at(&mut probe, here - STEP);
        let below = (f(&probe) * &dy).sum();
        at(&mut probe, here);
        at(&mut numeric, (above - below) / (2.0 * STEP));
    }
    assert_close(&analytic, &numeric, 1e-7, what);
    assert!(x.is_empty() || numeric.iter().any(|&slope| slope != 0.0), "{what}: a gradient of 0 proves nothing");
}
