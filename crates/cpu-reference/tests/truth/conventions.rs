//! Ties, kinks, borders, extremes and NaN: where more than one answer would be defensible, ours is fixed here.

use cpu_reference::*;

use crate::check::{assert_close, generic, t};

#[test]
fn max_pool_gradient_goes_to_the_first_of_equals() {
    let (x, window) = (t(&[1, 1, 2, 4], &[1.0, 5.0, 0.0, 0.0, 5.0, 5.0, 0.0, 0.0]), Window::square(2, 2, 0));
    let dx = max_pool_dx(&x, &t(&[1, 1, 1, 2], &[1.0, 2.0]), &window);
    assert_eq!(dx, t(&[1, 1, 2, 4], &[0.0, 1.0, 2.0, 0.0, 0.0, 0.0, 0.0, 0.0]));
    assert_eq!(max_pool_indices(&x, &window, false), t(&[1, 1, 1, 2], &[1.0, 2.0]));
}

#[test]
fn max_pool_padding_never_wins_and_nan_does() {
    let window = Window::square(3, 2, 1);
    assert_eq!(max_pool(&t(&[1, 1, 2, 2], &[-4.0, -3.0, -2.0, -1.0]), &window, false).sum(), -1.0);
    assert!(max_pool(&t(&[1, 1, 2, 2], &[1.0, f64::NAN, 7.0, 2.0]), &window, false)[[0, 0, 0, 0]].is_nan());
    let lowest = t(&[1, 1, 2, 2], &[f64::NEG_INFINITY; 4]);
    assert_eq!(max_pool_dx(&lowest, &t(&[1, 1, 1, 1], &[1.0]), &window)[[0, 0, 0, 0]], 1.0);
}

#[test]
fn ceil_mode_windows() {
    // 5 wide, window 2, stride 2: the third window hangs over; with a pad of 1 at both ends it starts inside.
    assert_eq!(Window::new(&[2]).stride(&[2]).output_ceil([1, 1, 5]), Some([1, 1, 3]));
    assert_eq!(Window::new(&[2]).stride(&[2]).output([1, 1, 5]), Some([1, 1, 2]));
    // A window that would start in the padding at the end is left out: 4 wide, window 1, stride 2, pads 0 and 2.
    assert_eq!(Window::new(&[1]).stride(&[3]).pads(&[[0, 2]]).output_ceil([1, 1, 4]), Some([1, 1, 2]));
    assert_eq!(Window::new(&[2]).stride(&[2]).output_ceil([1, 1, 1]), Some([1, 1, 1]));
    let x = t(&[1, 1, 5], &[1.0, 2.0, 3.0, 4.0, 5.0]);
    let window = Window::new(&[3]).stride(&[2]).pad(&[1]);
    // Padded: 0 1 2 3 4 5 0. The windows (0 1 2) (2 3 4) (4 5 0).
    assert_eq!(average_pool(&x, &window, true, true), t(&[1, 1, 3], &[1.0, 3.0, 3.0]));
    assert_eq!(average_pool(&x, &window, true, false), t(&[1, 1, 3], &[1.5, 3.0, 4.5]));
    // Without padding the last window has one tap beyond the end, which never counts.
    let window = Window::new(&[2]).stride(&[2]);
    assert_eq!(average_pool(&x, &window, true, true), t(&[1, 1, 3], &[1.5, 3.5, 5.0]));
}

#[test]
fn same_padding_with_stride() {
    let window = Window::square(3, 2, 0);
    assert_eq!(window.same_upper([1, 5, 6]).pads, [[0, 0], [1, 1], [0, 1]]);
    assert_eq!(window.same_lower([1, 5, 6]).pads, [[0, 0], [1, 1], [1, 0]]);
    assert_eq!(window.same_upper([1, 5, 6]).output([1, 5, 6]), Some([1, 3, 3]));
    assert_eq!(
        Window::square(1, 3, 0).same_upper([1, 7, 7]).pads,
        [[0; 2]; 3],
        "stride beyond the kernel pads nothing"
    );
}

#[test]
fn slopes_at_kinks() {
    let at = |kind: Unary, x: f64| kind.derivative(x);
    assert_eq!(at(Unary::Relu, 0.0), 0.0);
    assert_eq!(at(Unary::LeakyRelu { slope: 0.1 }, 0.0), 0.1);
    assert_eq!(at(Unary::Abs, 0.0), 0.0);
    assert_eq!((at(Unary::Relu6, 0.0), at(Unary::Relu6, 6.0)), (0.0, 0.0));
    let clip = Unary::Clip { min: -1.0, max: 1.0 };
    assert_eq!((at(clip, -1.0), at(clip, 1.0), at(clip, 1.5)), (1.0, 1.0, 0.0));
    let hard_sigmoid = Unary::HardSigmoid { alpha: 0.25, beta: 0.5 };
    assert_eq!((at(hard_sigmoid, -2.0), at(hard_sigmoid, 2.0)), (0.0, 0.0));
    assert_eq!((at(Unary::HardSwish, -3.0), at(Unary::HardSwish, 3.0)), (0.0, 1.0));
    let (a, b) = (t(&[1], &[2.0]), t(&[1], &[2.0]));
    assert_eq!(binary_da(Binary::Max, &a, &b, &t(&[1], &[1.0]))[0], 0.5, "equals share");
}

#[test]
fn extremes_stay_finite() {
    assert_eq!((Unary::Sigmoid.apply(-1000.0), Unary::Sigmoid.apply(1000.0)), (0.0, 1.0));
    assert_eq!((Unary::Softplus.apply(1000.0), Unary::Softplus.apply(-1000.0)), (1000.0, 0.0));
    assert_eq!((Unary::Gelu.apply(-40.0), Unary::Mish.apply(-1000.0)), (0.0, 0.0));
    assert_eq!(Unary::Sigmoid.derivative(-1000.0), 0.0);
    let y = log_softmax(&t(&[1, 3], &[1e30, -1e30, 0.0]), 1);
    assert_eq!(y, t(&[1, 3], &[0.0, -2e30, -1e30]));
    assert_eq!(softmax(&t(&[1, 2], &[f64::NEG_INFINITY, 3.0]), 1), t(&[1, 2], &[0.0, 1.0]));
    assert_eq!(Loss::BceWithLogits { pos_weight: 1.0 }.apply(-1000.0, 1.0), 1000.0);
    assert_eq!(Loss::Bce.apply(0.0, 1.0), 100.0, "PyTorch's bound on the logarithm");
}

#[test]
fn nan_goes_through() {
    for kind in [Unary::Relu, Unary::Relu6, Unary::Sigmoid, Unary::Sign, Unary::Clip { min: 0.0, max: 1.0 }] {
        assert!(kind.apply(f64::NAN).is_nan(), "{kind:?}");
    }
    for kind in [Binary::Max, Binary::Min] {
        assert!(kind.apply(f64::NAN, 1.0).is_nan() && kind.apply(1.0, f64::NAN).is_nan(), "{kind:?}");
    }
    assert!(softmax(&t(&[1, 2], &[f64::NAN, 1.0]), 1)[[0, 1]].is_nan());
}

#[test]
fn rounding_is_half_to_even() {
    let halves = t(&[6], &[-2.5, -1.5, -0.5, 0.5, 1.5, 2.5]);
    assert_eq!(unary(Unary::Round, &halves), t(&[6], &[-2.0, -2.0, 0.0, 0.0, 2.0, 2.0]));
}

#[test]
fn cross_entropy_options() {
    let (x, indices) = (generic(&[3, 4], 1), t(&[3], &[1.0, 3.0, 0.0]));
    let lp = log_softmax(&x, 1);
    let weight = vec![0.5, 2.0, 1.0, 3.0];
    let mean = |options: CrossEntropy| cross_entropy(&x, &indices, &options).sum();
    let near = |got: f64, want: f64| assert!((got - want).abs() < 1e-14, "{got}, not {want}");
    near(mean(CrossEntropy::default()), -(lp[[0, 1]] + lp[[1, 3]] + lp[[2, 0]]) / 3.0);
    let weighted = CrossEntropy { weight: Some(weight), ..Default::default() };
    near(mean(weighted), -(2.0 * lp[[0, 1]] + 3.0 * lp[[1, 3]] + 0.5 * lp[[2, 0]]) / 5.5);
    let ignoring = CrossEntropy { ignore_index: Some(3), ..Default::default() };
    near(mean(ignoring.clone()), -(lp[[0, 1]] + lp[[2, 0]]) / 2.0);
    let all = t(&[3], &[3.0; 3]);
    assert!(cross_entropy(&x, &all, &ignoring).sum().is_nan(), "the mean of nothing");
    let single = CrossEntropy { reduction: Reduction::None, ignore_index: Some(3), ..Default::default() };
    let losses = cross_entropy(&x, &indices, &single);
    assert_close(&losses, &t(&[3], &[-lp[[0, 1]], 0.0, -lp[[2, 0]]]), 1e-14, "no reduction");
    let one_hot = t(&[3, 4], &[0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0]);
    near(cross_entropy_soft(&x, &one_hot, &CrossEntropy::default()).sum(), mean(CrossEntropy::default()));
}

#[test]
fn casts() {
    let x = t(&[6], &[1.9, -1.9, 300.0, -5.0, f64::NAN, 0.1]);
    assert_eq!(cast(Cast::I32, &x), t(&[6], &[1.0, -1.0, 300.0, -5.0, 0.0, 0.0]));
    assert_eq!(cast(Cast::U8, &x), t(&[6], &[1.0, 0.0, 255.0, 0.0, 0.0, 0.0]));
    assert_eq!(cast(Cast::Bool, &x).sum(), 6.0);
    assert_eq!(cast(Cast::F32, &x)[5], f64::from(0.1f32));
}

#[test]
fn class_index_out_of_range_is_nan() {
    let (x, indices) = (generic(&[2, 3], 1), t(&[2], &[1.0, 3.0]));
    let options = CrossEntropy::default();
    assert!(cross_entropy(&x, &indices, &options).sum().is_nan());
    let dx = cross_entropy_dx(&x, &indices, &t(&[], &[1.0]), &options);
    assert!(dx[[1, 0]].is_nan());
}
