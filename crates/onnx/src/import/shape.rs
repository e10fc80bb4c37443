//! What changes shapes and moves nothing, what asks for shapes, and what makes constants.

use super::site::{Edge, Made, Site};
use crate::{Attribute, Data, Error, Tensor};
use graph::ShuffleOrder;
use graph::ops::{DepthToSpace, Reshape, SpaceToDepth};

/// Elements of the largest constant that an operator may make: a gigabyte of floats.
const LARGEST: usize = 1 << 28;

impl Site<'_, '_> {
    /// `x` under another shape.
    pub(super) fn reshape(&mut self, x: Edge, shape: Vec<usize>) -> Result<Edge, Error> {
        if self.shape(&x) == shape { Ok(x) } else { self.push(Reshape { shape: shape.into() }, &[x]) }
    }

    /// `[c]` as `[c, 1, …]`, so that it broadcasts along the channels of a value of `rank` axes.
    pub(super) fn channels(&mut self, v: Edge, rank: usize) -> Result<Edge, Error> {
        let mut shape = self.shape(&v);
        shape.resize(rank - 1, 1);
        self.reshape(v, shape)
    }

    /// Lengths that a model gives, none negative and not too many elements in all.
    pub(super) fn dims(&self, dims: &[i64]) -> Result<Vec<usize>, Error> {
        let lengths: Option<Vec<usize>> = dims.iter().map(|&d| usize::try_from(d).ok()).collect();
        let count = |dims: &[usize]| dims.iter().try_fold(1usize, |n, &d| n.checked_mul(d)).filter(|&n| n <= LARGEST);
        match lengths {
            Some(lengths) if count(&lengths).is_some() => Ok(lengths),
            Some(_) => Err(self.unsupported(format!("shape {dims:?} has more than {LARGEST} elements"))),
            None => Err(self.malformed(format!("shape {dims:?} has a negative length"))),
        }
    }
}

pub(super) fn identity(at: &mut Site<'_, '_>) -> Made {
    at.node.only(&[])?;
    Ok(vec![at.x(0)?])
}

pub(super) fn reshape(at: &mut Site<'_, '_>) -> Made {
    at.node.only(&["allowzero"])?;
    let x = at.x(0)?;
    let from = at.shape(&x);
    let wanted = at.known_ints(1)?.ok_or_else(|| at.malformed("the shape is missing"))?;
    let copies = !at.node.flag("allowzero", false)?;
    let mut shape = wanted.clone();
    for (axis, length) in shape.iter_mut().enumerate().filter(|(_, length)| **length == 0 && copies) {
        let same = from
            .get(axis)
            .ok_or_else(|| at.malformed(format!("{wanted:?} copies axis {axis}, which {from:?} lacks")))?;
        *length = *same as i64;
    }
    if let Some(open) = shape.iter().position(|&length| length == -1) {
        let rest = shape.iter().enumerate().filter(|(axis, _)| *axis != open);
        let rest: i64 = rest.fold(1, |n: i64, (_, &length)| n.saturating_mul(length));
        let count = from.iter().product::<usize>() as i64;
        if rest <= 0 || count % rest != 0 {
            return Err(at.malformed(format!("{from:?} does not go into {wanted:?}")));
        }
        shape[open] = count / rest;
    }
    let shape = at.dims(&shape)?;
    Ok(vec![at.reshape(x, shape)?])
}

pub(super) fn flatten(at: &mut Site<'_, '_>) -> Made {
    at.node.only(&["axis"])?;
    let x = at.x(0)?;
    let shape = at.shape(&x);
    let axis = at.node.int("axis", 1)?;
    // All axes may stand in front, so there is one place more than there are axes.
    let axis = if axis < 0 { axis + shape.len() as i64 } else { axis };
    let axis = at.axis(axis, shape.len() + 1)?;
    let (rows, row) = shape.split_at(axis);
    Ok(vec![at.reshape(x, vec![rows.iter().product(), row.iter().product()])?])
}

pub(super) fn squeeze(at: &mut Site<'_, '_>) -> Made {
    at.node.only(&["axes"])?;
    let x = at.x(0)?;
    let shape = at.shape(&x);
    let axes = match at.ints("axes", 1)? {
        Some(axes) => at.axes(&axes, shape.len())?,
        None => (0..shape.len()).filter(|&axis| shape[axis] == 1).collect(),
    };
    if let Some(axis) = axes.iter().find(|&&axis| shape[axis] != 1) {
        return Err(at.malformed(format!("axis {axis} of {shape:?} is not of length 1")));
    }
    let left = shape.iter().enumerate().filter(|(axis, _)| !axes.contains(axis)).map(|(_, &length)| length).collect();
    Ok(vec![at.reshape(x, left)?])
}

pub(super) fn unsqueeze(at: &mut Site<'_, '_>) -> Made {
    at.node.only(&["axes"])?;
    let x = at.x(0)?;
    let shape = at.shape(&x);
    let axes = at.ints("axes", 1)?.ok_or_else(|| at.malformed("the axes are missing"))?;
    let rank = shape.len() + axes.len();
    let axes = at.axes(&axes, rank)?;
    let mut old = shape.into_iter();
    let new = (0..rank).map(|axis| if axes.contains(&axis) { 1 } else { old.next().unwrap_or(1) }).collect();
    Ok(vec![at.reshape(x, new)?])
}

fn ints(list: Vec<i64>) -> Made {
    Ok(vec![Edge::constant(Tensor::new(vec![list.len()], Data::I64(list))?)])
}

pub(super) fn shape(at: &mut Site<'_, '_>) -> Made {
    at.node.only(&["end", "start"])?;
    let shape = at.shape(&at.x(0)?);
    let rank = shape.len() as i64;
    let place = |at: i64| (if at < 0 { at.saturating_add(rank) } else { at }).clamp(0, rank) as usize;
    let (start, end) = (place(at.node.int("start", 0)?), place(at.node.int("end", rank)?));
    ints(shape[start..end.max(start)].iter().map(|&length| length as i64).collect())
}

pub(super) fn size(at: &mut Site<'_, '_>) -> Made {
    at.node.only(&[])?;
    let count: usize = at.shape(&at.x(0)?).iter().product();
    Ok(vec![Edge::constant(Tensor::new(vec![], Data::I64(vec![count as i64]))?)])
}

pub(super) fn constant(at: &mut Site<'_, '_>) -> Made {
    at.node.only(&["value", "value_float", "value_floats", "value_int", "value_ints"])?;
    let tensor = match at.node.attributes.values().next() {
        Some(Attribute::Tensor(tensor)) => tensor.clone(),
        Some(Attribute::Float(value)) => Tensor::new(vec![], Data::F32(vec![*value]))?,
        Some(Attribute::Floats(list)) => Tensor::new(vec![list.len()], Data::F32(list.clone()))?,
        Some(Attribute::Int(value)) => Tensor::new(vec![], Data::I64(vec![*value]))?,
        Some(Attribute::Ints(list)) => Tensor::new(vec![list.len()], Data::I64(list.clone()))?,
        Some(other) => return Err(at.malformed(format!("a constant cannot be of type {}", other.kind()))),
        None => return Err(at.node.missing("value")),
    };
    Ok(vec![Edge::constant(tensor)])
}

pub(super) fn constant_of_shape(at: &mut Site<'_, '_>) -> Made {
    at.node.only(&["value"])?;
    let dims = at.known_ints(0)?.ok_or_else(|| at.malformed("the shape is missing"))?;
    let dims = at.dims(&dims)?;
    let places = vec![0; dims.iter().product()];
    let data = match at.node.tensor("value")? {
        None => Data::F32(vec![0.0; places.len()]),
        Some(value) if value.data().len() == 1 => value.data().pick(&places),
        Some(value) => return Err(at.malformed(format!("value must be one element, got {:?}", value.dims()))),
    };
    Ok(vec![Edge::constant(Tensor::new(dims, data)?)])
}

/// start, start + step, … below limit, all known now.
pub(super) fn range(at: &mut Site<'_, '_>) -> Made {
    at.node.only(&[])?;
    let one =
        |k: usize| at.known_ints(k)?.and_then(|v| v.first().copied()).ok_or_else(|| at.malformed("a bound is missing"));
    let [start, limit, step] = [one(0)?, one(1)?, one(2)?];
    if step == 0 {
        return Err(at.malformed("the step is 0"));
    }
    let span = (i128::from(limit) - i128::from(start)) * i128::from(step.signum());
    let count = usize::try_from((span.max(0) as u128).div_ceil(step.unsigned_abs().into())).unwrap_or(usize::MAX);
    if count > LARGEST {
        return Err(at.unsupported(format!("{count} elements are more than {LARGEST}")));
    }
    ints((0..count as i64).map(|i| start + i * step).collect())
}

/// Blocks of channels to squares of the image.
pub(super) fn depth_to_space(at: &mut Site<'_, '_>) -> Made {
    let (x, block, order) = blocks(at)?;
    Ok(vec![at.push(DepthToSpace { block, order }, &[x])?])
}

/// The reverse of [`depth_to_space`].
pub(super) fn space_to_depth(at: &mut Site<'_, '_>) -> Made {
    let (x, block, order) = blocks(at)?;
    Ok(vec![at.push(SpaceToDepth { block, order }, &[x])?])
}

fn blocks(at: &Site<'_, '_>) -> Result<(Edge, usize, ShuffleOrder), Error> {
    at.node.only(&["blocksize", "mode"])?;
    let block = at.node.get_int("blocksize")?.ok_or_else(|| at.node.missing("blocksize"))?;
    let Some(block) = u16::try_from(block).ok().filter(|&block| block > 0) else {
        return Err(at.malformed(format!("blocksize {block} is out of range")));
    };
    let order = match at.node.string("mode", "DCR")? {
        "DCR" => ShuffleOrder::Dcr,
        "CRD" => ShuffleOrder::Crd,
        other => return Err(at.malformed(format!("mode must be DCR or CRD, got {other}"))),
    };
    Ok((at.x(0)?, block.into(), order))
}
