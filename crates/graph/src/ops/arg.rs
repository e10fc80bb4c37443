//! Where the largest and smallest elements are: argmax, argmin, top-k. For inference: places have no gradient.

use crate::{DType, Io, Layouts, Misfit, Negotiation, Operand, Operation, Type, Wide, misfit};
use gpu_core::kernels::arg as kernel;
use gpu_core::{Candidate, Caps, Layout, Order};

/// Place of the largest or smallest element along an axis, i32. NaN wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArgBest {
    /// argmax; else argmin.
    pub largest: bool,
    /// The axis, which vanishes.
    pub axis: usize,
    /// It stays, with length 1.
    pub keepdims: bool,
    /// Among equals the last place; else the first.
    pub select_last_index: bool,
}

/// The k largest (or smallest) elements along an axis, best first, and their places. NaN counts as the largest
/// number; among equals the lower place comes first. Outputs: elements f32, places i32.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TopK {
    /// How many.
    pub k: usize,
    /// The axis; it gets length k.
    pub axis: usize,
    /// The largest ones; else the smallest.
    pub largest: bool,
}

impl ArgBest {
    /// Place of the largest element along `axis`, the first among equals.
    pub fn max(axis: usize) -> Self {
        ArgBest { largest: true, axis, keepdims: false, select_last_index: false }
    }

    /// Place of the smallest element along `axis`, the first among equals.
    pub fn min(axis: usize) -> Self {
        ArgBest { largest: false, ..Self::max(axis) }
    }
}

fn check(x: &Type, axis: usize) -> Result<(), Misfit> {
    if x.dtype != DType::F32 {
        misfit!("needs f32, got {x}: cast it first");
    }
    match x.shape.get(axis) {
        None => misfit!("x {} has no axis {axis}", x.shape),
        Some(0) => misfit!("axis {axis} of x {} is empty: nothing is best", x.shape),
        Some(_) => Ok(()),
    }
}

/// As x lies, unless the walk would go along the padded axis.
fn layouts(at: &Negotiation<'_>, axis: usize) -> Layouts {
    let order = at.current[0].map_or(at.prefer, |l| l.order);
    let layout = if axis == 0 || order == Order::Plain { Layout::PLAIN } else { Layout::FIRST_INNER };
    Layouts { inputs: vec![layout], outputs: vec![layout; at.outputs.len()] }
}

fn problem(x: &Operand, axis: usize, k: usize, largest: bool) -> kernel::Best {
    let shape = &x.ty.shape;
    let (before, after) = (shape[..axis].iter().product::<usize>(), shape[axis + 1..].iter().product::<usize>());
    let (outer, inner, padded) = match x.layout.order {
        Order::Plain => (before, after, None),
        Order::FirstInner => {
            let length = shape[0].next_multiple_of(4);
            (before / shape[0].max(1), after * length, Some((shape[0], length)))
        }
    };
    let len = shape[axis];
    kernel::Best { outer, len, inner, k, smallest: !largest, nan_last: false, select_last: false, padded }
}

impl Operation for ArgBest {
    fn name(&self) -> &'static str {
        if self.largest { "argmax" } else { "argmin" }
    }

    fn outputs(&self, inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        check(inputs[0], self.axis)?;
        let mut shape = inputs[0].shape.to_vec();
        if self.keepdims {
            shape[self.axis] = 1;
        } else {
            shape.remove(self.axis);
        }
        Ok(vec![Type::i32(shape)])
    }

    fn layouts(&self, at: &Negotiation<'_>) -> Layouts {
        layouts(at, self.axis)
    }

    fn lower(&self, io: &Io, _caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        let problem = problem(&io.inputs[0], self.axis, 1, self.largest);
        Ok(kernel::Best { select_last: self.select_last_index, ..problem }.places())
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        let arg = if self.largest { cpu_reference::argmax } else { cpu_reference::argmin };
        vec![arg(inputs[0], self.axis, self.keepdims, self.select_last_index)]
    }

    fn describe(&self) -> String {
        format!("axis {}", self.axis)
    }
}

impl Operation for TopK {
    fn name(&self) -> &'static str {
        "top_k"
    }

    fn outputs(&self, inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        check(inputs[0], self.axis)?;
        let mut shape = inputs[0].shape.to_vec();
        if !(1..=shape[self.axis]).contains(&self.k) {
            misfit!("k {} must be between 1 and {}, the length of axis {} of x", self.k, shape[self.axis], self.axis);
        }
        shape[self.axis] = self.k;
        Ok(vec![Type::f32(shape.clone()), Type::i32(shape)])
    }

    fn layouts(&self, at: &Negotiation<'_>) -> Layouts {
        layouts(at, self.axis)
    }

    fn lower(&self, io: &Io, _caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        let problem = problem(&io.inputs[0], self.axis, self.k, self.largest);
        Ok(kernel::Best { nan_last: !self.largest, ..problem }.elements_and_places())
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        let (elements, places) = cpu_reference::top_k(inputs[0], self.k, self.axis, self.largest);
        vec![elements, places]
    }

    fn describe(&self) -> String {
        format!("{} {} of axis {}", self.k, if self.largest { "largest" } else { "smallest" }, self.axis)
    }
}
