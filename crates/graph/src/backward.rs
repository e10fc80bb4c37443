//! Reverse-mode differentiation: gradients are appended to the graph as nodes like any other.

use crate::graph::{Graph, Source, Value};
use crate::ops::Binary;
use crate::{DType, Error, Operation, Tensor};
use std::collections::{HashMap, HashSet};

/// What an op sees while it appends its gradient.
pub struct Backward<'g> {
    graph: &'g mut Graph,
    node: usize,
    gradients: &'g mut HashMap<Value, Vec<Value>>,
    active: &'g HashSet<Value>,
}

impl Backward<'_> {
    /// The op's i-th input.
    pub fn input(&self, i: usize) -> Value {
        self.graph.nodes[self.node].inputs[i]
    }

    /// How many inputs the node has.
    pub fn inputs(&self) -> usize {
        self.graph.nodes[self.node].inputs.len()
    }

    /// The op's i-th output.
    pub fn output(&self, i: usize) -> Value {
        self.graph.nodes[self.node].outputs[i]
    }

    /// Gradient of the loss by the first output.
    pub fn dy(&mut self) -> Result<Value, Error> {
        match self.dy_of(0)? {
            Some(dy) => Ok(dy),
            None => {
                let y = self.output(0);
                let zeros = Tensor::zeros(self.graph.ty(y));
                Ok(self.graph.constant(&format!("{}.zero", self.graph.name(y)), zeros))
            }
        }
    }

    /// Gradient of the loss by the i-th output, if the loss depends on it.
    pub fn dy_of(&mut self, i: usize) -> Result<Option<Value>, Error> {
        total(self.graph, self.gradients, self.output(i))
    }

    /// Whether anybody asks for the gradient by this input.
    pub fn wants(&self, i: usize) -> bool {
        self.active.contains(&self.input(i))
    }

    /// Appends a node, named after the one being differentiated, and returns its first output.
    pub fn push(&mut self, op: impl Operation, inputs: &[Value]) -> Result<Value, Error> {
        Ok(self.push_all(op, inputs)?[0])
    }

    /// Appends a node and returns all of its outputs.
    pub fn push_all(&mut self, op: impl Operation, inputs: &[Value]) -> Result<Vec<Value>, Error> {
        let name = format!("{}.{}", self.graph.nodes[self.node].name, op.name());
        self.graph.push(&name, op, inputs)
    }

    /// Adds a constant, named after the node being differentiated.
    pub fn constant(&mut self, tensor: Tensor) -> Value {
        let name = format!("{}.constant", self.graph.nodes[self.node].name);
        self.graph.constant(&name, tensor)
    }

    /// Adds to the gradient by the i-th input.
    pub fn give(&mut self, i: usize, dx: Value) {
        let input = self.input(i);
        debug_assert_eq!(self.graph.ty(input).shape, self.graph.ty(dx).shape, "gradient of {}", self.graph.name(input));
        if self.active.contains(&input) {
            self.gradients.entry(input).or_default().push(dx);
        }
    }

    /// The graph, to look up types.
    pub fn graph(&self) -> &Graph {
        self.graph
    }

    /// The error of an op that has no gradient.
    pub fn refuse(&self, why: &str) -> Result<(), Error> {
        let node = &self.graph.nodes[self.node];
        Err(Error::NoGradient { op: node.op.name(), node: node.name.clone(), why: why.into() })
    }
}

impl Graph {
    /// Appends the gradient of the scalar `loss` by each of `wrt`, seeded with 1.
    ///
    /// # Errors
    /// When the loss is not a scalar, or an op between has no gradient. A value that the loss does not depend on
    /// has a gradient of zeros.
    pub fn gradients(&mut self, loss: Value, wrt: &[Value]) -> Result<Vec<Value>, Error> {
        let ty = self.ty(loss);
        if ty.shape.count() != 1 || ty.dtype != DType::F32 {
            return Err(Error::Tensor {
                value: format!("loss \"{}\"", self.name(loss)),
                got: ty.to_string(),
                needs: "one f32: take the mean or the sum first".into(),
            });
        }
        let active = self.active(wrt);
        let seed = Tensor::f32(ty.shape.clone(), vec![1.0])?;
        let seed = self.constant("dloss", seed);
        let mut gradients = HashMap::from([(loss, vec![seed])]);
        for node in self.needed(&[loss]).into_iter().rev() {
            let at = &self.nodes[node];
            let reached = at.outputs.iter().any(|v| gradients.contains_key(v));
            if reached && at.inputs.iter().any(|v| active.contains(v)) {
                let op = at.op.clone();
                op.backward(&mut Backward { graph: self, node, gradients: &mut gradients, active: &active })?;
            }
        }
        wrt.iter()
            .map(|&v| match total(self, &mut gradients, v)? {
                Some(d) => Ok(d),
                None => Ok(self.constant(&format!("{}.zero", self.name(v)), Tensor::zeros(self.ty(v)))),
            })
            .collect()
    }

    /// Values through which a change of `wrt` flows.
    fn active(&self, wrt: &[Value]) -> HashSet<Value> {
        let mut active: HashSet<Value> = wrt.iter().copied().collect();
        for node in &self.nodes {
            if node.inputs.iter().any(|v| active.contains(v)) {
                active.extend(node.outputs.iter().filter(|v| self.ty(**v).dtype == DType::F32));
            }
        }
        active.retain(|&v| !matches!(self.source(v), Source::Constant(_)));
        active
    }
}

/// Adds up what was given for `value`; the sum replaces the shares, so that it is made once.
fn total(graph: &mut Graph, gradients: &mut HashMap<Value, Vec<Value>>, value: Value) -> Result<Option<Value>, Error> {
    let Some(shares) = gradients.get(&value) else { return Ok(None) };
    let (mut sum, rest) = (shares[0], shares[1..].to_vec());
    for share in rest {
        let name = format!("{}.sum", graph.name(value));
        sum = graph.push1(&name, Binary::Add, &[sum, share])?;
    }
    gradients.insert(value, vec![sum]);
    Ok(Some(sum))
}
