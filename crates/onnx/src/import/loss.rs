//! Softmax, and losses of class labels.

use super::site::{Edge, Made, Site};
use crate::Error;
use graph::ops::{CrossEntropy, LogSoftmax, NllLoss, Reduce, Reshape, Softmax, TargetWeight};
use graph::{BinaryFunction, Operation, ReduceFunction};

pub(super) fn softmax(at: &mut Site<'_, '_>, log: bool) -> Made {
    at.node.only(&["axis"])?;
    let x = at.x(0)?;
    let shape = at.shape(&x);
    let axis = at.axis(at.node.int("axis", if at.opset < 13 { 1 } else { -1 })?, shape.len())? as isize;
    if at.opset >= 13 || axis as usize + 1 == shape.len() {
        return Ok(vec![softmax_along(at, x, axis, log)?]);
    }
    // Before opset 13, all axes from this one on are one.
    let (rows, row) = shape.split_at(axis as usize);
    let flat = [rows.iter().product::<usize>(), row.iter().product()];
    let x = at.push(Reshape { shape: flat.into() }, &[x])?;
    let y = softmax_along(at, x, 1, log)?;
    Ok(vec![at.push(Reshape { shape: shape.into() }, &[y])?])
}

fn softmax_along(at: &mut Site<'_, '_>, x: Edge, axis: isize, log: bool) -> Result<Edge, Error> {
    if log { at.push(LogSoftmax { axis }, &[x]) } else { at.push(Softmax { axis }, &[x]) }
}

fn ignored(at: &Site<'_, '_>) -> Result<Option<i32>, Error> {
    let index = at.node.get_int("ignore_index")?;
    let narrow =
        |index| i32::try_from(index).map_err(|_| at.unsupported(format!("ignore_index {index} is out of range")));
    index.map(narrow).transpose()
}

pub(super) fn negative_log_likelihood(at: &mut Site<'_, '_>) -> Made {
    at.node.only(&["ignore_index", "reduction"])?;
    let ignore_index = ignored(at)?;
    let losses = labelled(at, NllLoss { ignore_index })?;
    Ok(vec![reduced(at, losses, ignore_index)?])
}

pub(super) fn softmax_cross_entropy(at: &mut Site<'_, '_>) -> Made {
    at.node.only(&["ignore_index", "reduction"])?;
    let ignore_index = ignored(at)?;
    let losses = labelled(at, CrossEntropy { ignore_index, ..CrossEntropy::default() })?;
    let mut made = vec![reduced(at, losses, ignore_index)?];
    if at.node.outputs.get(1).is_some_and(|name| !name.is_empty()) {
        let scores = at.x(0)?;
        made.push(softmax_along(at, scores, 1, true)?);
    }
    Ok(made)
}

/// One loss a place: inputs are scores `[n, c, …]`, labels `[n, …]`, and class weights `[c]` if there are any.
fn labelled(at: &mut Site<'_, '_>, op: impl Operation) -> Result<Edge, Error> {
    let mut inputs = vec![at.x(0)?, at.x(1)?];
    inputs.extend(at.maybe(2)?);
    at.push(op, &inputs)
}

fn reduced(at: &mut Site<'_, '_>, losses: Edge, ignore_index: Option<i32>) -> Result<Edge, Error> {
    match at.node.string("reduction", "mean")? {
        "none" => Ok(losses),
        "sum" => total(at, losses, ReduceFunction::Sum),
        "mean" if at.maybe(2)?.is_none() && ignore_index.is_none() => total(at, losses, ReduceFunction::Mean),
        "mean" => {
            let classes = at.shape(&at.x(0)?).get(1).copied().unwrap_or(0);
            let mut inputs = vec![at.x(1)?];
            inputs.extend(at.maybe(2)?);
            let weights = at.push(TargetWeight { classes, ignore_index }, &inputs)?;
            let (sum, weight) = (total(at, losses, ReduceFunction::Sum)?, total(at, weights, ReduceFunction::Sum)?);
            at.binary(BinaryFunction::Div, &sum, &weight)
        }
        other => Err(at.malformed(format!("reduction must be none, sum or mean, got {other}"))),
    }
}

fn total(at: &mut Site<'_, '_>, losses: Edge, function: ReduceFunction) -> Result<Edge, Error> {
    let count: usize = at.shape(&losses).iter().product();
    let flat = at.push(Reshape { shape: [count].into() }, &[losses])?;
    at.push(Reduce::new(function, &[0]), &[flat])
}
