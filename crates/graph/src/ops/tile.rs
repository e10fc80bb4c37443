//! Repetition: `expand` along axes of length 1, `tile` of whole axes. Gradients add up what was repeated, in order.

use crate::ops::axes::{common_length, follow, launches, lengths_and_strides, resampled, too_many_axes, words};
use crate::ops::{Reduce, Reshape};
use crate::{Backward, Error, Io, Layouts, Misfit, Negotiation, Operation, Shape, Type, Wide, misfit};
use gpu_core::kernels::resample;
use gpu_core::kernels::strided_copy::{Axis, StridedCopy};
use gpu_core::{Arg, Candidate, Caps, Layout};

/// x stretched along axes of length 1 to exactly this shape; missing axes are added in front.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expand {
    /// Shape of y.
    pub shape: Shape,
}

/// x repeated so many times along each axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tile {
    /// One for each axis.
    pub repeats: Vec<usize>,
}

/// dx of [`Tile`]: the sum of dy over repetitions. Input: dy, with as many axes as dx.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TileDx {
    /// Type of dx; its lengths divide dy's.
    pub x: Type,
}

/// The layout where the first axis is not repeated; else y is made plain from x as it lies.
fn layouts(at: &Negotiation<'_>) -> Layouts {
    let layout = follow(at, 0);
    let (x, y) = (&at.inputs[0].shape, &at.outputs[0].shape);
    let output = if x.len() == y.len() && x.first() == y.first() { layout } else { Layout::PLAIN };
    Layouts { inputs: vec![layout], outputs: vec![output] }
}

/// `y[.., repetition, i, ..] = x[.., i, ..]` on every axis, x's axes aligned with y's last ones.
fn repeated(io: &Io) -> Result<Vec<Candidate>, Misfit> {
    let (x, y) = (&io.inputs[0], &io.outputs[0]);
    let ((_, from), (_, to)) = (lengths_and_strides(x), lengths_and_strides(y));
    let mut axes = Vec::new();
    for axis in 0..to.len() {
        let own = (axis + from.len()).checked_sub(to.len());
        let len = own.map_or(1, |own| x.ty.shape[own]);
        let whole = common_length(x, y, axis);
        let stride = own.map_or(0, |own| from[own]);
        // Repetition after repetition; one alone takes the padding along.
        let (len, times) = if len == y.ty.shape[axis] { (whole, 1) } else { (len, whole / len) };
        axes.push(Axis { len, x: stride as i64, y: to[axis] as i64 });
        axes.push(Axis { len: times, x: 0, y: (to[axis] * len) as i64 });
    }
    let launch = StridedCopy { axes, x_start: 0, y_start: 0 }.launch(Arg::Input(0), Arg::Output(0));
    Ok(launches("strided_copy", vec![launch.ok_or_else(|| too_many_axes(&y.ty.shape))?]))
}

impl Operation for Expand {
    fn name(&self) -> &'static str {
        "expand"
    }

    fn outputs(&self, inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        words(inputs[0])?;
        match cpu_reference::broadcast_shape(&inputs[0].shape, &self.shape) {
            Some(shape) if *shape == *self.shape => Ok(vec![Type { shape: shape.into(), dtype: inputs[0].dtype }]),
            _ => misfit!("{} does not stretch to {}: its axes must be equal or 1", inputs[0].shape, self.shape),
        }
    }

    fn backward(&self, at: &mut Backward<'_>) -> Result<(), Error> {
        let dy = at.dy()?;
        let shape = at.graph().ty(at.input(0)).shape.clone();
        let missing = self.shape.len() - shape.len();
        let stretched = |&axis: &usize| self.shape[axis] != 1 && (axis < missing || shape[axis - missing] == 1);
        let axes: Vec<usize> = (0..self.shape.len()).filter(stretched).collect();
        let dx = if axes.is_empty() { dy } else { at.push(Reduce::sum(&axes).keepdims(), &[dy])? };
        let dx = if missing > 0 { at.push(Reshape { shape }, &[dx])? } else { dx };
        at.give(0, dx);
        Ok(())
    }

    fn layouts(&self, at: &Negotiation<'_>) -> Layouts {
        layouts(at)
    }

    fn lower(&self, io: &Io, _caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        repeated(io)
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        vec![cpu_reference::expand(inputs[0], &self.shape)]
    }

    fn flops(&self, _inputs: &[&Type], _outputs: &[&Type]) -> u64 {
        0
    }
}

impl Operation for Tile {
    fn name(&self) -> &'static str {
        "tile"
    }

    fn outputs(&self, inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        let shape = &inputs[0].shape;
        words(inputs[0])?;
        if self.repeats.len() != shape.len() || self.repeats.contains(&0) {
            misfit!("needs a positive count for each axis of {shape}, got {:?}", self.repeats);
        }
        let tiled: Vec<usize> = shape.iter().zip(&self.repeats).map(|(len, times)| len * times).collect();
        Ok(vec![Type { shape: tiled.into(), dtype: inputs[0].dtype }])
    }

    fn backward(&self, at: &mut Backward<'_>) -> Result<(), Error> {
        let dy = at.dy()?;
        let x = at.graph().ty(at.input(0)).clone();
        let dx = at.push(TileDx { x }, &[dy])?;
        at.give(0, dx);
        Ok(())
    }

    fn layouts(&self, at: &Negotiation<'_>) -> Layouts {
        layouts(at)
    }

    fn lower(&self, io: &Io, _caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        repeated(io)
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        vec![cpu_reference::tile(inputs[0], &self.repeats)]
    }

    fn flops(&self, _inputs: &[&Type], _outputs: &[&Type]) -> u64 {
        0
    }

    fn describe(&self) -> String {
        format!("{:?}", self.repeats)
    }
}

impl Operation for TileDx {
    fn name(&self) -> &'static str {
        "tile_dx"
    }

    fn outputs(&self, _inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        Ok(vec![self.x.clone()])
    }

    fn layouts(&self, at: &Negotiation<'_>) -> Layouts {
        let keeps = at.inputs[0].shape.first() == self.x.shape.first();
        let layout = if keeps { follow(at, 0) } else { Layout::PLAIN };
        Layouts { inputs: vec![layout], outputs: vec![layout] }
    }

    fn lower(&self, io: &Io, _caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        let (dy, dx) = (io.x(0), io.y(0));
        let axes = (0..dx.len()).filter(|&axis| dx[axis] != dy[axis]).map(|axis| {
            let taps = (0..dx[axis]).map(|i| (i..dy[axis]).step_by(dx[axis]).map(|from| (from, 1.0)).collect());
            resample::Axis { axis, taps: taps.collect() }
        });
        Ok(resampled(&io.inputs[0], axes.collect(), 0.0))
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        let repeats: Vec<usize> = inputs[0].shape().iter().zip(self.x.shape.iter()).map(|(y, x)| y / x).collect();
        vec![cpu_reference::tile_dx(inputs[0], &self.x.shape, &repeats)]
    }
}
