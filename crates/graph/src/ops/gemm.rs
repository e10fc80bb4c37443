//! ONNX's Gemm, made of other ops: a linear layer where it is one, else a product, scales and a sum.

use crate::ops::{Binary, Linear, Matmul};
use crate::{Error, Graph, Tensor, Value};

/// y = alpha * a b + beta * c, with `c` broadcast to y if there is one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gemm {
    /// Factor on the product.
    pub alpha: f32,
    /// Factor on c.
    pub beta: f32,
    /// `a` is given as `[k, i]`.
    pub trans_a: bool,
    /// `b` is given as `[j, k]`.
    pub trans_b: bool,
}

impl Default for Gemm {
    fn default() -> Self {
        Gemm { alpha: 1.0, beta: 1.0, trans_a: false, trans_b: false }
    }
}

impl Gemm {
    /// Appends it to the graph; the other nodes and constants are named after it.
    ///
    /// # Errors
    /// Shapes that do not fit.
    pub fn push(self, graph: &mut Graph, name: &str, a: Value, b: Value, c: Option<Value>) -> Result<Value, Error> {
        let per_column = c.is_none_or(|c| {
            let (c, b) = (&graph.ty(c).shape, &graph.ty(b).shape);
            c.len() == 1 && Some(c[0]) == b.first().copied()
        });
        if self.alpha == 1.0 && self.beta == 1.0 && !self.trans_a && self.trans_b && per_column {
            let inputs = [Some(a), Some(b), c];
            return graph.push1(name, Linear::default(), &inputs.into_iter().flatten().collect::<Vec<_>>());
        }
        let scaled = |graph: &mut Graph, value: Value, factor: f32| -> Result<Value, Error> {
            if factor == 1.0 {
                return Ok(value);
            }
            let factor = Tensor::f32([], vec![factor])?;
            let factor = graph.constant(&format!("{name}.factor"), factor);
            graph.push1(&format!("{name}.scaled"), Binary::Mul, &[value, factor])
        };
        let product = Matmul { trans_a: self.trans_a, trans_b: self.trans_b };
        let inner = if self.alpha == 1.0 && c.is_none() { name.to_string() } else { format!("{name}.product") };
        let product = graph.push1(&inner, product, &[a, b])?;
        let product = scaled(graph, product, self.alpha)?;
        match c {
            Some(c) => {
                let c = scaled(graph, c, self.beta)?;
                graph.push1(name, Binary::Add, &[product, c])
            }
            None => Ok(product),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Rounding, Type, Wide, evaluate};

    #[test]
    fn every_form_equals_the_reference() {
        let data = |shape: &[usize], seed: u32| {
            let count = shape.iter().product::<usize>();
            let numbers = (0..count).map(|i| f64::from(cpu_reference::uniform(1, seed, 0, i as u64))).collect();
            Wide::from_shape_vec(shape, numbers).expect("counted")
        };
        for (alpha, beta, trans_a, trans_b) in
            [(1.0, 1.0, false, true), (0.5, 1.0, true, false), (2.0, -0.25, false, false), (1.0, 3.0, true, true)]
        {
            for c_shape in [None, Some(vec![4]), Some(vec![3, 1]), Some(vec![])] {
                let a = data(if trans_a { &[5, 3] } else { &[3, 5] }, 0);
                let b = data(if trans_b { &[4, 5] } else { &[5, 4] }, 1);
                let c = c_shape.map(|shape| data(&shape, 2));
                let mut graph = Graph::new();
                let mut leaves = Vec::new();
                for (name, value) in [("a", Some(&a)), ("b", Some(&b)), ("c", c.as_ref())] {
                    if let Some(value) = value {
                        let input = graph.input(name, Type::f32(value.shape())).expect("names differ");
                        leaves.push((input, value.clone()));
                    }
                }
                let gemm = Gemm { alpha, beta, trans_a, trans_b };
                let y = gemm.push(&mut graph, "y", leaves[0].0, leaves[1].0, leaves.get(2).map(|c| c.0));
                let y = y.expect("the shapes fit");
                let leaf = |v: Value| {
                    Ok(match graph.source(v) {
                        crate::Source::Constant(tensor) => tensor.to_reference(),
                        _ => leaves.iter().find(|l| l.0 == v).expect("a leaf").1.clone(),
                    })
                };
                let got = &evaluate(&graph, &[y], Rounding::None, leaf).expect("all leaves are given")[&y];
                let (alpha, beta) = (f64::from(alpha), f64::from(beta));
                let want = cpu_reference::gemm(&a, &b, c.as_ref(), alpha, beta, trans_a, trans_b);
                assert!(got.iter().zip(&want).all(|(got, want)| (got - want).abs() < 1e-12), "{gemm:?}");
            }
        }
    }
}
