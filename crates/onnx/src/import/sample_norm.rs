//! Norms of each sample by itself: layer, RMS, group, instance, local response.

use super::site::{Edge, Made, Site};
use crate::{Data, Error, Tensor};
use graph::ops::{Expand, LocalResponseNorm, RowNorm};

/// Also gives means and 1 / √(var + epsilon) where asked.
pub(super) fn layer(at: &mut Site<'_, '_>) -> Made {
    at.node.only(&["axis", "epsilon", "stash_type"])?;
    if at.node.int("stash_type", 1)? != 1 {
        return Err(at.unsupported("stash_type must be 1 (FLOAT)"));
    }
    let x = at.x(0)?;
    let shape = at.shape(&x);
    let axis = at.axis(at.node.int("axis", -1)?, shape.len())?;
    let scale = at.weight(1)?;
    let scale = stretched(at, scale, &shape[axis..])?;
    let bias = match at.maybe_weight(2)? {
        Some(bias) => stretched(at, bias, &shape[axis..])?,
        None => {
            let zeros = vec![0.0; shape[axis..].iter().product()];
            Edge::constant(Tensor::new(shape[axis..].to_vec(), Data::F32(zeros))?)
        }
    };
    let made = at.push_all(RowNorm::layer_norm(axis, at.node.float("epsilon", 1e-5)?), &[x, scale, bias])?;
    let mut outputs = vec![made[0].clone()];
    let asked = at.node.outputs.iter().skip(1).any(|name| !name.is_empty());
    let mut kept = shape;
    kept[axis..].fill(1);
    for statistic in made.into_iter().skip(1).filter(|_| asked) {
        outputs.push(at.reshape(statistic, kept.clone())?);
    }
    Ok(outputs)
}

pub(super) fn rms(at: &mut Site<'_, '_>) -> Made {
    at.node.only(&["axis", "epsilon", "stash_type"])?;
    let x = at.x(0)?;
    let shape = at.shape(&x);
    let axis = at.axis(at.node.int("axis", -1)?, shape.len())?;
    let scale = at.weight(1)?;
    let scale = stretched(at, scale, &shape[axis..])?;
    let mut made = at.push_all(RowNorm::rms_norm(axis, at.node.float("epsilon", 1e-5)?), &[x, scale])?;
    made.truncate(1);
    Ok(made)
}

pub(super) fn group(at: &mut Site<'_, '_>) -> Made {
    at.node.only(&["epsilon", "num_groups", "stash_type"])?;
    let (x, scale, bias) = (at.x(0)?, at.weight(1)?, at.weight(2)?);
    let groups = at.node.get_int("num_groups")?.ok_or_else(|| at.node.missing("num_groups"))?;
    let groups = usize::try_from(groups).map_err(|_| at.malformed(format!("num_groups is {groups}")))?;
    let channels = at.shape(&x).get(1).copied().unwrap_or(0);
    let (scale, bias) = (by_channel(at, scale, groups, channels)?, by_channel(at, bias, groups, channels)?);
    let mut made = at.push_all(RowNorm::group_norm(groups, at.node.float("epsilon", 1e-5)?), &[x, scale, bias])?;
    made.truncate(1);
    Ok(made)
}

/// Before opset 21 there is one number a group, not a channel.
fn by_channel(at: &mut Site<'_, '_>, v: Edge, groups: usize, channels: usize) -> Result<Edge, Error> {
    if at.opset >= 21 || at.shape(&v) != [groups] || groups == 0 || !channels.is_multiple_of(groups) {
        return Ok(v);
    }
    let v = at.reshape(v, vec![groups, 1])?;
    let v = stretched(at, v, &[groups, channels / groups])?;
    at.reshape(v, vec![channels])
}

pub(super) fn instance(at: &mut Site<'_, '_>) -> Made {
    at.node.only(&["epsilon"])?;
    let inputs = [at.x(0)?, at.weight(1)?, at.weight(2)?];
    let mut made = at.push_all(RowNorm::instance_norm(at.node.float("epsilon", 1e-5)?), &inputs)?;
    made.truncate(1);
    Ok(made)
}

pub(super) fn local_response(at: &mut Site<'_, '_>) -> Made {
    at.node.only(&["alpha", "beta", "bias", "size"])?;
    let size = at.node.get_int("size")?.ok_or_else(|| at.node.missing("size"))?;
    let norm = graph::LocalResponseNorm {
        size: usize::try_from(size)
            .ok()
            .filter(|&size| size > 0)
            .ok_or_else(|| at.malformed(format!("size is {size}")))?,
        alpha: at.node.float("alpha", 1e-4)?.into(),
        beta: at.node.float("beta", 0.75)?.into(),
        k: at.node.float("bias", 1.0)?.into(),
    };
    let x = at.x(0)?;
    Ok(vec![at.push(LocalResponseNorm(norm), &[x])?])
}

/// A weight as long as what it scales, along every axis.
fn stretched(at: &mut Site<'_, '_>, weight: Edge, shape: &[usize]) -> Result<Edge, Error> {
    if at.shape(&weight) == shape {
        return Ok(weight);
    }
    at.push(Expand { shape: shape.to_vec().into() }, &[weight])
}
