//! How an operand's axes lie in its buffer, and which layout an op that keeps the first axis should ask for.
//!
//! Shared by the ops that move elements (`transpose`, `slice`, `concat`, …) and by the norms.

use crate::operation::{Negotiation, Operand};
use crate::{DType, Layouts, Misfit, Type, misfit};
use gpu_core::kernels::resample::{Axis, Resample};
use gpu_core::kernels::strided_copy::StridedCopy;
use gpu_core::{Arg, Candidate, Launch, Layout, Order};

/// Lengths and distances of an operand's axes in its buffer, in the order of its shape. The first axis is as long as
/// its padding makes it.
pub(crate) fn lengths_and_strides(operand: &Operand) -> (Vec<usize>, Vec<usize>) {
    let mut lengths = operand.ty.shape.to_vec();
    let mut strides = vec![1; lengths.len()];
    let inner = operand.layout.order == Order::FirstInner && !lengths.is_empty();
    let mut stride = 1;
    if inner {
        lengths[0] = lengths[0].next_multiple_of(4);
        stride = lengths[0];
    }
    for axis in (usize::from(inner)..lengths.len()).rev() {
        strides[axis] = stride;
        stride *= lengths[axis];
    }
    (lengths, strides)
}

/// The layout in which input `i` lies, whole; what the program prefers where nobody has laid it out.
pub(crate) fn follow(at: &Negotiation<'_>, i: usize) -> Layout {
    let order = at.current[i].map_or(at.prefer, |layout| layout.order);
    if at.inputs[i].shape.is_empty() { Layout::PLAIN } else { Layout { order, parts: 1 } }
}

/// `layout` for the first `inputs` inputs and the first `outputs` outputs, plain for the others: parameters, indices,
/// statistics.
pub(crate) fn lead(at: &Negotiation<'_>, layout: Layout, inputs: usize, outputs: usize) -> Layouts {
    let pick = |i: usize, count: usize| if i < count { layout } else { Layout::PLAIN };
    Layouts {
        inputs: (0..at.inputs.len()).map(|i| pick(i, inputs)).collect(),
        outputs: (0..at.outputs.len()).map(|i| pick(i, outputs)).collect(),
    }
}

/// Elements must be words of 32 bits to be moved one by one.
pub(crate) fn words(ty: &Type) -> Result<(), Misfit> {
    if ty.dtype == DType::U8 {
        misfit!("moves f32, i32 and bool, got {ty}: cast it first");
    }
    Ok(())
}

/// The op computes with floats.
pub(crate) fn floats(inputs: &[&Type]) -> Result<(), Misfit> {
    match inputs.iter().find(|ty| ty.dtype != DType::F32) {
        Some(ty) => Err(Misfit(format!("needs f32, got {ty}"))),
        None => Ok(()),
    }
}

/// Which axis of the buffer, outermost first, a logical axis is.
pub(crate) fn buffer_axis(order: Order, axis: usize, rank: usize) -> usize {
    match order {
        Order::Plain => axis,
        Order::FirstInner => (axis + rank - 1) % rank,
    }
}

/// Lengths of an operand's axes as they lie in its buffer, outermost first, padding included.
pub(crate) fn buffer_shape(operand: &Operand) -> Vec<usize> {
    let (mut lengths, _) = lengths_and_strides(operand);
    if operand.layout.order == Order::FirstInner {
        lengths.rotate_left(1);
    }
    lengths
}

/// [`Resample`] of an operand along logical axes; nothing to do is a copy.
pub(crate) fn resampled(x: &Operand, mut axes: Vec<Axis>, empty: f32) -> Vec<Candidate> {
    let (order, shape) = (x.layout.order, buffer_shape(x));
    axes.iter_mut().for_each(|along| along.axis = buffer_axis(order, along.axis, shape.len()));
    if axes.is_empty() {
        let box_of_all = StridedCopy::alike(shape.iter().product());
        return vec![Candidate::one(box_of_all.launch(Arg::Input(0), Arg::Output(0)).expect("one axis"))];
    }
    Resample { shape, axes, empty }.candidates()
}

/// A candidate of several launches without scratch.
pub(crate) fn launches(name: &str, launches: Vec<Launch>) -> Vec<Candidate> {
    vec![Candidate { name: name.into(), launches, scratch: Vec::new(), tables: Vec::new() }]
}

/// The error of a move with more axes than its kernel can take.
pub(crate) fn too_many_axes(shape: &[usize]) -> Misfit {
    Misfit(format!("{shape:?} has too many axes that are moved apart; reshape neighbouring axes into one"))
}

/// Length of an axis that both sides have: with its padding where both have that.
pub(crate) fn common_length(x: &Operand, y: &Operand, axis: usize) -> usize {
    let n = y.ty.shape[axis];
    let padded = axis == 0 && x.layout.order == Order::FirstInner && y.layout.order == Order::FirstInner;
    if padded { n.next_multiple_of(4) } else { n }
}
