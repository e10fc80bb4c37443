//! What an operator's function works with: its node, the values it reads, and ways to place ops.
//!
//! An [`Edge`] is known now or only when the graph runs. An op whose inputs are all known is computed here, through its
//! reference, and leaves nothing in the graph: so shape arithmetic and preprocessing of weights vanish.

use super::Options;
use super::convert::{from_wide, is_float, on_device, to_graph, to_wide};
use crate::{DataType, Error, Model, Node, Tensor, ValueInfo};
use graph::{DType, Graph, Init, Operation, Type, Value, Wide};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A value of the model: its elements, or its place in the graph and the model's element type.
#[derive(Clone, Debug)]
pub(super) enum Edge {
    Constant(Arc<Tensor>),
    Value(Value, DataType),
}

impl Edge {
    pub(super) fn dtype(&self) -> DataType {
        match self {
            Edge::Constant(tensor) => tensor.dtype(),
            Edge::Value(_, dtype) => *dtype,
        }
    }

    pub(super) fn constant(tensor: Tensor) -> Self {
        Edge::Constant(Arc::new(tensor))
    }
}

/// The graph as far as it is built.
pub(super) struct Build<'a> {
    pub(super) graph: Graph,
    options: &'a Options,
    initializers: BTreeMap<&'a str, Arc<Tensor>>,
    edges: BTreeMap<String, Edge>,
    /// Constants and parameters that the graph has already, by where their tensor lies; it is held, so that no other
    /// can come to lie there.
    placed: BTreeMap<(usize, bool), (Value, Arc<Tensor>)>,
    /// Names of inputs, to look up what is known of them.
    given: BTreeMap<Value, String>,
}

impl<'a> Build<'a> {
    pub(super) fn new(model: &'a Model, options: &'a Options) -> Self {
        let initializers =
            model.graph.initializers.iter().map(|(name, t)| (name.as_str(), Arc::new(t.clone()))).collect();
        Build {
            graph: Graph::new(),
            options,
            initializers,
            edges: BTreeMap::new(),
            placed: BTreeMap::new(),
            given: BTreeMap::new(),
        }
    }

    /// Opens an input; one that has no elements can only be a constant.
    pub(super) fn input(&mut self, info: &ValueInfo, shape: &[usize]) -> Result<Option<Value>, Error> {
        let at = || format!("input {:?}", info.name);
        let Some(dtype) = on_device(info.dtype) else {
            return Err(Error::unsupported(at(), format!("elements of {} cannot be computed with", info.dtype)));
        };
        if shape.contains(&0) {
            let Some(known) = self.options.known.get(&info.name) else {
                return Err(Error::unsupported(
                    at(),
                    format!("shape {shape:?} has no elements: devices cannot hold it"),
                ));
            };
            self.edges.insert(info.name.clone(), Edge::constant(known.clone()));
            return Ok(None);
        }
        let value = self.graph.input(&info.name, Type { shape: shape.to_vec().into(), dtype })?;
        self.edges.insert(info.name.clone(), Edge::Value(value, info.dtype));
        self.given.insert(value, info.name.clone());
        Ok(Some(value))
    }

    pub(super) fn edge(&self, name: &str) -> Result<Edge, Error> {
        let initializer = || self.initializers.get(name).cloned().map(Edge::Constant);
        let found = self.edges.get(name).cloned().or_else(initializer);
        found.ok_or_else(|| Error::malformed(format!("value {name:?}"), "nothing makes it"))
    }

    /// Names what a node made.
    pub(super) fn define(&mut self, node: &Node, made: Vec<Edge>) -> Result<(), Error> {
        for (k, name) in node.outputs.iter().enumerate().filter(|(_, name)| !name.is_empty()) {
            let Some(edge) = made.get(k) else {
                return Err(Error::unsupported(node.label(), format!("output {k} ({name:?}) is not supported")));
            };
            self.edges.insert(name.clone(), edge.clone());
        }
        Ok(())
    }

    fn place(&mut self, tensor: &Arc<Tensor>, name: &str, trained: bool) -> Result<Value, Error> {
        let key = (Arc::as_ptr(tensor) as usize, trained);
        if let Some((value, _)) = self.placed.get(&key) {
            return Ok(*value);
        }
        let data = to_graph(tensor)?;
        if data.shape().contains(&0) {
            return Err(Error::unsupported(
                name,
                format!("shape {} has no elements: devices cannot hold it", data.shape()),
            ));
        }
        let value = if trained {
            self.graph.parameter(name, data.ty(), Init::Given(data))?
        } else {
            self.graph.constant(name, data)
        };
        self.placed.insert(key, (value, tensor.clone()));
        Ok(value)
    }
}

/// A node at work: what `table.rs` hands to an operator's function.
pub(super) struct Site<'a, 'm> {
    build: &'a mut Build<'m>,
    pub(super) node: &'a Node,
    pub(super) opset: i64,
}

/// What an operator's function gives: its outputs, in the operator's order.
pub(super) type Made = Result<Vec<Edge>, Error>;

impl<'a, 'm> Site<'a, 'm> {
    pub(super) fn new(build: &'a mut Build<'m>, node: &'a Node, opset: i64) -> Self {
        Site { build, node, opset }
    }

    pub(super) fn unsupported(&self, problem: impl Into<String>) -> Error {
        Error::unsupported(self.node.label(), problem)
    }

    pub(super) fn malformed(&self, problem: impl Into<String>) -> Error {
        Error::malformed(self.node.label(), problem)
    }

    /// Input `k`, which the operator cannot do without.
    pub(super) fn x(&self, k: usize) -> Result<Edge, Error> {
        self.maybe(k)?.ok_or_else(|| self.malformed(format!("input {k} is missing")))
    }

    /// Input `k`, if it is there.
    pub(super) fn maybe(&self, k: usize) -> Result<Option<Edge>, Error> {
        self.node.input(k).map(|name| self.build.edge(name)).transpose()
    }

    /// Input `k` as a weight: a parameter where training is wanted.
    pub(super) fn weight(&mut self, k: usize) -> Result<Edge, Error> {
        let edge = self.x(k)?;
        match (&edge, self.node.input(k)) {
            (Edge::Constant(tensor), Some(name)) if self.build.options.trainable && is_float(tensor.dtype()) => {
                Ok(Edge::Value(self.build.place(tensor, name, true)?, tensor.dtype()))
            }
            _ => Ok(edge),
        }
    }

    /// As [`weight`](Self::weight), for one that may be left out.
    pub(super) fn maybe_weight(&mut self, k: usize) -> Result<Option<Edge>, Error> {
        self.node.input(k).is_some().then(|| self.weight(k)).transpose()
    }

    /// The elements of input `k`, which must be known now; `None` where it is left out.
    pub(super) fn known(&self, k: usize) -> Result<Option<Arc<Tensor>>, Error> {
        let Some(edge) = self.maybe(k)? else { return Ok(None) };
        let value = match edge {
            Edge::Constant(tensor) => return Ok(Some(tensor)),
            Edge::Value(value, _) => value,
        };
        let name = self.build.given.get(&value);
        match name.and_then(|name| self.build.options.known.get(name)) {
            Some(tensor) => Ok(Some(Arc::new(tensor.clone()))),
            None => Err(self.unsupported(format!(
                "input {k} ({:?}) must be known when the graph is built: shapes are fixed then; make it an \
                 initializer, or give it in Options::known",
                self.node.inputs[k]
            ))),
        }
    }

    /// Input `k` as integers known now.
    pub(super) fn known_ints(&self, k: usize) -> Result<Option<Vec<i64>>, Error> {
        let Some(tensor) = self.known(k)? else { return Ok(None) };
        let ints = tensor
            .to_i64()
            .ok_or_else(|| self.malformed(format!("input {k} must be integers, got {}", tensor.dtype())));
        ints.map(Some)
    }

    /// Input `k` as floats known now.
    pub(super) fn known_floats(&self, k: usize) -> Result<Option<Vec<f32>>, Error> {
        let Some(tensor) = self.known(k)? else { return Ok(None) };
        let floats =
            tensor.to_f32().ok_or_else(|| self.malformed(format!("input {k} must be numbers, got {}", tensor.dtype())));
        floats.map(Some)
    }

    /// Integers by the attribute `name` of older opsets, or by input `k` of newer ones.
    pub(super) fn ints(&self, name: &str, k: usize) -> Result<Option<Vec<i64>>, Error> {
        match self.node.ints(name)? {
            Some(list) => Ok(Some(list.to_vec())),
            None => self.known_ints(k),
        }
    }

    pub(super) fn shape(&self, edge: &Edge) -> Vec<usize> {
        match edge {
            Edge::Constant(tensor) => tensor.dims().to_vec(),
            Edge::Value(value, _) => self.build.graph.ty(*value).shape.to_vec(),
        }
    }

    /// An axis counted from the front, or from the back where it is negative.
    pub(super) fn axis(&self, axis: i64, rank: usize) -> Result<usize, Error> {
        let at = if axis < 0 { axis + rank as i64 } else { axis };
        if (0..rank as i64).contains(&at) {
            return Ok(at as usize);
        }
        Err(self.malformed(format!("axis {axis} is out of range for {rank} axes")))
    }

    /// As [`axis`](Self::axis), for each; none twice.
    pub(super) fn axes(&self, axes: &[i64], rank: usize) -> Result<Vec<usize>, Error> {
        let mut all = Vec::new();
        for &axis in axes {
            let axis = self.axis(axis, rank)?;
            if all.contains(&axis) {
                return Err(self.malformed(format!("axis {axis} is named twice in {axes:?}")));
            }
            all.push(axis);
        }
        Ok(all)
    }

    /// Where an edge lies in the graph; one that is known becomes a constant there.
    pub(super) fn value(&mut self, edge: &Edge) -> Result<Value, Error> {
        match edge {
            Edge::Value(value, _) => Ok(*value),
            Edge::Constant(tensor) => {
                let initializer = self.build.initializers.iter().find(|(_, held)| Arc::ptr_eq(held, tensor));
                let name =
                    initializer.map_or_else(|| format!("{}.constant", self.name()), |(name, _)| name.to_string());
                self.build.place(tensor, &name, false)
            }
        }
    }

    /// The node's name, or its first output's where it has none.
    fn name(&self) -> String {
        let output = self.node.outputs.iter().find(|name| !name.is_empty());
        let name = if self.node.name.is_empty() { output } else { Some(&self.node.name) };
        name.cloned().unwrap_or_else(|| self.node.op_type.clone())
    }

    /// Places an op with one output.
    pub(super) fn push(&mut self, op: impl Operation, inputs: &[Edge]) -> Result<Edge, Error> {
        Ok(self.push_all(op, inputs)?.swap_remove(0))
    }

    /// Places an op, or computes it now where all its inputs are known. Outputs have the element type of the first input
    /// where that is of the same kind.
    pub(super) fn push_all(&mut self, op: impl Operation, inputs: &[Edge]) -> Made {
        let like = inputs.first().map_or(DataType::F32, Edge::dtype);
        let known: Option<Vec<&Tensor>> =
            inputs.iter().map(|edge| if let Edge::Constant(t) = edge { Some(t.as_ref()) } else { None }).collect();
        if let Some(tensors) = known.filter(|tensors| !tensors.is_empty()) {
            return self.fold(&op, &tensors, like);
        }
        let values: Vec<Value> = inputs.iter().map(|edge| self.value(edge)).collect::<Result<_, _>>()?;
        let made = self.build.graph.push(&self.name(), op, &values)?;
        let edge = |value: Value| Edge::Value(value, typed(self.build.graph.ty(value).dtype, like));
        Ok(made.into_iter().map(edge).collect())
    }

    fn fold(&self, op: &dyn Operation, tensors: &[&Tensor], like: DataType) -> Made {
        let ty = |t: &&Tensor, dtype: DType| Type { shape: t.dims().to_vec().into(), dtype };
        let own: Vec<Type> = tensors.iter().map(|t| ty(t, on_device(t.dtype()).unwrap_or(DType::F32))).collect();
        let outputs = |types: &[Type]| op.outputs(&types.iter().collect::<Vec<_>>());
        let (types, as_floats) = match outputs(&own) {
            Ok(types) => (types, false),
            // Kernels may be for floats only; the reference computes in f64, where these integers are exact.
            Err(misfit) => {
                let floats: Vec<Type> = tensors.iter().map(|t| ty(t, DType::F32)).collect();
                (outputs(&floats).map_err(|_| self.unsupported(format!("{}: {}", op.name(), misfit.0)))?, true)
            }
        };
        let wide: Vec<Wide> = tensors.iter().map(|t| to_wide(t)).collect::<Result<_, _>>()?;
        let made = op.reference(&wide.iter().collect::<Vec<_>>());
        let edge = |(wide, ty): (Wide, Type)| {
            let dtype = if as_floats && ty.dtype == DType::F32 { like } else { typed(ty.dtype, like) };
            from_wide(&wide, dtype).map(Edge::constant)
        };
        made.into_iter().zip(types).map(edge).collect()
    }
}

/// The model's element type of what a device holds as `dtype`, made from a value of type `like`.
fn typed(dtype: DType, like: DataType) -> DataType {
    if on_device(like) == Some(dtype) {
        return like;
    }
    match dtype {
        DType::F32 => DataType::F32,
        DType::I32 => DataType::I64,
        DType::U8 => DataType::U8,
        DType::Bool => DataType::Bool,
    }
}
