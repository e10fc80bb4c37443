//! A checked model to a lenslet graph: each node by the function that `table.rs` names for its operator.
//!
//! Shapes are known while this runs, so that arithmetic on shapes is folded away (`site.rs`), and what a node cannot
//! do is told before anything runs: all nodes at once, not the first alone. The functions stand in files by family.
//! [`Imported::run`], which carries tensors in and out, is in `run.rs`.

mod arg;
mod cast;
mod choice;
mod conv;
mod conv_transpose;
mod convert;
mod elementwise;
mod linear;
mod loss;
mod moves;
mod norm;
mod pool;
mod reduce;
mod resize;
mod run;
mod sample_norm;
mod shape;
mod site;
mod table;
mod window;

use crate::{DataType, Dim, Error, Model, Node, Tensor, ValueInfo};
use graph::{Graph, Value};
use site::{Build, Edge, Site};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub use run::Session;

/// What a caller settles before a model becomes a graph.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Length of the first axis of every input that leaves it open.
    pub batch: Option<usize>,
    /// Lengths by the symbols that the model names them with.
    pub dims: BTreeMap<String, usize>,
    /// Whole shapes by input, in place of what the model says.
    pub shapes: BTreeMap<String, Vec<usize>>,
    /// Values of inputs, used only where an operator must know them while the graph is built: shapes, axes, counts.
    pub known: BTreeMap<String, Tensor>,
    /// Weights become parameters, which training may change, instead of constants.
    pub trainable: bool,
}

/// A model as a graph.
#[derive(Clone, Debug)]
pub struct Imported {
    /// The graph.
    pub graph: Arc<Graph>,
    /// What it is given, in the model's order.
    pub inputs: Vec<Input>,
    /// What it gives, in the model's order.
    pub outputs: Vec<Output>,
}

/// An input of an imported model.
#[derive(Clone, Debug)]
pub struct Input {
    /// The model's name for it.
    pub name: String,
    /// The model's element type; on devices it is the graph's.
    pub dtype: DataType,
    /// Where it enters the graph. `None` where it was needed while the graph was built, and no node reads it now.
    pub value: Option<Value>,
}

/// An output of an imported model.
#[derive(Clone, Debug)]
pub struct Output {
    /// The model's name for it.
    pub name: String,
    /// The model's element type.
    pub dtype: DataType,
    /// Where it comes from.
    pub source: Given,
}

/// Where an output comes from.
#[derive(Clone, Debug)]
pub enum Given {
    /// From running the graph.
    Run(Value),
    /// From the model alone: no input bears on it.
    Constant(Arc<Tensor>),
}

impl Output {
    /// Its value in the graph, unless it is known without running.
    pub fn value(&self) -> Option<Value> {
        if let Given::Run(value) = self.source { Some(value) } else { None }
    }
}

/// Builds the graph of a model.
///
/// # Errors
/// Operators, attributes and shapes that are not supported, all of them in one [`Error::Operators`]; inputs whose
/// shape is left open by model and options.
pub fn import(model: &Model, options: &Options) -> Result<Imported, Error> {
    let opset = model.opsets.get("").copied();
    unknown_operators(model, opset)?;
    let mut build = Build::new(model, options);
    let inputs = open_inputs(model, options, &mut build)?;
    let mut problems = Vec::new();
    let mut missing: BTreeSet<&str> = BTreeSet::new();
    for node in &model.graph.nodes {
        // What hangs on a node that failed has no shapes to be judged by.
        if node.inputs.iter().any(|name| missing.contains(name.as_str())) {
            missing.extend(node.outputs.iter().map(String::as_str));
            continue;
        }
        let run = table::find(node).ok_or_else(|| Error::unsupported(node.label(), "is no operator of lenslet's"));
        let made = run.and_then(|run| run(&mut Site::new(&mut build, node, opset.unwrap_or(1))));
        match made.and_then(|made| build.define(node, made)) {
            Ok(()) => {}
            Err(problem) => {
                problems.push(problem.to_string());
                missing.extend(node.outputs.iter().map(String::as_str));
            }
        }
    }
    if !problems.is_empty() {
        return Err(Error::Operators { problems });
    }
    let outputs = model.graph.outputs.iter().map(|output| give(&mut build, output)).collect::<Result<_, _>>()?;
    Ok(Imported { graph: Arc::new(build.graph), inputs, outputs })
}

/// Refuses operators that the table does not have, each with all the nodes that use it.
fn unknown_operators(model: &Model, opset: Option<i64>) -> Result<(), Error> {
    let mut unknown: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for node in model.graph.nodes.iter().filter(|node| table::find(node).is_none()) {
        let Node { domain, op_type, .. } = node;
        let operator = if domain.is_empty() { op_type.clone() } else { format!("{domain}.{op_type}") };
        let name = if node.name.is_empty() { node.outputs.first() } else { Some(&node.name) };
        unknown.entry(operator).or_default().push(format!("{:?}", name.map_or("", String::as_str)));
    }
    let mut problems: Vec<String> = unknown
        .into_iter()
        .map(|(operator, nodes)| format!("operator {operator} is not supported; used by {}", nodes.join(", ")))
        .collect();
    match opset {
        Some(version) if version < 6 => {
            problems.push(format!(
                "opset {version} is too old: 6 and newer are read; convert it with onnx.version_converter"
            ));
        }
        None if model.graph.nodes.iter().any(|node| node.domain.is_empty()) => {
            problems.push("the file does not say which opset its operators mean".into());
        }
        _ => {}
    }
    if problems.is_empty() { Ok(()) } else { Err(Error::Operators { problems }) }
}

fn open_inputs(model: &Model, options: &Options, build: &mut Build<'_>) -> Result<Vec<Input>, Error> {
    let mut inputs = Vec::new();
    for input in model.graph.required_inputs() {
        let shape = input_shape(input, options)?;
        let value = build.input(input, &shape)?;
        inputs.push(Input { name: input.name.clone(), dtype: input.dtype, value });
    }
    Ok(inputs)
}

fn input_shape(input: &ValueInfo, options: &Options) -> Result<Vec<usize>, Error> {
    let at = || format!("input {:?}", input.name);
    if let Some(shape) = options.shapes.get(&input.name) {
        return Ok(shape.clone());
    }
    let Some(dims) = &input.dims else {
        return Err(Error::unsupported(at(), "the model does not state its shape: give it in Options::shapes"));
    };
    let open = |axis: usize, dim: &Dim| match dim {
        Dim::Value(length) => Ok(*length),
        Dim::Symbol(symbol) if options.dims.contains_key(symbol) => Ok(options.dims[symbol]),
        _ if axis == 0 && options.batch.is_some() => Ok(options.batch.unwrap_or(1)),
        dim => {
            let name = if let Dim::Symbol(symbol) = dim { format!(" ({symbol:?})") } else { String::new() };
            Err(Error::unsupported(at(), format!("axis {axis}{name} has no length: give a batch size, or its length")))
        }
    };
    dims.iter().enumerate().map(|(axis, dim)| open(axis, dim)).collect()
}

fn give(build: &mut Build<'_>, output: &ValueInfo) -> Result<Output, Error> {
    let edge = build.edge(&output.name)?;
    let dtype = if output.dtype == DataType::Other(0) { edge.dtype() } else { output.dtype };
    let source = match edge {
        Edge::Constant(tensor) => Given::Constant(tensor),
        Edge::Value(value, _) => Given::Run(value),
    };
    Ok(Output { name: output.name.clone(), dtype, source })
}
