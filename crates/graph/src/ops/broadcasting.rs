//! What ops under numpy's broadcasting share: their shape, layouts, strides, and the way back in a gradient.

use super::physical::{axes_of, strides};
use super::{Reduce, Reshape};
use crate::{Backward, Error, Io, Layouts, Misfit, Negotiation, Shape, Type, Value, misfit};
use gpu_core::{Layout, Order};

/// The shape to which all inputs stretch.
pub(super) fn common_shape(inputs: &[&Type]) -> Result<Shape, Misfit> {
    let mut shape = Vec::new();
    for input in inputs {
        match cpu_reference::broadcast_shape(&shape, &input.shape) {
            Some(common) => shape = common,
            None => misfit!("{} does not broadcast to {shape:?}: axes must be equal or 1", input.shape),
        }
    }
    if shape.len() > 6 {
        misfit!("at most 6 axes, got {shape:?}");
    }
    Ok(Shape::from(shape))
}

/// Batch-innermost where an operand with the batch axis lies so; one that stretches along it stays plain.
pub(super) fn layouts(at: &Negotiation<'_>) -> Layouts {
    let y = &at.outputs[0].shape;
    let laid: Vec<Order> = at.current.iter().flatten().map(|l| l.order).collect();
    let inner = laid.contains(&Order::FirstInner) || laid.is_empty() && at.prefer == Order::FirstInner;
    let stretches = |t: &&Type| t.shape.len() < y.len() || t.shape.first() != y.first() || t.shape.first() == Some(&1);
    let of = |t: &&Type| if !inner || stretches(t) { Layout::PLAIN } else { Layout::FIRST_INNER };
    let inputs: Vec<Layout> = at.inputs.iter().map(of).collect();
    let any = !y.is_empty() && inputs.contains(&Layout::FIRST_INNER);
    let output = if any { Layout::FIRST_INNER } else { Layout::PLAIN };
    Layouts { inputs: if any { inputs } else { vec![Layout::PLAIN; at.inputs.len()] }, outputs: vec![output] }
}

/// Lengths of y's axes in buffer order, each input's strides along them, and how much of a padded innermost one
/// holds values.
pub(super) fn walk(io: &Io) -> (Vec<usize>, Vec<Vec<usize>>, Option<usize>) {
    let (y, order) = (io.y(0), io.outputs[0].layout.order);
    let (axes, valid) = axes_of(y, order, |_| false);
    let along = io.inputs.iter().map(|x| strides(&x.ty.shape, x.layout.order, y.len(), order));
    (axes.iter().map(|axis| axis.len).collect(), along.collect(), valid)
}

/// Gives the i-th input its gradient: `dy` summed over the axes along which that input stretched.
pub(super) fn give_reduced(at: &mut Backward<'_>, i: usize, dy: Value) -> Result<(), Error> {
    let (shape, wide) = (at.graph().ty(at.input(i)).shape.clone(), at.graph().ty(dy).shape.clone());
    let missing = wide.len() - shape.len();
    let stretched = |&axis: &usize| axis < missing || shape[axis - missing] < wide[axis];
    let axes: Vec<usize> = (0..wide.len()).filter(stretched).collect();
    let mut dx = dy;
    if !axes.is_empty() {
        dx = at.push(Reduce::sum(&axes), &[dx])?;
    }
    if at.graph().ty(dx).shape != shape {
        dx = at.push(Reshape { shape }, &[dx])?;
    }
    at.give(i, dx);
    Ok(())
}
