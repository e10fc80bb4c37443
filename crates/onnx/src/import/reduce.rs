//! Reductions.

use super::site::{Edge, Made, Site};
use crate::{DataType, Error};
use graph::ReduceFunction as Function;
use graph::ops::Reduce;

pub(super) fn reduce(at: &mut Site<'_, '_>, function: Function) -> Made {
    at.node.only(&["axes", "keepdims", "noop_with_empty_axes"])?;
    let x = at.x(0)?;
    let axes = at.ints("axes", 1)?.unwrap_or_default();
    if axes.is_empty() && at.node.flag("noop_with_empty_axes", false)? {
        return Ok(vec![x]);
    }
    let shape = at.shape(&x);
    let axes = at.axes(&axes, shape.len())?;
    let keepdims = at.node.flag("keepdims", true)?;
    if shape.is_empty() {
        return Err(at.unsupported("a scalar has no axis to reduce"));
    }
    let x = small_to_float(at, x)?;
    let like = at.x(0)?.dtype();
    let y = at.push(Reduce { function, axes, keepdims }, &[x])?;
    Ok(vec![at.cast(y, like)?])
}

/// Truth values and small integers as floats, in which reductions are exact or as wide as ONNX asks.
fn small_to_float(at: &mut Site<'_, '_>, x: Edge) -> Result<Edge, Error> {
    match (&x, x.dtype()) {
        (Edge::Value(..), DataType::Bool | DataType::I8 | DataType::U8) => at.cast(x, DataType::F32),
        _ => Ok(x),
    }
}
