//! Rewrite rules: nodes that one launch can do together become one node. They run on a copy of the graph, before
//! layouts are chosen, and keep the meaning of every value that is fetched.
//!
//! A rule is a function that looks at the graph through [`Rewriter`] and changes nodes in place; nodes that are left
//! without outputs are never reached again. The rules run in the order of [`RULES`], each over all nodes.

mod batch_norm;
mod clock;
mod constant;
mod conv;
mod conv_pool;
mod cross_entropy;
mod linear;

use crate::graph::{Graph, Source, Value, ValueInfo};
use crate::{Operation, Type};
use gpu_core::{Caps, Order};
use std::collections::HashSet;
use std::sync::Arc;

/// Looks at node `at` and rewrites it with its neighbours if the rule fits; says whether it did.
type Rule = fn(&mut Rewriter<'_>, usize) -> bool;

/// All rules, in the order in which they run.
const RULES: &[Rule] = &[
    constant::fold,
    conv::batch_norm,
    conv::activation,
    batch_norm::activation,
    linear::activation,
    conv_pool::pool,
    conv::slope,
    batch_norm::slope,
    batch_norm::pool,
    cross_entropy::both,
    linear::cross_entropy,
    linear::gradients,
    linear::slope,
    clock::fold,
];

/// A graph that is being rewritten.
pub(crate) struct Rewriter<'a> {
    pub(crate) graph: Graph,
    /// Values that must stay: fetched or assigned.
    keep: HashSet<Value>,
    /// The device.
    pub(crate) caps: &'a Caps,
    /// The order that activations will lie in.
    pub(crate) order: Order,
}

/// The graph after all rules.
pub(crate) fn rewrite(graph: &Graph, keep: &[Value], caps: &Caps, order: Order) -> Graph {
    let mut rewriter = Rewriter { graph: graph.clone(), keep: keep.iter().copied().collect(), caps, order };
    let needed: HashSet<usize> = graph.needed(keep).into_iter().collect();
    for at in (0..graph.nodes.len()).filter(|at| !needed.contains(at)) {
        rewriter.retire(at);
    }
    for rule in RULES {
        for at in 0..rewriter.graph.nodes.len() {
            while rule(&mut rewriter, at) {}
        }
    }
    rewriter.graph
}

impl Rewriter<'_> {
    /// Nodes that read a value, each once.
    pub(crate) fn consumers(&self, value: Value) -> Vec<usize> {
        (0..self.graph.nodes.len()).filter(|&at| self.graph.nodes[at].inputs.contains(&value)).collect()
    }

    /// The only node that reads a value, if there is exactly one and nobody else asks for it.
    pub(crate) fn only_consumer(&self, value: Value) -> Option<usize> {
        match self.consumers(value)[..] {
            [at] if !self.keep.contains(&value) => Some(at),
            _ => None,
        }
    }

    /// The node that makes a value.
    pub(crate) fn maker(&self, value: Value) -> Option<usize> {
        self.graph.nodes.iter().position(|node| node.outputs.contains(&value))
    }

    /// The value that a value is another shape of, or itself.
    pub(crate) fn seen(&self, mut value: Value) -> Value {
        while let Some(maker) = self.maker(value).filter(|&maker| self.graph.nodes[maker].op.is_view()) {
            value = self.graph.nodes[maker].inputs[0];
        }
        value
    }

    /// Whether somebody outside asks for a value.
    pub(crate) fn kept(&self, value: Value) -> bool {
        self.keep.contains(&value)
    }

    /// The op of a node as `T`, if it is one and was not taken out.
    pub(crate) fn op<T: Operation + Clone>(&self, at: usize) -> Option<T> {
        let node = &self.graph.nodes[at];
        if node.outputs.is_empty() { None } else { node.op_as::<T>().cloned() }
    }

    /// A new value, to be the output of a rewritten node.
    pub(crate) fn value(&mut self, name: String, ty: Type) -> Value {
        self.graph.values.push(ValueInfo { name, ty, source: Source::Node(usize::MAX, 0) });
        Value(self.graph.values.len() as u32 - 1)
    }

    /// Puts another op in a node's place. Its inputs must be made before it.
    pub(crate) fn replace(&mut self, at: usize, op: impl Operation, inputs: Vec<Value>, outputs: Vec<Value>) {
        let node = &mut self.graph.nodes[at];
        node.op = Arc::new(op);
        node.inputs = inputs;
        node.outputs = outputs;
    }

    /// Takes a node out: nothing reaches it any more.
    pub(crate) fn retire(&mut self, at: usize) {
        self.graph.nodes[at].inputs.clear();
        self.graph.nodes[at].outputs.clear();
    }
}
