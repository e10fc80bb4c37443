//! The graph: ops placed as nodes, joined by values. It only grows; autodiff appends to the same graph.

use crate::{Error, Operation, Tensor, Type};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// An edge of a graph: shape and dtype, no data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Value(pub(crate) u32);

impl Value {
    pub(crate) fn at(self) -> usize {
        self.0 as usize
    }
}

/// How a parameter or state begins. Random ones are drawn by (seed, name), so that order does not matter.
#[derive(Clone, Debug, PartialEq)]
pub enum Init {
    /// Every element the same.
    Fill(f32),
    /// Uniform in ±bound.
    Uniform(f32),
    /// Normal with mean 0.
    Normal(f32),
    /// These.
    Given(Tensor),
}

/// Where a value comes from.
#[derive(Clone, Debug)]
pub enum Source {
    /// Given at each run.
    Input,
    /// Learned: the optimiser updates it.
    Parameter(Init),
    /// Kept from run to run and changed by ops: running statistics, the step.
    State(Init),
    /// Fixed.
    Constant(Tensor),
    /// An output of a node.
    Node(usize, usize),
}

#[derive(Clone, Debug)]
pub(crate) struct ValueInfo {
    pub(crate) name: String,
    pub(crate) ty: Type,
    pub(crate) source: Source,
}

/// An op placed in a graph.
#[derive(Clone, Debug)]
pub struct Node {
    /// Unique in the graph.
    pub name: String,
    /// What it does.
    pub op: Arc<dyn Operation>,
    /// Its inputs, in op order.
    pub inputs: Vec<Value>,
    /// Its outputs, in op order.
    pub outputs: Vec<Value>,
}

impl Node {
    /// The op as `T`, if it is one.
    pub fn op_as<T: Operation>(&self) -> Option<&T> {
        let any: &dyn std::any::Any = self.op.as_ref();
        any.downcast_ref()
    }
}

/// Ops and values in the order in which they were added, which is an order in which they can run.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    pub(crate) values: Vec<ValueInfo>,
    pub(crate) nodes: Vec<Node>,
    pub(crate) assigned: Vec<(Value, Value)>,
    names: HashSet<String>,
}

impl Graph {
    /// An empty graph.
    pub fn new() -> Self {
        Self::default()
    }

    /// A value given at each run.
    pub fn input(&mut self, name: &str, ty: Type) -> Result<Value, Error> {
        self.leaf(name, ty, Source::Input)
    }

    /// A learned value.
    pub fn parameter(&mut self, name: &str, ty: Type, init: Init) -> Result<Value, Error> {
        self.leaf(name, ty, Source::Parameter(init))
    }

    /// A value kept from run to run.
    pub fn state(&mut self, name: &str, ty: Type, init: Init) -> Result<Value, Error> {
        self.leaf(name, ty, Source::State(init))
    }

    /// A fixed value.
    pub fn constant(&mut self, name: &str, tensor: Tensor) -> Value {
        let name = self.free_name(name);
        self.add(name, tensor.ty(), Source::Constant(tensor))
    }

    fn leaf(&mut self, name: &str, ty: Type, source: Source) -> Result<Value, Error> {
        if !self.names.insert(name.to_string()) {
            return Err(Error::Name(format!(
                "\"{name}\" is used twice: each input, parameter and node needs its own name"
            )));
        }
        Ok(self.add(name.to_string(), ty, source))
    }

    fn add(&mut self, name: String, ty: Type, source: Source) -> Value {
        self.values.push(ValueInfo { name, ty, source });
        Value(self.values.len() as u32 - 1)
    }

    /// `wanted`, or `wanted.1`, `wanted.2` … when it is taken.
    fn free_name(&mut self, wanted: &str) -> String {
        let mut name = wanted.to_string();
        let mut count = 0;
        while !self.names.insert(name.clone()) {
            count += 1;
            name = format!("{wanted}.{count}");
        }
        name
    }

    /// Places an op. Its shape rule runs now, and a misfit is an error that names op and node.
    pub fn push(&mut self, name: &str, op: impl Operation, inputs: &[Value]) -> Result<Vec<Value>, Error> {
        self.place(name, Arc::new(op), inputs)
    }

    /// Places an op with one output; see [`push`](Self::push).
    pub fn push1(&mut self, name: &str, op: impl Operation, inputs: &[Value]) -> Result<Value, Error> {
        Ok(self.place(name, Arc::new(op), inputs)?[0])
    }

    /// As [`push`](Self::push), for an op that is shared.
    pub fn place(&mut self, name: &str, op: Arc<dyn Operation>, inputs: &[Value]) -> Result<Vec<Value>, Error> {
        let types: Vec<&Type> = inputs.iter().map(|v| &self.values[v.at()].ty).collect();
        let outputs =
            op.outputs(&types).map_err(|misfit| Error::Op { op: op.name(), node: name.to_string(), why: misfit.0 })?;
        let name = self.free_name(name);
        let node = self.nodes.len();
        let several = outputs.len() > 1;
        let outputs: Vec<Value> = outputs
            .into_iter()
            .enumerate()
            .map(|(i, ty)| {
                let label = if several { format!("{name}:{i}") } else { name.clone() };
                self.add(label, ty, Source::Node(node, i))
            })
            .collect();
        self.nodes.push(Node { name, op, inputs: inputs.to_vec(), outputs: outputs.clone() });
        Ok(outputs)
    }

    /// After each run, `state` becomes `value`.
    pub fn assign(&mut self, state: Value, value: Value) {
        self.assigned.push((state, value));
    }

    /// Calls a value by another name: a parameter or state is then that one of the memory it runs in.
    ///
    /// # Errors
    /// Something else has the name.
    pub fn rename(&mut self, value: Value, name: &str) -> Result<(), Error> {
        if self.names.contains(name) {
            return Err(Error::Name(format!("\"{name}\" is there already, {} cannot be called so", self.name(value))));
        }
        let old = std::mem::replace(&mut self.values[value.at()].name, name.to_string());
        self.names.remove(&old);
        self.names.insert(name.to_string());
        Ok(())
    }

    /// Shape and dtype of a value.
    pub fn ty(&self, value: Value) -> &Type {
        &self.values[value.at()].ty
    }

    /// Name of a value.
    pub fn name(&self, value: Value) -> &str {
        &self.values[value.at()].name
    }

    /// Where a value comes from.
    pub fn source(&self, value: Value) -> &Source {
        &self.values[value.at()].source
    }

    /// The value with this name.
    pub fn find(&self, name: &str) -> Option<Value> {
        self.values.iter().position(|v| v.name == name).map(|at| Value(at as u32))
    }

    /// All nodes, in an order in which they can run.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// All values, in the order in which they were added.
    pub fn values(&self) -> impl Iterator<Item = Value> + use<> {
        (0..self.values.len() as u32).map(Value)
    }

    /// States with the values that they become after each run.
    pub fn assigned(&self) -> &[(Value, Value)] {
        &self.assigned
    }

    /// Parameters, in order.
    pub fn parameters(&self) -> Vec<Value> {
        self.values().filter(|&v| matches!(self.source(v), Source::Parameter(_))).collect()
    }

    /// States, in order.
    pub fn states(&self) -> Vec<Value> {
        self.values().filter(|&v| matches!(self.source(v), Source::State(_))).collect()
    }

    /// Inputs, in order.
    pub fn inputs(&self) -> Vec<Value> {
        self.values().filter(|&v| matches!(self.source(v), Source::Input)).collect()
    }

    /// What a run computes: what is fetched, then the new values of assigned states.
    pub fn roots(&self, fetch: &[Value]) -> Vec<Value> {
        fetch.iter().copied().chain(self.assigned.iter().map(|&(_, value)| value)).collect()
    }

    /// Indices of the nodes that `wanted` depends on, in order.
    pub fn needed(&self, wanted: &[Value]) -> Vec<usize> {
        let mut live: HashSet<Value> = wanted.iter().copied().collect();
        let mut nodes: Vec<usize> = Vec::new();
        for (at, node) in self.nodes.iter().enumerate().rev() {
            if node.outputs.iter().any(|v| live.contains(v)) {
                live.extend(&node.inputs);
                nodes.push(at);
            }
        }
        nodes.reverse();
        nodes
    }

    /// Readings of values when these nodes run and `roots` are taken behind them.
    pub(crate) fn uses(&self, nodes: &[usize], roots: &[Value]) -> Uses {
        let mut uses = HashMap::new();
        let read = nodes.iter().flat_map(|&at| &self.nodes[at].inputs);
        read.chain(roots).for_each(|&v| *uses.entry(v).or_default() += 1);
        Uses(uses)
    }
}

/// Readings of values that are still to come: who runs a graph drops a value behind its last one.
pub(crate) struct Uses(HashMap<Value, usize>);

impl Uses {
    /// Counts a reading; whether it was the last.
    pub(crate) fn last(&mut self, value: Value) -> bool {
        let left = self.0.get_mut(&value).expect("invariant: only what was counted is read");
        *left -= 1;
        *left == 0
    }
}
