//! Gradients of the normalisations against central differences.

use cpu_reference::*;

use crate::check::{assert_close, assert_gradient, generic};

const EPS: f64 = 1e-3;

#[test]
fn batch_norm_gradients() {
    let (x, weight, bias) = (generic(&[3, 2, 4], 1), generic(&[2], 2), generic(&[2], 3));
    let y = |x: &Tensor, w: &Tensor, b: &Tensor| batch_norm_train(x, Some(w), Some(b), EPS).0;
    let (mean, var) = batch_norm_statistics(&x);
    let dx = |dy: &Tensor| batch_norm_train_dx(&x, dy, Some(&weight), &mean, &var, EPS);
    assert_gradient("batch_norm_train_dx", &x, |x| y(x, &weight, &bias), dx);
    let dweight = |dy: &Tensor| batch_norm_dweight(&x, dy, &mean, &var, EPS);
    assert_gradient("batch_norm_dweight", &weight, |w| y(&x, w, &bias), dweight);
    assert_gradient("batch_norm_dbias", &bias, |b| y(&x, &weight, b), batch_norm_dbias);
    let inference = |x: &Tensor| batch_norm(x, Some(&weight), Some(&bias), &mean, &var, EPS);
    let dx = |dy: &Tensor| batch_norm_inference_dx(dy, Some(&weight), &var, EPS);
    assert_gradient("batch_norm_inference_dx", &x, inference, dx);
}

#[test]
fn layer_and_rms_norm_gradients() {
    let x = generic(&[2, 3, 4], 1);
    for axis in [0, 1, 2] {
        let (weight, bias) = (generic(&x.shape()[axis..], 2), generic(&x.shape()[axis..], 3));
        let y = |x: &Tensor, w: &Tensor, b: &Tensor| layer_norm(x, Some(w), Some(b), axis, EPS);
        let dx = |dy: &Tensor| layer_norm_dx(&x, dy, Some(&weight), axis, EPS);
        assert_gradient("layer_norm_dx", &x, |x| y(x, &weight, &bias), dx);
        let dweight = |dy: &Tensor| layer_norm_dweight(&x, dy, axis, EPS);
        assert_gradient("layer_norm_dweight", &weight, |w| y(&x, w, &bias), dweight);
        assert_gradient("layer_norm_dbias", &bias, |b| y(&x, &weight, b), |dy| layer_norm_dbias(dy, axis));
        let dx = |dy: &Tensor| rms_norm_dx(&x, dy, Some(&weight), axis, EPS);
        assert_gradient("rms_norm_dx", &x, |x| rms_norm(x, Some(&weight), axis, EPS), dx);
        let dweight = |dy: &Tensor| rms_norm_dweight(&x, dy, axis, EPS);
        assert_gradient("rms_norm_dweight", &weight, |w| rms_norm(&x, Some(w), axis, EPS), dweight);
    }
}

#[test]
fn group_norm_gradients() {
    let (x, weight, bias) = (generic(&[2, 4, 3], 1), generic(&[4], 2), generic(&[4], 3));
    for groups in [1, 2, 4] {
        let y = |x: &Tensor, w: &Tensor, b: &Tensor| group_norm(x, Some(w), Some(b), groups, EPS);
        let dx = |dy: &Tensor| group_norm_dx(&x, dy, Some(&weight), groups, EPS);
        assert_gradient("group_norm_dx", &x, |x| y(x, &weight, &bias), dx);
        let dweight = |dy: &Tensor| group_norm_dweight(&x, dy, groups, EPS);
        assert_gradient("group_norm_dweight", &weight, |w| y(&x, w, &bias), dweight);
        assert_gradient("group_norm_dbias", &bias, |b| y(&x, &weight, b), group_norm_dbias);
    }
}

#[test]
fn norms_that_coincide() {
    let x = generic(&[1, 3, 2, 4], 1);
    let over_all = layer_norm(&x, None, None, 1, EPS);
    assert_close(&group_norm(&x, None, None, 1, EPS), &over_all, 1e-15, "one group is layer norm");
    let each = batch_norm_train(&x, None, None, EPS).0;
    assert_close(&instance_norm(&x, None, None, EPS), &each, 1e-15, "instance norm of one sample is batch norm");
}

#[test]
fn local_response_norm_gradients() {
    let x = generic(&[2, 5, 2], 1);
    for size in [1, 2, 3, 4, 9] {
        let norm = LocalResponseNorm { size, alpha: 0.3, beta: 0.75, k: 1.5 };
        let dx = |dy: &Tensor| local_response_norm_dx(&x, dy, &norm);
        assert_gradient("local_response_norm_dx", &x, |x| local_response_norm(x, &norm), dx);
    }
    // Size 2 looks at one channel above and none below.
    let y = local_response_norm(&x, &LocalResponseNorm { size: 2, alpha: 2.0, beta: 1.0, k: 0.0 });
    let [a, b] = [x[[0, 0, 0]], x[[0, 1, 0]]];
    assert!((y[[0, 0, 0]] - a / (a * a + b * b)).abs() < 1e-14);
}
