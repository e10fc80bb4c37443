//! Functions of one number, of two under broadcasting, and of many.

use super::convert::{is_float, on_device};
use super::site::{Edge, Made, Site};
use crate::{Data, Error, Tensor};
use graph::ops::{Binary, Reshape, Unary};
use graph::{BinaryFunction, UnaryFunction};

impl Site<'_, '_> {
    pub(super) fn unary(&mut self, function: UnaryFunction, x: &Edge) -> Result<Edge, Error> {
        self.push(Unary(function), std::slice::from_ref(x))
    }

    pub(super) fn binary(&mut self, function: BinaryFunction, a: &Edge, b: &Edge) -> Result<Edge, Error> {
        let y = self.push(Binary(function), &[a.clone(), b.clone()])?;
        match function {
            BinaryFunction::Add | BinaryFunction::Sub | BinaryFunction::Mul => self.wrap(y),
            _ => Ok(y),
        }
    }

    /// One number of type f32.
    pub(super) fn scalar(&self, value: f32) -> Result<Edge, Error> {
        Ok(Edge::constant(Tensor::new(vec![], Data::F32(vec![value]))?))
    }
}

/// An operator without attributes.
pub(super) fn plain(at: &mut Site<'_, '_>, function: UnaryFunction) -> Made {
    at.node.only(&[])?;
    let x = at.x(0)?;
    Ok(vec![at.unary(function, &x)?])
}

pub(super) fn leaky_relu(at: &mut Site<'_, '_>) -> Made {
    at.node.only(&["alpha"])?;
    let x = at.x(0)?;
    let slope = at.node.float("alpha", 0.01)?.into();
    Ok(vec![at.unary(UnaryFunction::LeakyRelu { slope }, &x)?])
}

pub(super) fn elu(at: &mut Site<'_, '_>) -> Made {
    at.node.only(&["alpha"])?;
    let x = at.x(0)?;
    let alpha = at.node.float("alpha", 1.0)?.into();
    Ok(vec![at.unary(UnaryFunction::Elu { alpha }, &x)?])
}

pub(super) fn celu(at: &mut Site<'_, '_>) -> Made {
    at.node.only(&["alpha"])?;
    let x = at.x(0)?;
    let alpha = at.node.float("alpha", 1.0)?.into();
    Ok(vec![at.unary(UnaryFunction::Celu { alpha }, &x)?])
}

/// gamma * ELU(x, alpha); ONNX's defaults are SELU's own numbers.
pub(super) fn selu(at: &mut Site<'_, '_>) -> Made {
    at.node.only(&["alpha", "gamma"])?;
    let x = at.x(0)?;
    let (alpha, gamma) = (at.node.get_float("alpha")?, at.node.get_float("gamma")?);
    if alpha.is_none() && gamma.is_none() {
        return Ok(vec![at.unary(UnaryFunction::Selu, &x)?]);
    }
    let elu = at.unary(UnaryFunction::Elu { alpha: alpha.unwrap_or(1.673_263_2).into() }, &x)?;
    let gamma = at.scalar(gamma.unwrap_or(1.050_701))?;
    Ok(vec![at.binary(BinaryFunction::Mul, &elu, &gamma)?])
}

pub(super) fn gelu(at: &mut Site<'_, '_>) -> Made {
    at.node.only(&["approximate"])?;
    let function = match at.node.string("approximate", "none")? {
        "none" => UnaryFunction::Gelu,
        "tanh" => UnaryFunction::GeluTanh,
        other => return Err(at.malformed(format!("approximate must be none or tanh, got {other}"))),
    };
    let x = at.x(0)?;
    Ok(vec![at.unary(function, &x)?])
}

pub(super) fn hard_sigmoid(at: &mut Site<'_, '_>) -> Made {
    at.node.only(&["alpha", "beta"])?;
    let x = at.x(0)?;
    let (alpha, beta) = (at.node.float("alpha", 0.2)?.into(), at.node.float("beta", 0.5)?.into());
    Ok(vec![at.unary(UnaryFunction::HardSigmoid { alpha, beta }, &x)?])
}

/// x * sigmoid(alpha * x).
pub(super) fn swish(at: &mut Site<'_, '_>) -> Made {
    at.node.only(&["alpha"])?;
    let x = at.x(0)?;
    let alpha = at.node.float("alpha", 1.0)?;
    if alpha == 1.0 {
        return Ok(vec![at.unary(UnaryFunction::Silu, &x)?]);
    }
    let alpha = at.scalar(alpha)?;
    let steep = at.binary(BinaryFunction::Mul, &x, &alpha)?;
    let gate = at.unary(UnaryFunction::Sigmoid, &steep)?;
    Ok(vec![at.binary(BinaryFunction::Mul, &x, &gate)?])
}

pub(super) fn binary(at: &mut Site<'_, '_>, function: BinaryFunction) -> Made {
    let (a, b) = operands(at)?;
    Ok(vec![at.binary(function, &a, &b)?])
}

/// The exponent may be of another type than the base, whose type the power has.
pub(super) fn pow(at: &mut Site<'_, '_>) -> Made {
    let (a, b) = operands(at)?;
    let known = matches!((&a, &b), (Edge::Constant(_), Edge::Constant(_)));
    if !is_float(a.dtype()) && !known {
        return Err(at.unsupported(format!("a power of {} has no exact kernel: cast the base to FLOAT", a.dtype())));
    }
    let b = if on_device(a.dtype()) == on_device(b.dtype()) || known { b } else { at.cast(b, a.dtype())? };
    Ok(vec![at.binary(BinaryFunction::Pow, &a, &b)?])
}

/// Both inputs; before opset 7, `axis` says where b's first axis lies in a.
fn operands(at: &mut Site<'_, '_>) -> Result<(Edge, Edge), Error> {
    let legacy: &[&str] = if at.opset < 7 { &["axis", "broadcast"] } else { &[] };
    at.node.only(legacy)?;
    let (a, b) = (at.weight(0)?, at.weight(1)?);
    let (rank, shape) = (at.shape(&a).len(), at.shape(&b));
    let Some(axis) = at.node.get_int("axis")? else { return Ok((a, b)) };
    let axis = at.axis(axis, rank)?;
    if axis + shape.len() > rank {
        return Err(at.malformed(format!("b {shape:?} does not fit into a's {rank} axes from axis {axis} on")));
    }
    let mut aligned = shape.clone();
    aligned.resize(rank - axis, 1);
    Ok((a, at.push(Reshape { shape: aligned.into() }, &[b])?))
}

/// One input or more, joined by a function of two.
pub(super) fn variadic(at: &mut Site<'_, '_>, function: BinaryFunction) -> Made {
    at.node.only(&[])?;
    let mut y = at.x(0)?;
    for k in 1..at.node.inputs.len() {
        let x = at.x(k)?;
        y = at.binary(function, &y, &x)?;
    }
    Ok(vec![y])
}

pub(super) fn mean(at: &mut Site<'_, '_>) -> Made {
    let sum = variadic(at, BinaryFunction::Add)?.swap_remove(0);
    let share = at.scalar(1.0 / at.node.inputs.len() as f32)?;
    Ok(vec![at.binary(BinaryFunction::Mul, &sum, &share)?])
}

/// min(max(x, low), high), from attributes before opset 11 and from inputs since.
pub(super) fn clip(at: &mut Site<'_, '_>) -> Made {
    at.node.only(if at.opset < 11 { &["max", "min"] } else { &[] })?;
    let x = at.x(0)?;
    let mut bounds = [at.maybe(1)?, at.maybe(2)?];
    for (bound, name) in bounds.iter_mut().zip(["min", "max"]) {
        if let Some(value) = at.node.get_float(name)? {
            *bound = Some(at.scalar(value)?);
        }
    }
    let number = |bound: &Option<Edge>, open: f64| match bound {
        None => Some(open),
        Some(Edge::Constant(tensor)) => tensor.to_f32().and_then(|v| v.first().copied()).map(f64::from),
        Some(Edge::Value(..)) => None,
    };
    let numbers = (number(&bounds[0], f64::NEG_INFINITY), number(&bounds[1], f64::INFINITY));
    if let (true, (Some(min), Some(max))) = (is_float(x.dtype()), numbers) {
        return Ok(vec![at.unary(UnaryFunction::Clip { min, max }, &x)?]);
    }
    let [low, high] = bounds;
    let mut y = x;
    if let Some(low) = low {
        y = at.binary(BinaryFunction::Max, &y, &low)?;
    }
    if let Some(high) = high {
        y = at.binary(BinaryFunction::Min, &y, &high)?;
    }
    Ok(vec![y])
}
