//! Resizing by nearest, linear or cubic interpolation, with ONNX's coordinate modes; and its gradient.
//!
//! Axes are independent: along each, an output is a weighted sum of a few inputs (`taps`), whatever the mode. The
//! gradient applies the same weights backwards. PyTorch's `interpolate`: nearest is `Asymmetric` with `Floor`; bilinear
//! is `PytorchHalfPixel`, or `AlignCorners`.

use crate::Tensor;
use crate::array::{lanes, tensor, values};

/// How output positions fall on the input, ONNX's `coordinate_transformation_mode`.
#[derive(Clone, Debug, PartialEq)]
pub enum Coordinates {
    /// (i + ½) / scale - ½.
    HalfPixel,
    /// The same, with the image's centre kept where the output size was rounded.
    HalfPixelSymmetric,
    /// The same as `HalfPixel`, but an output of 1 is taken at the begin.
    PytorchHalfPixel,
    /// First and last elements coincide.
    AlignCorners,
    /// i / scale.
    Asymmetric,
    /// (i + ½) / scale.
    TfHalfPixelForNn,
    /// Corners aligned with a region of the input.
    TfCropAndResize {
        /// Begin and end along each axis, 0 to 1 of the input.
        roi: Vec<[f64; 2]>,
        /// What lies outside of the input.
        extrapolation: f64,
    },
}

/// How nearest interpolation rounds a position, ONNX's `nearest_mode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Nearest {
    /// To the nearest, halves down; ONNX's default.
    RoundPreferFloor,
    /// To the nearest, halves up.
    RoundPreferCeil,
    /// Down.
    Floor,
    /// Up.
    Ceil,
}

/// The interpolation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Interpolation {
    /// One input.
    Nearest(Nearest),
    /// Two inputs.
    Linear,
    /// Four inputs.
    Cubic {
        /// Shape of the curve: -0.75 (PyTorch, ONNX) or -0.5.
        a: f64,
        /// Weigh inputs beyond the border 0 instead of repeating the border.
        exclude_outside: bool,
    },
}

/// Resizes `x` to `shape`; `scales` says by how much along each axis, usually the ratio of sizes.
pub fn resize(x: &Tensor, shape: &[usize], scales: &[f64], mode: Interpolation, coordinates: &Coordinates) -> Tensor {
    let mut y = x.clone();
    for axis in (0..x.ndim()).filter(|&axis| !untouched(axis, x.shape(), shape, scales, coordinates)) {
        let taps = taps(axis, x.shape()[axis], shape[axis], scales[axis], mode, coordinates);
        let [outer, len, inner] = lanes(y.shape(), axis);
        let flat = values(&y);
        let one = |o: usize, taps: &Option<Vec<Tap>>, i: usize| match taps {
            Some(taps) => taps.iter().map(|tap| tap.weight * flat[(o * len + tap.input) * inner + i]).sum(),
            None => outside(coordinates),
        };
        let made = (0..outer).flat_map(|o| taps.iter().flat_map(move |t| (0..inner).map(move |i| (o, t, i))));
        let made = made.map(|(o, taps, i)| one(o, taps, i)).collect();
        let mut next = y.shape().to_vec();
        next[axis] = shape[axis];
        y = tensor(&next, made);
    }
    y
}

/// Gradient of [`resize`] for its input, of shape `x_shape`.
pub fn resize_dx(
    dy: &Tensor,
    x_shape: &[usize],
    scales: &[f64],
    mode: Interpolation,
    coordinates: &Coordinates,
) -> Tensor {
    let mut dx = dy.clone();
    for axis in (0..dy.ndim()).filter(|&axis| !untouched(axis, x_shape, dy.shape(), scales, coordinates)) {
        let taps = taps(axis, x_shape[axis], dy.shape()[axis], scales[axis], mode, coordinates);
        let [outer, len, inner] = lanes(dx.shape(), axis);
        let mut next = dx.shape().to_vec();
        next[axis] = x_shape[axis];
        let flat = values(&dx);
        let mut sums = vec![0.0; next.iter().product()];
        for o in 0..outer {
            for (p, taps) in taps.iter().enumerate() {
                for tap in taps.iter().flatten() {
                    for i in 0..inner {
                        sums[(o * x_shape[axis] + tap.input) * inner + i] +=
                            tap.weight * flat[(o * len + p) * inner + i];
                    }
                }
            }
        }
        dx = tensor(&next, sums);
    }
    dx
}

/// One input and its weight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tap {
    /// Index along the axis.
    pub input: usize,
    /// Its share.
    pub weight: f64,
}

/// Of what each output along `axis` is made, `None` for the extrapolation value; `None` where the axis stays as it is.
pub fn resize_taps(
    axis: usize,
    from: &[usize],
    to: &[usize],
    scales: &[f64],
    mode: Interpolation,
    coordinates: &Coordinates,
) -> Option<Vec<Option<Vec<Tap>>>> {
    let resized = !untouched(axis, from, to, scales, coordinates);
    resized.then(|| taps(axis, from[axis], to[axis], scales[axis], mode, coordinates))
}

fn untouched(axis: usize, from: &[usize], to: &[usize], scales: &[f64], coordinates: &Coordinates) -> bool {
    let cropped = matches!(coordinates, Coordinates::TfCropAndResize { roi, .. } if roi[axis] != [0.0, 1.0]);
    from[axis] == to[axis] && scales[axis] == 1.0 && !cropped
}

fn outside(coordinates: &Coordinates) -> f64 {
    if let Coordinates::TfCropAndResize { extrapolation, .. } = coordinates { *extrapolation } else { 0.0 }
}

/// For each output along one axis what it is made of; `None` for the extrapolation value.
fn taps(
    axis: usize,
    input: usize,
    output: usize,
    scale: f64,
    mode: Interpolation,
    coordinates: &Coordinates,
) -> Vec<Option<Vec<Tap>>> {
    let last = input as f64 - 1.0;
    let of_output = |p: usize| {
        let x = position(p as f64, axis, input as f64, output as f64, scale, coordinates);
        if matches!(coordinates, Coordinates::TfCropAndResize { .. }) && !(0.0..=last).contains(&x) {
            return None;
        }
        let clamped = |place: f64| place.clamp(0.0, last) as usize;
        let (floor, t) = (x.floor(), x - x.floor());
        Some(match mode {
            Interpolation::Nearest(rounding) => {
                let place = match rounding {
                    Nearest::RoundPreferFloor => (x - 0.5).ceil(),
                    Nearest::RoundPreferCeil => (x + 0.5).floor(),
                    Nearest::Floor => floor,
                    Nearest::Ceil => x.ceil(),
                };
                vec![Tap { input: clamped(place), weight: 1.0 }]
            }
            Interpolation::Linear => {
                vec![Tap { input: clamped(floor), weight: 1.0 - t }, Tap { input: clamped(floor + 1.0), weight: t }]
            }
            Interpolation::Cubic { a, exclude_outside } => {
                let kept = |place: f64| !exclude_outside || (0.0..=last).contains(&place);
                let places = [-1.0, 0.0, 1.0, 2.0].map(|step| floor + step);
                let weights = places.map(|place| if kept(place) { cubic(a, (x - place).abs()) } else { 0.0 });
                let total: f64 = if exclude_outside { weights.iter().sum() } else { 1.0 };
                let tap = |(place, weight): (f64, f64)| Tap { input: clamped(place), weight: weight / total };
                places.into_iter().zip(weights).map(tap).collect()
            }
        })
    };
    (0..output).map(of_output).collect()
}

/// The place on the input's axis of output `p`. The unrounded output size is `scale * input`, as in ONNX's reference.
fn position(p: f64, axis: usize, input: f64, output: f64, scale: f64, coordinates: &Coordinates) -> f64 {
    let exact = scale * input;
    let half_pixel = (p + 0.5) / scale - 0.5;
    match coordinates {
        Coordinates::HalfPixel => half_pixel,
        Coordinates::HalfPixelSymmetric => input / 2.0 * (1.0 - output / exact) + half_pixel,
        Coordinates::PytorchHalfPixel => {
            if output == 1.0 {
                0.0
            } else {
                half_pixel
            }
        }
        Coordinates::AlignCorners => {
            if output == 1.0 {
                0.0
            } else {
                p * (input - 1.0) / (exact - 1.0)
            }
        }
        Coordinates::Asymmetric => p / scale,
        Coordinates::TfHalfPixelForNn => (p + 0.5) / scale,
        Coordinates::TfCropAndResize { roi, .. } => {
            let [begin, end] = roi[axis];
            let span = (end - begin) * (input - 1.0);
            begin * (input - 1.0) + if output == 1.0 { span / 2.0 } else { p * span / (output - 1.0) }
        }
    }
}

/// Keys' cubic convolution kernel at distance `d` (1981), with parameter `a`.
fn cubic(a: f64, d: f64) -> f64 {
    if d <= 1.0 {
        ((a + 2.0) * d - (a + 3.0)) * d * d + 1.0
    } else if d < 2.0 {
        ((a * d - 5.0 * a) * d + 8.0 * a) * d - 4.0 * a
    } else {
        0.0
    }
}
