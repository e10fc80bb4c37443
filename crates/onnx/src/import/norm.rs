//! Normalisation by a batch's statistics, and dropout. Norms of each sample by itself are in `sample_norm.rs`.

use super::site::{Edge, Made, Site};
use crate::{Data, Tensor};
use graph::BinaryFunction::{Add, Div, Mul, Sub};
use graph::ops::{BatchNormInference, Reduce};
use graph::{ReduceFunction, UnaryFunction};

pub(super) fn batch(at: &mut Site<'_, '_>) -> Made {
    at.node.only(&["epsilon", "is_test", "momentum", "spatial", "training_mode"])?;
    if !at.node.flag("spatial", true)? {
        return Err(at.unsupported("spatial 0 (statistics for each place) is not supported: use 1"));
    }
    let (x, scale, bias) = (at.x(0)?, at.weight(1)?, at.weight(2)?);
    let (mean, var) = (at.x(3)?, at.x(4)?);
    if at.node.flag("training_mode", false)? {
        return batch_in_training(at, x, [scale, bias, mean, var]);
    }
    let op = BatchNormInference { eps: at.node.float("epsilon", 1e-5)? };
    Ok(vec![at.push(op, &[x, scale, bias, mean, var])?])
}

/// By the batch's own statistics; also gives the running ones, with the variance of a population, as ONNX asks.
fn batch_in_training(at: &mut Site<'_, '_>, x: Edge, [scale, bias, mean, var]: [Edge; 4]) -> Made {
    let rank = at.shape(&x).len();
    let axes: Vec<usize> = (0..rank).filter(|&axis| axis != 1).collect();
    let own_mean = at.push(Reduce::mean(&axes), std::slice::from_ref(&x))?;
    let wide = at.channels(own_mean.clone(), rank)?;
    let centred = at.binary(Sub, &x, &wide)?;
    let squares = at.binary(Mul, &centred, &centred)?;
    let own_var = at.push(Reduce::new(ReduceFunction::Mean, &axes), &[squares])?;
    let eps = at.scalar(at.node.float("epsilon", 1e-5)?)?;
    let lifted = at.binary(Add, &own_var, &eps)?;
    let deviation = at.unary(UnaryFunction::Sqrt, &lifted)?;
    let a = at.binary(Div, &scale, &deviation)?;
    let (a, b) = (at.channels(a, rank)?, at.channels(bias, rank)?);
    let scaled = at.binary(Mul, &centred, &a)?;
    let y = at.binary(Add, &scaled, &b)?;
    let momentum = at.node.float("momentum", 0.9)?;
    let (keep, take) = (at.scalar(momentum)?, at.scalar(1.0 - momentum)?);
    let mut made = vec![y];
    for (running, own) in [(mean, own_mean), (var, own_var)] {
        let (kept, taken) = (at.binary(Mul, &running, &keep)?, at.binary(Mul, &own, &take)?);
        made.push(at.binary(Add, &kept, &taken)?);
    }
    Ok(made)
}

/// Dropout drops nothing at inference; its mask is all true then.
pub(super) fn dropout(at: &mut Site<'_, '_>) -> Made {
    at.node.only(if at.opset < 12 { &["is_test", "ratio"] } else { &["seed"] })?;
    let x = at.x(0)?;
    let flag = at.known_ints(2)?.and_then(|v| v.first().copied()).unwrap_or(0);
    let ratio = at.known_floats(1)?.and_then(|v| v.first().copied()).unwrap_or(0.5);
    if at.opset >= 12 && flag != 0 && ratio != 0.0 {
        return Err(
            at.unsupported("dropout in training_mode draws other numbers on each runtime: import it for inference")
        );
    }
    let mut made = vec![x.clone()];
    if at.node.outputs.len() > 1 {
        let shape = at.shape(&x);
        let count = shape.iter().product();
        let data = if at.opset < 10 { Data::F32(vec![1.0; count]) } else { Data::Bool(vec![true; count]) };
        made.push(Edge::constant(Tensor::new(shape, data)?));
    }
    Ok(made)
}
