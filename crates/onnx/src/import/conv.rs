//! Convolution. Its transpose is in `conv_transpose.rs`.

use super::site::{Made, Site};
use graph::ops::Conv;

pub(super) fn conv(at: &mut Site<'_, '_>) -> Made {
    at.node.only(&["auto_pad", "dilations", "group", "kernel_shape", "pads", "strides"])?;
    let (x, weight) = (at.x(0)?, at.weight(1)?);
    let axes = at.spatial(&x)?;
    let kernel = kernel(at, &at.shape(&weight), axes)?;
    let groups = at.node.int("group", 1)?.max(0) as usize;
    let op = Conv { groups, ..Conv::new(at.window(&kernel, &x)?) };
    let mut inputs = vec![x, weight];
    inputs.extend(at.maybe_weight(2)?);
    Ok(vec![at.push(op, &inputs)?])
}

/// The weight's spatial lengths, which `kernel_shape` must repeat where it is given.
pub(super) fn kernel(at: &Site<'_, '_>, weight: &[usize], axes: usize) -> Result<Vec<usize>, crate::Error> {
    if weight.len() != axes + 2 {
        return Err(at.malformed(format!("weight {weight:?} must have {} axes, as x has", axes + 2)));
    }
    let kernel = weight[2..].to_vec();
    match at.node.ints("kernel_shape")? {
        Some(stated) if !stated.iter().map(|&v| v as usize).eq(kernel.iter().copied()) => {
            Err(at.malformed(format!("kernel_shape {stated:?} is not the weight's, {kernel:?}")))
        }
        _ => Ok(kernel),
    }
}
