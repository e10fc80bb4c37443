//! Slicing with steps of either sign. The gradient puts dy where it came from, among zeros.

use crate::ops::axes::{buffer_axis, common_length, follow, launches, lengths_and_strides, too_many_axes, words};
use crate::{Backward, Error, Io, Layouts, Misfit, Negotiation, Operand, Operation, Type, Wide, misfit};
use cpu_reference::SliceAxis;
use gpu_core::kernels::fill::fill;
use gpu_core::kernels::pad::{self, PadConstant};
use gpu_core::kernels::strided_copy::{Axis, StridedCopy};
use gpu_core::{Arg, Candidate, Caps, Layout, Order};

/// What `axes`, one for each axis of x, take of x.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slice {
    /// One for each axis.
    pub axes: Vec<SliceAxis>,
}

/// Gradient of [`Slice`] by x. Input: dy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SliceDx {
    /// The slice.
    pub slice: Slice,
    /// Type of x.
    pub x: Type,
}

impl Slice {
    /// `start..start + len` of one axis of x, all of the others (PyTorch's `narrow`).
    pub fn narrow(x: &[usize], axis: usize, start: usize, len: usize) -> Self {
        let mut axes: Vec<SliceAxis> = x.iter().map(|&dim| SliceAxis::all(dim)).collect();
        axes[axis] = SliceAxis { start, len, step: 1 };
        Slice { axes }
    }

    fn keeps_first(&self, x: &[usize]) -> bool {
        self.axes.first().is_some_and(|&axis| axis == SliceAxis::all(x[0]))
    }

    /// The move of what is taken, from `whole` into `part`.
    fn picked(&self, whole: &Operand, part: &Operand) -> StridedCopy {
        let ((_, from), (_, to)) = (lengths_and_strides(whole), lengths_and_strides(part));
        let axis = |(i, taken): (usize, &SliceAxis)| Axis {
            len: common_length(whole, part, i),
            x: taken.step as i64 * from[i] as i64,
            y: to[i] as i64,
        };
        let start: usize = self.axes.iter().zip(&from).map(|(taken, stride)| taken.start * stride).sum();
        StridedCopy { axes: self.axes.iter().enumerate().map(axis).collect(), x_start: start as i64, y_start: 0 }
    }
}

impl Operation for Slice {
    fn name(&self) -> &'static str {
        "slice"
    }

    fn outputs(&self, inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        let shape = &inputs[0].shape;
        words(inputs[0])?;
        if self.axes.len() != shape.len() {
            misfit!("needs one range for each axis of {shape}, got {}", self.axes.len());
        }
        for (axis, (taken, &dim)) in self.axes.iter().zip(shape.iter()).enumerate() {
            let last = taken.start as i64 + (taken.len as i64 - 1) * taken.step as i64;
            if taken.step == 0 || taken.len == 0 || taken.start >= dim || !(0..dim as i64).contains(&last) {
                misfit!("{taken:?} takes nothing or leaves axis {axis} of {shape}");
            }
        }
        let taken: Vec<usize> = self.axes.iter().map(|axis| axis.len).collect();
        Ok(vec![Type { shape: taken.into(), dtype: inputs[0].dtype }])
    }

    fn backward(&self, at: &mut Backward<'_>) -> Result<(), Error> {
        let dy = at.dy()?;
        let x = at.graph().ty(at.input(0)).clone();
        let dx = at.push(SliceDx { slice: self.clone(), x }, &[dy])?;
        at.give(0, dx);
        Ok(())
    }

    fn layouts(&self, at: &Negotiation<'_>) -> Layouts {
        let layout = follow(at, 0);
        let output = if self.keeps_first(&at.inputs[0].shape) { layout } else { Layout::PLAIN };
        Layouts { inputs: vec![layout], outputs: vec![output] }
    }

    fn lower(&self, io: &Io, _caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        let launch = self.picked(&io.inputs[0], &io.outputs[0]).launch(Arg::Input(0), Arg::Output(0));
        Ok(launches("strided_copy", vec![launch.ok_or_else(|| too_many_axes(io.x(0)))?]))
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        vec![cpu_reference::slice(inputs[0], &self.axes)]
    }

    fn flops(&self, _inputs: &[&Type], _outputs: &[&Type]) -> u64 {
        0
    }

    fn describe(&self) -> String {
        let range = |taken: &SliceAxis| match taken.step {
            1 => format!("{}..{}", taken.start, taken.start + taken.len),
            step => format!("{} of {step} from {}", taken.len, taken.start),
        };
        self.axes.iter().map(range).collect::<Vec<_>>().join(", ")
    }
}

impl Operation for SliceDx {
    fn name(&self) -> &'static str {
        "slice_dx"
    }

    fn outputs(&self, _inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        Ok(vec![self.x.clone()])
    }

    fn layouts(&self, at: &Negotiation<'_>) -> Layouts {
        let layout = if self.slice.keeps_first(&self.x.shape) { follow(at, 0) } else { Layout::PLAIN };
        Layouts { inputs: vec![layout], outputs: vec![layout] }
    }

    fn lower(&self, io: &Io, _caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        let (dy, dx) = (&io.inputs[0], &io.outputs[0]);
        // Every element is written either way; a step leaves gaps, which are filled first.
        let steps = self.slice.axes.iter().all(|axis| axis.step == 1);
        let padded = if steps { self.zeros_around(dy, dx).launch(Arg::Input(0), Arg::Output(0)) } else { None };
        if let Some(launch) = padded {
            return Ok(vec![Candidate::one(launch)]);
        }
        let StridedCopy { axes, x_start, y_start } = self.slice.picked(dx, dy);
        let axes = axes.into_iter().map(|Axis { len, x, y }| Axis { len, x: y, y: x }).collect();
        let put = StridedCopy { axes, x_start: y_start, y_start: x_start }.launch(Arg::Input(0), Arg::Output(0));
        let put = put.ok_or_else(|| too_many_axes(&self.x.shape))?;
        Ok(launches("strided_copy", vec![fill(dx.elements(), 0, Arg::Output(0)), put]))
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        vec![cpu_reference::slice_dx(inputs[0], &self.x.shape, &self.slice.axes)]
    }

    fn flops(&self, _inputs: &[&Type], _outputs: &[&Type]) -> u64 {
        0
    }

    fn describe(&self) -> String {
        self.slice.describe()
    }
}

impl SliceDx {
    fn zeros_around(&self, dy: &Operand, dx: &Operand) -> PadConstant {
        let rank = self.x.shape.len();
        let mut axes = vec![pad::Axis { len: 0, before: 0, after: 0 }; rank];
        for (i, taken) in self.slice.axes.iter().enumerate() {
            let after = self.x.shape[i] - taken.start - taken.len;
            let len = if dx.layout.order == Order::FirstInner { common_length(dy, dy, i) } else { taken.len };
            axes[buffer_axis(dx.layout.order, i, rank)] =
                pad::Axis { len, before: taken.start as i64, after: after as i64 };
        }
        PadConstant { axes, value: 0 }
    }
}
