//! Elements as another type, and small integers kept within their range.

use super::convert::{from_wide, is_float, on_device, to_wide};
use super::site::{Edge, Made, Site};
use crate::{Data, DataType, Error, Tensor};
use graph::BinaryFunction::{Add, Div, Mul, Sub};
use graph::DType;
use graph::ops::{Binary, Cast};

pub(super) fn cast(at: &mut Site<'_, '_>) -> Made {
    at.node.only(&["round_mode", "saturate", "to"])?;
    let to = at.node.get_int("to")?.ok_or_else(|| at.node.missing("to"))?;
    let to = DataType::from_onnx(i32::try_from(to).unwrap_or_default());
    let x = at.x(0)?;
    Ok(vec![at.cast(x, to)?])
}

impl Site<'_, '_> {
    /// `x` as elements of another type. Between floats of any width nothing happens on a device.
    pub(super) fn cast(&mut self, x: Edge, to: DataType) -> Result<Edge, Error> {
        let from = x.dtype();
        if from == to {
            return Ok(x);
        }
        if let Edge::Constant(tensor) = &x {
            return from_wide(&to_wide(tensor)?, to).map(Edge::constant);
        }
        let device = on_device(to).ok_or_else(|| self.unsupported(format!("{to} cannot be computed with")))?;
        let x = if on_device(from) == Some(device) { x } else { self.push(Cast { to: device }, &[x])? };
        let Edge::Value(value, _) = x else { return Ok(x) };
        let narrower = device == DType::I32 && !is_float(from) && from != DataType::Bool && !widens(from, to);
        match (narrower, to) {
            (false, _) | (true, DataType::I32 | DataType::U32 | DataType::U64) => Ok(Edge::Value(value, to)),
            (true, DataType::I8 | DataType::U8) => self.wrap(Edge::Value(value, to)),
            _ => Err(self.unsupported(format!("a cast from {from} to {to} is not supported"))),
        }
    }

    /// Sums and products of 8-bit integers, which a device makes in 32 bits, brought back into their range as ONNX
    /// wraps them: minus 256 for each time that they left it.
    pub(super) fn wrap(&mut self, x: Edge) -> Result<Edge, Error> {
        let lowest = match (&x, x.dtype()) {
            (Edge::Value(..), DataType::U8) => 0,
            (Edge::Value(..), DataType::I8) => -128,
            _ => return Ok(x),
        };
        // Lifted so that the division, which goes towards zero, has nothing negative.
        const LIFT: i32 = 1 << 20;
        let mut step = |function, a: &Edge, b: i32| {
            let b = Edge::constant(Tensor::new(vec![], Data::I32(vec![b]))?);
            self.push(Binary(function), &[a.clone(), b])
        };
        let lifted = step(Add, &x, LIFT - lowest)?;
        let times = step(Div, &lifted, 256)?;
        let times = step(Sub, &times, LIFT / 256)?;
        let surplus = step(Mul, &times, 256)?;
        self.push(Binary(Sub), &[x, surplus])
    }

    /// `x` under another of the model's types that a device holds alike.
    pub(super) fn relabel(&mut self, x: Edge, dtype: DataType) -> Result<Edge, Error> {
        match x {
            Edge::Value(value, _) => Ok(Edge::Value(value, dtype)),
            constant => self.cast(constant, dtype),
        }
    }
}

/// Whether each integer of `from` is one of `to`.
fn widens(from: DataType, to: DataType) -> bool {
    use DataType::*;
    let bits = |of| match of {
        I8 => Some((true, 7)),
        I16 => Some((true, 15)),
        I32 => Some((true, 31)),
        I64 => Some((true, 63)),
        U8 => Some((false, 8)),
        U16 => Some((false, 16)),
        U32 => Some((false, 32)),
        U64 => Some((false, 64)),
        _ => None,
    };
    matches!((bits(from), bits(to)), (Some((signed, a)), Some((also, b))) if a <= b && (also || !signed))
}
