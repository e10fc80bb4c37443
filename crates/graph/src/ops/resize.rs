//! Resizing by nearest, linear or cubic interpolation with ONNX's coordinate modes, and its gradient.
//!
//! Axes are independent: along each, an output is a weighted sum of a few inputs, whose list is made here once. The
//! gradient uses the same lists transposed.

use crate::ops::axes::{floats, follow, resampled};
use crate::{Backward, Error, Io, Layouts, Misfit, Negotiation, Operation, Type, Wide, misfit};
use cpu_reference::{Coordinates, Interpolation, resize_taps};
use gpu_core::kernels::resample::Axis;
use gpu_core::{Candidate, Caps, Layout};

/// x resized to `shape`. PyTorch's `interpolate`: nearest is `Asymmetric` with `Floor`, bilinear `PytorchHalfPixel` or
/// `AlignCorners`.
#[derive(Clone, Debug, PartialEq)]
pub struct Resize {
    /// Lengths of y's axes.
    pub shape: Vec<usize>,
    /// By how much along each axis; usually the ratio of lengths.
    pub scales: Vec<f64>,
    /// How inputs are weighed.
    pub mode: Interpolation,
    /// How places of y fall on x.
    pub coordinates: Coordinates,
}

/// Gradient of [`Resize`] by x. Input: dy.
#[derive(Clone, Debug, PartialEq)]
pub struct ResizeDx {
    /// The resize.
    pub resize: Resize,
    /// Type of x.
    pub x: Type,
}

impl Resize {
    /// To `shape`, the scales being the ratios of lengths.
    pub fn to(x: &[usize], shape: &[usize], mode: Interpolation, coordinates: Coordinates) -> Self {
        let scales = x.iter().zip(shape).map(|(&from, &to)| to as f64 / from as f64).collect();
        Resize { shape: shape.to_vec(), scales, mode, coordinates }
    }

    fn taps(&self, x: &[usize]) -> Vec<Axis> {
        let along = |axis| {
            let taps = resize_taps(axis, x, &self.shape, &self.scales, self.mode, &self.coordinates)?;
            let list = |taps: Vec<cpu_reference::Tap>| taps.iter().map(|tap| (tap.input, tap.weight as f32)).collect();
            Some(Axis { axis, taps: taps.into_iter().map(|taps| taps.map_or(Vec::new(), list)).collect() })
        };
        (0..x.len()).filter_map(along).collect()
    }

    fn layout(&self, at: &Negotiation<'_>, x: &[usize]) -> Layouts {
        let keeps = self.taps(x).first().is_none_or(|along| along.axis > 0);
        let layout = if keeps { follow(at, 0) } else { Layout::PLAIN };
        Layouts { inputs: vec![layout], outputs: vec![layout] }
    }
}

impl Operation for Resize {
    fn name(&self) -> &'static str {
        "resize"
    }

    fn outputs(&self, inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        floats(inputs)?;
        let x = &inputs[0].shape;
        if self.shape.len() != x.len() || self.scales.len() != x.len() || self.shape.contains(&0) {
            misfit!("needs a length and a scale for each axis of {x}, got {:?} and {:?}", self.shape, self.scales);
        }
        if self.scales.iter().any(|&scale| scale <= 0.0 || !scale.is_finite()) {
            misfit!("scales must be positive, got {:?}", self.scales);
        }
        if let Coordinates::TfCropAndResize { roi, .. } = &self.coordinates
            && roi.len() != x.len()
        {
            misfit!("needs a region for each axis of {x}, got {roi:?}");
        }
        Ok(vec![Type::f32(self.shape.clone())])
    }

    fn backward(&self, at: &mut Backward<'_>) -> Result<(), Error> {
        let dy = at.dy()?;
        let x = at.graph().ty(at.input(0)).clone();
        let dx = at.push(ResizeDx { resize: self.clone(), x }, &[dy])?;
        at.give(0, dx);
        Ok(())
    }

    fn layouts(&self, at: &Negotiation<'_>) -> Layouts {
        self.layout(at, &at.inputs[0].shape)
    }

    fn lower(&self, io: &Io, _caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        let empty = match self.coordinates {
            Coordinates::TfCropAndResize { extrapolation, .. } => extrapolation as f32,
            _ => 0.0,
        };
        Ok(resampled(&io.inputs[0], self.taps(io.x(0)), empty))
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        vec![cpu_reference::resize(inputs[0], &self.shape, &self.scales, self.mode, &self.coordinates)]
    }

    fn describe(&self) -> String {
        format!("{:?}, {:?}", self.mode, self.coordinates)
    }
}

impl Operation for ResizeDx {
    fn name(&self) -> &'static str {
        "resize_dx"
    }

    fn outputs(&self, _inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        Ok(vec![self.x.clone()])
    }

    fn layouts(&self, at: &Negotiation<'_>) -> Layouts {
        self.resize.layout(at, &self.x.shape)
    }

    fn lower(&self, io: &Io, _caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        let taps = self.resize.taps(&self.x.shape);
        let back = taps.iter().map(|along| along.transposed(self.x.shape[along.axis]));
        Ok(resampled(&io.inputs[0], back.collect(), 0.0))
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        let Resize { scales, mode, coordinates, .. } = &self.resize;
        vec![cpu_reference::resize_dx(inputs[0], &self.x.shape, scales, *mode, coordinates)]
    }

    fn describe(&self) -> String {
        self.resize.describe()
    }
}
