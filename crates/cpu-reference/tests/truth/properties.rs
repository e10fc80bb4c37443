//! Random shapes: windows against their definition, convolution against the bare sum, gradients as transposes.
//!
//! The bare sum is written apart from `conv.rs`: padded first, then every index spelled out.

use cpu_reference::*;
use proptest::prelude::*;

use crate::check::{assert_close, generic};

/// A window whose every axis may differ, and an input that it fits into.
fn windowed() -> impl Strategy<Value = (Window, [usize; 3])> {
    let each = |range: std::ops::Range<usize>| proptest::array::uniform3(range);
    let pads = proptest::array::uniform3(proptest::array::uniform2(0usize..3));
    let parts = (each(1..4), each(1..4), each(1..3), pads, each(0..5));
    parts.prop_map(|(kernel, stride, dilation, pads, extra)| {
        let window = Window { kernel, stride, dilation, pads };
        let size = |i: usize| (window.extent()[i] + extra[i]).saturating_sub(pads[i][0] + pads[i][1]).max(1);
        (window, [0, 1, 2].map(size))
    })
}

/// y = sum over c and taps of weight * padded x, every index spelled out.
fn bare_sum(x: &Tensor, weight: &Tensor, window: &Window, groups: usize, output: [usize; 3]) -> Tensor {
    let margin = |axis: usize| window.pads[axis].map(|p| p as isize);
    let padded = pad(x, &[[0, 0], [0, 0], margin(0), margin(1), margin(2)], PadMode::Constant(0.0));
    let (filters, channels) = (weight.shape()[0], weight.shape()[1]);
    Tensor::from_shape_fn(vec![x.shape()[0], filters, output[0], output[1], output[2]], |at| {
        let mut sum = 0.0;
        for (tap, w) in weight.index_axis(ndarray::Axis(0), at[1]).indexed_iter() {
            let c = at[1] / (filters / groups) * channels + tap[0];
            let place = |axis: usize| at[2 + axis] * window.stride[axis] + tap[1 + axis] * window.dilation[axis];
            sum += w * padded[[at[0], c, place(0), place(1), place(2)]];
        }
        sum
    })
}

proptest! {
    #[test]
    fn convolution_is_the_bare_sum((window, input) in windowed(), n in 1usize..3, c in 1usize..3, k in 1usize..3, groups in 1usize..3) {
        let x = generic(&[n, c * groups, input[0], input[1], input[2]], 1);
        let weight = generic(&[k * groups, c, window.kernel[0], window.kernel[1], window.kernel[2]], 2);
        let Some(output) = window.output(input) else { return Ok(()) };
        let y = conv(&x, &weight, None, &window, groups);
        assert_close(&y, &bare_sum(&x, &weight, &window, groups, output), 1e-13, "conv");
        // Convolution is bilinear, so its gradients are its transposes: <y, dy> = <x, dx> = <weight, dweight>.
        let dy = generic(y.shape(), 3);
        let energy = (&y * &dy).sum();
        let by_x = (&x * &conv_dx(&dy, &weight, x.shape(), &window, groups)).sum();
        let by_weight = (&weight * &conv_dweight(&x, &dy, weight.shape(), &window, groups)).sum();
        let scale = 1.0 + y.mapv(f64::abs).sum();
        prop_assert!((energy - by_x).abs() < 1e-12 * scale && (energy - by_weight).abs() < 1e-12 * scale);
    }

    #[test]
    fn windows_fit_and_no_further_one_would((window, input) in windowed()) {
        for axis in 0..3 {
            let padded = input[axis] + window.pads[axis][0] + window.pads[axis][1];
            let fits = |p: usize| p * window.stride[axis] + window.extent()[axis] <= padded;
            let output = window.output(input).map_or(0, |size| size[axis]);
            if window.output(input).is_some() {
                prop_assert!(fits(output - 1) && !fits(output));
            }
            if let (Some(ceil), Some(floor)) = (window.output_ceil(input), window.output(input)) {
                let starts_inside = (ceil[axis] - 1) * window.stride[axis] < input[axis] + window.pads[axis][0];
                // The rule takes away one window at most, enough wherever the padding is no longer than the kernel.
                prop_assert!(starts_inside || window.pads[axis][1] > window.extent()[axis]);
                prop_assert!(ceil[axis] <= floor[axis] + 1);
            }
            for same in [window.same_upper(input), window.same_lower(input)] {
                let size = same.output(input).unwrap()[axis];
                // A kernel that does not reach the next window leaves inputs over, never too few outputs.
                prop_assert_eq!(size, input[axis].div_ceil(window.stride[axis]));
                prop_assert!(same.pads[axis][0].abs_diff(same.pads[axis][1]) <= 1);
            }
        }
    }

    #[test]
    fn transposed_convolution_restores_the_size((window, input) in windowed()) {
        // Output padding is what the floor of the forward convolution dropped.
        let Some(output) = window.output(input) else { return Ok(()) };
        let padded = |axis: usize| input[axis] + window.pads[axis][0] + window.pads[axis][1];
        let covered = |axis: usize| (output[axis] - 1) * window.stride[axis] + window.extent()[axis];
        let extra = [0, 1, 2].map(|axis| padded(axis) - covered(axis));
        prop_assert!((0..3).all(|axis| extra[axis] < window.stride[axis]));
        prop_assert_eq!(window.output_transposed(output, extra), Some(input));
    }

    #[test]
    fn pools_agree_where_they_must((window, input) in windowed()) {
        let x = generic(&[1, 2, input[0], input[1], input[2]], 1);
        let Some(_) = window.output(input) else { return Ok(()) };
        let (largest, mean) = (max_pool(&x, &window, false), average_pool(&x, &window, false, false));
        // A window wholly in the padding has maximum -infinity and mean 0.
        prop_assert!(largest.iter().zip(&mean).all(|(max, mean)| max + 1e-12 >= *mean || *max == f64::NEG_INFINITY));
        let ones = Tensor::ones(x.raw_dim());
        let dx = average_pool_dx(&Tensor::ones(mean.raw_dim()), x.shape(), &window, false);
        prop_assert!((dx.sum() - average_pool(&ones, &window, false, false).sum()).abs() < 1e-12 * mean.len() as f64);
    }
}
