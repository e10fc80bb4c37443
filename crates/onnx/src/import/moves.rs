//! What moves elements: joining, cutting, permuting, padding, repeating.

use super::convert::is_float;
use super::site::{Edge, Made, Site};
use crate::{Data, Tensor};
use graph::ops::{Concat, Expand, Gather, Pad, Slice, Split, Tile, Transpose};
use graph::{PadMode, SliceAxis};

pub(super) fn concat(at: &mut Site<'_, '_>) -> Made {
    at.node.only(&["axis"])?;
    let axis = match at.node.get_int("axis")? {
        Some(axis) => axis,
        None => return Err(at.node.missing("axis")),
    };
    let all: Vec<Edge> = (0..at.node.inputs.len()).map(|k| at.x(k)).collect::<Result<_, _>>()?;
    let axis = at.axis(axis, all.first().map_or(0, |x| at.shape(x).len()))?;
    // What is empty adds nothing, and could not lie on a device.
    let mut parts: Vec<Edge> = all.iter().filter(|x| !at.shape(x).contains(&0)).cloned().collect();
    match parts.len() {
        0 => Ok(vec![all[0].clone()]),
        1 => Ok(vec![parts.swap_remove(0)]),
        _ => Ok(vec![at.push(Concat { axis }, &parts)?]),
    }
}

pub(super) fn gather(at: &mut Site<'_, '_>) -> Made {
    at.node.only(&["axis"])?;
    let (x, indices) = (at.weight(0)?, at.x(1)?);
    let shape = at.shape(&x);
    let axis = at.axis(at.node.int("axis", 0)?, shape.len())?;
    if let Edge::Constant(known) = &indices {
        let length = shape[axis] as i64;
        let outside = |list: Vec<i64>| list.into_iter().find(|index| !(-length..length).contains(index));
        if let Some(index) = known.to_i64().and_then(outside) {
            return Err(at.malformed(format!("index {index} is outside of axis {axis} of {shape:?}")));
        }
    }
    Ok(vec![at.push(Gather::new(axis), &[x, indices])?])
}

pub(super) fn transpose(at: &mut Site<'_, '_>) -> Made {
    at.node.only(&["perm"])?;
    let x = at.x(0)?;
    let rank = at.shape(&x).len();
    let perm = match at.node.ints("perm")? {
        Some(perm) => at.axes(perm, rank)?,
        None => (0..rank).rev().collect(),
    };
    Ok(vec![at.push(Transpose { perm }, &[x])?])
}

pub(super) fn slice(at: &mut Site<'_, '_>) -> Made {
    at.node.only(if at.opset < 10 { &["axes", "ends", "starts"] } else { &[] })?;
    let x = at.x(0)?;
    let shape = at.shape(&x);
    let need = |list: Option<Vec<i64>>, name: &str| list.ok_or_else(|| at.malformed(format!("{name} are missing")));
    let (starts, ends) = (need(at.ints("starts", 1)?, "starts")?, need(at.ints("ends", 2)?, "ends")?);
    let axes = at.ints("axes", 3)?.unwrap_or_else(|| (0..starts.len() as i64).collect());
    let steps = at.known_ints(4)?.unwrap_or_else(|| vec![1; starts.len()]);
    if [ends.len(), axes.len(), steps.len()] != [starts.len(); 3] || steps.contains(&0) {
        return Err(at.malformed(format!(
            "starts {starts:?}, ends {ends:?}, axes {axes:?} and steps {steps:?} must be equally many, no step 0"
        )));
    }
    let mut ranges: Vec<SliceAxis> = shape.iter().map(|&length| SliceAxis::all(length)).collect();
    for (k, axis) in at.axes(&axes, shape.len())?.into_iter().enumerate() {
        ranges[axis] = SliceAxis::new(starts[k], ends[k], steps[k], shape[axis]);
        if ranges[axis].len == 0 {
            return Err(at.unsupported(format!("axis {axis} of {shape:?} is cut to nothing: tensors need elements")));
        }
    }
    Ok(vec![at.push(Slice { axes: ranges }, &[x])?])
}

pub(super) fn split(at: &mut Site<'_, '_>) -> Made {
    at.node.only(&["axis", "num_outputs", "split"])?;
    let x = at.x(0)?;
    let shape = at.shape(&x);
    let axis = at.axis(at.node.int("axis", 0)?, shape.len())?;
    let sizes = match at.ints("split", 1)? {
        Some(sizes) => at.dims(&sizes)?,
        None => {
            let parts = at.node.int("num_outputs", at.node.outputs.len() as i64)?;
            if parts != at.node.outputs.len() as i64 || parts == 0 {
                return Err(at.malformed(format!("num_outputs is {parts}, there are {}", at.node.outputs.len())));
            }
            // Since opset 18 the last part may be smaller.
            let size = shape[axis].div_ceil(parts as usize);
            (0..parts as usize).map(|k| size.min(shape[axis].saturating_sub(k * size))).collect()
        }
    };
    if sizes.iter().sum::<usize>() != shape[axis] || sizes.len() != at.node.outputs.len() {
        return Err(at.malformed(format!("parts of {sizes:?} are not axis {axis} of {shape:?}")));
    }
    if sizes.contains(&0) {
        return Err(at.unsupported(format!("parts of {sizes:?}: tensors need elements")));
    }
    match sizes.len() {
        1 => Ok(vec![x]),
        _ => at.push_all(Split { sizes, axis }, &[x]),
    }
}

pub(super) fn pad(at: &mut Site<'_, '_>) -> Made {
    at.node.only(if at.opset < 11 { &["mode", "pads", "value"] } else { &["mode"] })?;
    let x = at.x(0)?;
    let rank = at.shape(&x).len();
    let pads = at.ints("pads", 1)?.ok_or_else(|| at.malformed("pads are missing"))?;
    let axes = match at.known_ints(3)? {
        Some(axes) => at.axes(&axes, rank)?,
        None => (0..rank).collect(),
    };
    let value = at.known_floats(2)?.and_then(|v| v.first().copied());
    let value = value.unwrap_or(at.node.float("value", 0.0)?);
    let mode = match at.node.string("mode", "constant")? {
        "constant" => PadMode::Constant(value.into()),
        "reflect" => PadMode::Reflect,
        "edge" => PadMode::Edge,
        "wrap" => PadMode::Wrap,
        other => return Err(at.malformed(format!("mode must be constant, reflect, edge or wrap, got {other}"))),
    };
    let narrow = pads.iter().map(|&p| i32::try_from(p).ok().map(|p| p as isize)).collect::<Option<Vec<isize>>>();
    let Some(pads) = narrow.filter(|pads| pads.len() == 2 * axes.len()) else {
        return Err(at.malformed(format!("pads {pads:?} must be begin and end of {} axes", axes.len())));
    };
    let mut all = vec![[0, 0]; rank];
    for (k, &axis) in axes.iter().enumerate() {
        all[axis] = [pads[k], pads[k + axes.len()]];
    }
    let floats = is_float(x.dtype()) || matches!((&x, mode), (Edge::Constant(_), _) | (_, PadMode::Constant(_)));
    if floats {
        return Ok(vec![at.push(Pad { pads: all, mode }, &[x])?]);
    }
    // The kernels of these modes are for floats; what a padded list of places names can be gathered of any type.
    let mut y = x;
    for (axis, pads) in all.into_iter().enumerate().filter(|(_, pads)| *pads != [0, 0]) {
        let length = at.shape(&y)[axis];
        let places = Edge::constant(Tensor::new(vec![length], Data::I64((0..length as i64).collect()))?);
        let places = at.push(Pad { pads: vec![pads], mode }, &[places])?;
        y = at.push(Gather::new(axis), &[y, places])?;
    }
    Ok(vec![y])
}

/// To the shape that x and the given one broadcast to.
pub(super) fn expand(at: &mut Site<'_, '_>) -> Made {
    at.node.only(&[])?;
    let x = at.x(0)?;
    let shape = at.shape(&x);
    let wanted = at.known_ints(1)?.ok_or_else(|| at.malformed("the shape is missing"))?;
    let wanted = at.dims(&wanted)?;
    let both = broadcast(&shape, &wanted);
    let both = both.ok_or_else(|| at.malformed(format!("{shape:?} and {wanted:?} do not broadcast")))?;
    let lengths: Vec<i64> = both.iter().map(|&length| length as i64).collect();
    let both = at.dims(&lengths)?;
    if both == shape {
        return Ok(vec![x]);
    }
    Ok(vec![at.push(Expand { shape: both.into() }, &[x])?])
}

fn broadcast(a: &[usize], b: &[usize]) -> Option<Vec<usize>> {
    let rank = a.len().max(b.len());
    let length = |of: &[usize], axis: usize| (axis + of.len()).checked_sub(rank).map_or(1, |axis| of[axis]);
    (0..rank)
        .map(|axis| match (length(a, axis), length(b, axis)) {
            (1, b) => Some(b),
            (a, 1) => Some(a),
            (a, b) => (a == b).then_some(a),
        })
        .collect()
}

pub(super) fn tile(at: &mut Site<'_, '_>) -> Made {
    at.node.only(&[])?;
    let x = at.x(0)?;
    let shape = at.shape(&x);
    let repeats = at.known_ints(1)?.ok_or_else(|| at.malformed("the repeats are missing"))?;
    if repeats.len() != shape.len() {
        return Err(at.malformed(format!("repeats {repeats:?} must be one for each axis of {shape:?}")));
    }
    let tiled: Vec<i64> = repeats.iter().zip(&shape).map(|(times, &len)| times.saturating_mul(len as i64)).collect();
    at.dims(&tiled)?;
    let repeats = at.dims(&repeats)?;
    Ok(vec![at.push(Tile { repeats }, &[x])?])
}
