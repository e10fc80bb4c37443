//! Pooling, by windows and over all of an image.

use super::site::{Edge, Made, Site};
use crate::{DataType, Error};
use graph::Window;
use graph::ops::{AdaptiveAveragePool, AdaptiveMaxPool, AveragePool, LpPool, MaxPool};

fn window(at: &Site<'_, '_>) -> Result<(Edge, Window, bool), Error> {
    let x = at.x(0)?;
    let axes = at.spatial(&x)?;
    if at.node.ints("kernel_shape")?.is_none() {
        return Err(at.node.missing("kernel_shape"));
    }
    let kernel = at.lengths("kernel_shape", axes, 1)?;
    let window = at.window(&kernel, &x)?;
    Ok((x, window, at.node.flag("ceil_mode", false)?))
}

const SLIDING: [&str; 6] = ["auto_pad", "ceil_mode", "dilations", "kernel_shape", "pads", "strides"];

fn only(at: &Site<'_, '_>, more: &[&str]) -> Result<(), Error> {
    at.node.only(&[&SLIDING[..], more].concat())
}

pub(super) fn max(at: &mut Site<'_, '_>) -> Made {
    only(at, &["storage_order"])?;
    if at.node.outputs.get(1).is_some_and(|name| !name.is_empty()) {
        return Err(at.unsupported("the indices of the winners are not given: use only the first output"));
    }
    let (x, window, ceil_mode) = window(at)?;
    let op = MaxPool { ceil_mode, ..MaxPool::new(window) };
    let dtype = x.dtype();
    // Floats hold each small integer as it is.
    let x = if matches!(dtype, DataType::I8 | DataType::U8) { at.cast(x, DataType::F32)? } else { x };
    let y = at.push(op, &[x])?;
    Ok(vec![at.cast(y, dtype)?])
}

pub(super) fn average(at: &mut Site<'_, '_>) -> Made {
    only(at, &["count_include_pad"])?;
    let (x, window, ceil_mode) = window(at)?;
    let count_include_pad = at.node.flag("count_include_pad", false)?;
    let op = AveragePool { ceil_mode, count_include_pad, ..AveragePool::new(window) };
    Ok(vec![at.push(op, &[x])?])
}

pub(super) fn lp(at: &mut Site<'_, '_>) -> Made {
    only(at, &["p"])?;
    let (x, window, ceil_mode) = window(at)?;
    let op = LpPool { p: at.node.int("p", 2)? as f64, ceil_mode, ..LpPool::new(window) };
    Ok(vec![at.push(op, &[x])?])
}

pub(super) fn global_average(at: &mut Site<'_, '_>) -> Made {
    at.node.only(&[])?;
    let x = at.x(0)?;
    let op = AdaptiveAveragePool::global(at.spatial(&x)?);
    Ok(vec![at.push(op, &[x])?])
}

pub(super) fn global_max(at: &mut Site<'_, '_>) -> Made {
    at.node.only(&[])?;
    let x = at.x(0)?;
    let op = AdaptiveMaxPool::global(at.spatial(&x)?);
    Ok(vec![at.push(op, &[x])?])
}
