//! Padding by a constant or by the tensor's own elements; negative padding crops.
//!
//! The gradient of a constant padding is the opposite one. The other modes add up what was read more than once.

use crate::ops::axes::{buffer_axis, buffer_shape, floats, follow, launches, resampled, too_many_axes, words};
use crate::{Backward, DType, Error, Io, Layouts, Misfit, Negotiation, Operation, Type, Wide, misfit};
use cpu_reference::{PadMode, pad_sources};
use gpu_core::kernels::pad::{Axis, PadConstant};
use gpu_core::kernels::resample;
use gpu_core::{Arg, Candidate, Caps, Layout};

/// x with `pads[axis]` elements added at begin and end of each axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Pad {
    /// Begin and end of each axis.
    pub pads: Vec<[isize; 2]>,
    /// What is added.
    pub mode: PadMode,
}

/// Gradient of [`Pad`] by x, for all modes but the constant. Input: dy.
#[derive(Clone, Debug, PartialEq)]
pub struct PadDx {
    /// The padding.
    pub pad: Pad,
    /// Type of x.
    pub x: Type,
}

impl Pad {
    /// What each output along each padded axis of x reads.
    fn taps(&self, x: &[usize]) -> Vec<resample::Axis> {
        let padded = (0..x.len()).filter(|&axis| self.pads[axis] != [0, 0]);
        let along = |axis: usize| {
            let sources = pad_sources(x[axis], self.pads[axis], self.mode);
            resample::Axis { axis, taps: sources.iter().map(|from| from.iter().map(|&i| (i, 1.0)).collect()).collect() }
        };
        padded.map(along).collect()
    }

    fn layout(&self, at: &Negotiation<'_>) -> Layouts {
        // Whatever pads the first axis out to whole vec4s must be finite.
        let finite = !matches!(self.mode, PadMode::Constant(value) if !value.is_finite());
        let layout = if finite && self.pads.first() == Some(&[0, 0]) { follow(at, 0) } else { Layout::PLAIN };
        Layouts { inputs: vec![layout], outputs: vec![layout] }
    }
}

impl Operation for Pad {
    fn name(&self) -> &'static str {
        "pad"
    }

    fn outputs(&self, inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        let x = inputs[0];
        match self.mode {
            PadMode::Constant(_) => words(x)?,
            _ => floats(inputs)?,
        }
        if self.pads.len() != x.shape.len() {
            misfit!("needs begin and end for each axis of {}, got {:?}", x.shape, self.pads);
        }
        let mut shape = Vec::new();
        for (&dim, pads) in x.shape.iter().zip(&self.pads) {
            let [begin, end] = *pads;
            let padded = dim as isize + begin + end;
            // A crop beyond x that the other side pads again would take nothing of x at all.
            if padded <= 0 || begin.min(end) <= -(dim as isize) {
                misfit!("{:?} leaves nothing of {}", self.pads, x.shape);
            }
            shape.push(padded as usize);
        }
        Ok(vec![Type { shape: shape.into(), dtype: x.dtype }])
    }

    fn backward(&self, at: &mut Backward<'_>) -> Result<(), Error> {
        let dy = at.dy()?;
        let dx = match self.mode {
            PadMode::Constant(_) => {
                let pads = self.pads.iter().map(|&[begin, end]| [-begin, -end]).collect();
                at.push(Pad { pads, mode: PadMode::Constant(0.0) }, &[dy])?
            }
            _ => {
                let x = at.graph().ty(at.input(0)).clone();
                at.push(PadDx { pad: self.clone(), x }, &[dy])?
            }
        };
        at.give(0, dx);
        Ok(())
    }

    fn layouts(&self, at: &Negotiation<'_>) -> Layouts {
        self.layout(at)
    }

    fn lower(&self, io: &Io, _caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        let x = &io.inputs[0];
        let PadMode::Constant(value) = self.mode else { return Ok(resampled(x, self.taps(io.x(0)), 0.0)) };
        let lengths = buffer_shape(x);
        let mut axes: Vec<Axis> = lengths.iter().map(|&len| Axis { len, before: 0, after: 0 }).collect();
        for (axis, &[begin, end]) in self.pads.iter().enumerate() {
            let along = &mut axes[buffer_axis(x.layout.order, axis, lengths.len())];
            (along.before, along.after) = (begin as i64, end as i64);
        }
        let value = if x.ty.dtype == DType::I32 { value as i32 as u32 } else { (value as f32).to_bits() };
        let launch = PadConstant { axes, value }.launch(Arg::Input(0), Arg::Output(0));
        Ok(launches("pad_constant", vec![launch.ok_or_else(|| too_many_axes(&x.ty.shape))?]))
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        vec![cpu_reference::pad(inputs[0], &self.pads, self.mode)]
    }

    fn flops(&self, _inputs: &[&Type], _outputs: &[&Type]) -> u64 {
        0
    }

    fn describe(&self) -> String {
        format!("{:?} {:?}", self.mode, self.pads)
    }
}

impl Operation for PadDx {
    fn name(&self) -> &'static str {
        "pad_dx"
    }

    fn outputs(&self, _inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        Ok(vec![self.x.clone()])
    }

    fn layouts(&self, at: &Negotiation<'_>) -> Layouts {
        self.pad.layout(at)
    }

    fn lower(&self, io: &Io, _caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        let taps = self.pad.taps(&self.x.shape);
        let back = taps.iter().map(|along| along.transposed(self.x.shape[along.axis]));
        Ok(resampled(&io.inputs[0], back.collect(), 0.0))
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        vec![cpu_reference::pad_dx(inputs[0], &self.x.shape, &self.pad.pads, self.pad.mode)]
    }

    fn describe(&self) -> String {
        self.pad.describe()
    }
}
