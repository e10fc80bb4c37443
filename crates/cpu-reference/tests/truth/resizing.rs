//! Resize against the examples of ONNX's operator documentation, and its gradient in every mode.

use cpu_reference::*;

use crate::check::{assert_close, assert_gradient, generic, t};

const LINEAR: Interpolation = Interpolation::Linear;

fn square(side: usize) -> Tensor {
    t(&[side, side], &(1..=side * side).map(|i| i as f64).collect::<Vec<_>>())
}

#[track_caller]
fn first_row(x: &Tensor, shape: [usize; 2], scales: [f64; 2], mode: Interpolation, at: Coordinates, want: &[f64]) {
    let y = resize(x, &shape, &scales, mode, &at);
    let row = y.index_axis(ndarray::Axis(0), 0).to_owned();
    assert_close(&row, &t(&[want.len()], want), 1e-6, "first row");
}

#[test]
fn onnx_examples_of_linear() {
    let two = square(2);
    first_row(&two, [4, 4], [2.0; 2], LINEAR, Coordinates::HalfPixel, &[1.0, 1.25, 1.75, 2.0]);
    first_row(&two, [4, 4], [2.0; 2], LINEAR, Coordinates::AlignCorners, &[1.0, 4.0 / 3.0, 5.0 / 3.0, 2.0]);
    let symmetric = [1.0, 1.159864, 1.5, 1.840136, 2.0];
    first_row(&two, [4, 5], [2.3, 2.94], LINEAR, Coordinates::HalfPixelSymmetric, &symmetric);
    let wide = t(&[2, 4], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]);
    first_row(&wide, [1, 2], [0.6; 2], LINEAR, Coordinates::HalfPixel, &[2.6666665, 4.3333331]);
    first_row(&wide, [1, 2], [0.6; 2], LINEAR, Coordinates::AlignCorners, &[1.0, 3.142857]);
    first_row(&square(4), [3, 1], [0.75, 0.25], LINEAR, Coordinates::PytorchHalfPixel, &[1.666667]);
    let crop = Coordinates::TfCropAndResize { roi: vec![[0.4, 0.6], [0.6, 0.8]], extrapolation: 0.0 };
    first_row(&square(4), [3, 3], [0.75; 2], LINEAR, crop, &[7.6, 7.9, 8.2]);
    let beyond = Coordinates::TfCropAndResize { roi: vec![[0.0, 1.0], [0.5, 2.0]], extrapolation: 10.0 };
    first_row(&square(4), [4, 3], [1.0, 0.75], LINEAR, beyond, &[2.5, 10.0, 10.0]);
}

#[test]
fn onnx_examples_of_nearest() {
    let nearest = Interpolation::Nearest;
    let prefer_floor = nearest(Nearest::RoundPreferFloor);
    first_row(&square(2), [4, 6], [2.0, 3.0], prefer_floor, Coordinates::HalfPixel, &[1.0, 1.0, 1.0, 2.0, 2.0, 2.0]);
    let wide = t(&[2, 4], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]);
    first_row(&wide, [1, 2], [0.6; 2], prefer_floor, Coordinates::HalfPixel, &[1.0, 3.0]);
    let floor = [1.0, 1.0, 1.0, 2.0, 2.0, 3.0, 3.0, 4.0];
    first_row(&square(4), [8, 8], [2.0; 2], nearest(Nearest::Floor), Coordinates::AlignCorners, &floor);
    let ceil = [1.0, 2.0, 2.0, 3.0, 3.0, 4.0, 4.0, 4.0];
    first_row(&square(4), [8, 8], [2.0; 2], nearest(Nearest::RoundPreferCeil), Coordinates::Asymmetric, &ceil);
}

#[test]
fn onnx_examples_of_cubic() {
    let cubic = Interpolation::Cubic { a: -0.75, exclude_outside: false };
    let want = [0.47265625, 0.76953125, 1.24609375, 1.875, 2.28125, 2.91015625, 3.38671875, 3.68359375];
    first_row(&square(4), [8, 8], [2.0; 2], cubic, Coordinates::HalfPixel, &want);
    let want = [1.0, 1.40625, 2.0, 2.5, 3.0, 3.59375, 4.0, 4.09375];
    first_row(&square(4), [8, 8], [2.0; 2], cubic, Coordinates::Asymmetric, &want);
    let excluding = Interpolation::Cubic { a: -0.5, exclude_outside: true };
    let want = [1.36812675, 2.6695014, 4.0133367];
    first_row(&square(4), [3, 3], [0.8; 2], excluding, Coordinates::HalfPixel, &want);
}

#[test]
fn gradients() {
    let x = generic(&[2, 4, 5], 1);
    let crop = Coordinates::TfCropAndResize { roi: vec![[0.0, 1.0], [0.2, 1.3], [0.1, 0.8]], extrapolation: 0.7 };
    let coordinates = [
        Coordinates::HalfPixel,
        Coordinates::HalfPixelSymmetric,
        Coordinates::PytorchHalfPixel,
        Coordinates::AlignCorners,
        Coordinates::Asymmetric,
        Coordinates::TfHalfPixelForNn,
        crop,
    ];
    let modes = [
        Interpolation::Nearest(Nearest::RoundPreferFloor),
        Interpolation::Linear,
        Interpolation::Cubic { a: -0.75, exclude_outside: false },
        Interpolation::Cubic { a: -0.5, exclude_outside: true },
    ];
    for at in &coordinates {
        for mode in modes {
            for (shape, scales) in [([2, 7, 3], [1.0, 1.8, 0.6]), ([2, 1, 10], [1.0, 0.25, 2.0])] {
                let dx = |dy: &Tensor| resize_dx(dy, x.shape(), &scales, mode, at);
                assert_gradient(&format!("{at:?} {mode:?}"), &x, |x| resize(x, &shape, &scales, mode, at), dx);
            }
        }
    }
}
