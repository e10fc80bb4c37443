//! What chooses between two values at each element.

use super::site::{Edge, Made, Site};
use crate::Error;
use graph::BinaryFunction::{Add, Greater, Less, Sub};
use graph::ops::{Prelu, Where};

impl Site<'_, '_> {
    fn choose(&mut self, condition: Edge, a: Edge, b: Edge) -> Result<Edge, Error> {
        let dtype = a.dtype();
        let y = self.push(Where, &[condition, a, b])?;
        self.relabel(y, dtype)
    }
}

pub(super) fn choose(at: &mut Site<'_, '_>) -> Made {
    at.node.only(&[])?;
    let (condition, a, b) = (at.x(0)?, at.x(1)?, at.x(2)?);
    Ok(vec![at.choose(condition, a, b)?])
}

/// x where it is positive, else slope * x; before opset 7 a slope `[c]` is along the channels.
pub(super) fn prelu(at: &mut Site<'_, '_>) -> Made {
    at.node.only(&[])?;
    let (x, mut slope) = (at.x(0)?, at.weight(1)?);
    let (rank, shape) = (at.shape(&x).len(), at.shape(&slope));
    if at.opset < 7 && shape.len() == 1 && shape[0] > 1 && rank > 2 {
        slope = at.channels(slope, rank)?;
    }
    Ok(vec![at.push(Prelu, &[x, slope])?])
}

/// x where it is above alpha, else 0.
pub(super) fn thresholded_relu(at: &mut Site<'_, '_>) -> Made {
    at.node.only(&["alpha"])?;
    let x = at.x(0)?;
    let (alpha, zero) = (at.scalar(at.node.float("alpha", 1.0)?)?, at.scalar(0.0)?);
    let above = at.binary(Greater, &x, &alpha)?;
    Ok(vec![at.choose(above, x, zero)?])
}

/// x + bias below -lambd, x - bias above lambd, 0 between.
pub(super) fn shrink(at: &mut Site<'_, '_>) -> Made {
    at.node.only(&["bias", "lambd"])?;
    let x = at.x(0)?;
    let (bias, lambd) = (at.scalar(at.node.float("bias", 0.0)?)?, at.node.float("lambd", 0.5)?);
    let (low, high, zero) = (at.scalar(-lambd)?, at.scalar(lambd)?, at.scalar(0.0)?);
    let (below, above) = (at.binary(Less, &x, &low)?, at.binary(Greater, &x, &high)?);
    let (raised, lowered) = (at.binary(Add, &x, &bias)?, at.binary(Sub, &x, &bias)?);
    let rest = at.choose(above, lowered, zero)?;
    Ok(vec![at.choose(below, raised, rest)?])
}
