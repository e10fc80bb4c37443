//! Products of matrices. A weight that is known is laid out for the linear layer's kernel while the graph is built.

use super::site::{Edge, Made, Site};
use crate::{Data, Error, Tensor};
use graph::BinaryFunction::{Add, Mul};
use graph::ops::{Binary, Linear, Matmul, Reshape, Transpose};

pub(super) fn matmul(at: &mut Site<'_, '_>) -> Made {
    at.node.only(&[])?;
    let (a, b) = (at.x(0)?, at.weight(1)?);
    if let (true, Edge::Constant(_), Edge::Value(..)) = (at.shape(&b).len() == 2 && at.shape(&a).len() > 1, &b, &a) {
        let weight = at.push(Transpose { perm: vec![1, 0] }, &[b])?;
        return Ok(vec![at.push(Linear::default(), &[a, weight])?]);
    }
    Ok(vec![at.push(Matmul::default(), &[a, b])?])
}

/// y = alpha a b + beta c, with a and b transposed where asked.
pub(super) fn gemm(at: &mut Site<'_, '_>) -> Made {
    at.node.only(&["alpha", "beta", "broadcast", "transA", "transB"])?;
    let (a, b) = (at.x(0)?, at.weight(1)?);
    for (name, matrix) in [("a", &a), ("b", &b)] {
        if at.shape(matrix).len() != 2 {
            return Err(at.malformed(format!("{name} must have two axes, got {:?}", at.shape(matrix))));
        }
    }
    let (trans_a, trans_b) = (at.node.flag("transA", false)?, at.node.flag("transB", false)?);
    let c = at.maybe_weight(2)?;
    let c = c.map(|c| scaled(at, c, "beta")).transpose()?;
    let columns = at.shape(&b)[usize::from(!trans_b)];
    let bias = c.as_ref().filter(|c| matches!(at.shape(c)[..], [n] | [1, n] if n == columns)).cloned();
    // The layer takes b as [out, in]; one that is not known would have to be transposed at each run.
    if !trans_a && (trans_b || matches!(b, Edge::Constant(_))) && (c.is_none() || bias.is_some()) {
        let b = if trans_b { b } else { at.push(Transpose { perm: vec![1, 0] }, &[b])? };
        let mut inputs = vec![a, scaled(at, b, "alpha")?];
        if let Some(bias) = bias {
            inputs.push(if at.shape(&bias).len() == 1 {
                bias
            } else {
                at.push(Reshape { shape: [columns].into() }, &[bias])?
            });
        }
        return Ok(vec![at.push(Linear::default(), &inputs)?]);
    }
    let product = at.push(Matmul { trans_a, trans_b }, &[a, b])?;
    let product = scaled(at, product, "alpha")?;
    Ok(vec![match c {
        Some(c) => at.push(Binary(Add), &[product, c])?,
        None => product,
    }])
}

/// `x` times the attribute `name`, which is 1 where it is left out.
fn scaled(at: &mut Site<'_, '_>, x: Edge, name: &str) -> Result<Edge, Error> {
    let factor = at.node.float(name, 1.0)?;
    if factor == 1.0 {
        return Ok(x);
    }
    let factor = Edge::constant(Tensor::new(vec![], Data::F32(vec![factor]))?);
    at.push(Binary(Mul), &[x, factor])
}
