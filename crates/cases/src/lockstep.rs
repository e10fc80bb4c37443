//! A whole graph on a device and through the interpreter in lockstep: each node gets the device's own inputs and is
//! compared alone, so that rounding does not add up and the first wrong node is the culprit.
//!
//! The plan is the one that runs otherwise, with its fusions and layouts; only every value is read back.

use crate::ask::{Ask, Wrong};
use crate::tolerances::tolerances;
use graph::gpu_core::{Buffer, Device, Layout, Order, Program};
use graph::ops::Conv;
use graph::plan::{Homes, Request, plan, rewritten};
use graph::{DType, Error, Graph, Io, Operand, Source, Tensor, Value};
use std::collections::HashMap;

/// What came of it.
#[derive(Clone, Debug)]
pub struct Lockstep {
    /// The nodes in order, up to the first wrong one.
    pub nodes: Vec<Checked>,
    /// The first value out of tolerance.
    pub difference: Option<Difference>,
}

/// A node that was compared.
#[derive(Clone, Debug)]
pub struct Checked {
    /// Its name.
    pub node: String,
    /// Its op.
    pub op: String,
    /// The kernel that ran.
    pub kernel: String,
    /// Its largest error in tolerances.
    pub worst: f64,
}

/// A value out of tolerance.
#[derive(Clone, Debug)]
pub struct Difference {
    /// The node that made it.
    pub node: String,
    /// The node's op.
    pub op: String,
    /// The kernel that ran.
    pub kernel: String,
    /// The value.
    pub tensor: String,
    /// Its worst element.
    pub wrong: Wrong,
    /// Its shape.
    pub shape: Vec<usize>,
    /// The error of each element in tolerances, row-major.
    pub errors: Vec<f64>,
}

/// Runs `graph` for `fetch` on the device, with the first candidate of each node whatever is known of it, and compares
/// node by node. `leaf` gives inputs, parameters and states. `progress` is told how many nodes of how many are done.
///
/// # Errors
/// A leaf of another type than declared, an op that no kernel runs, device lost or out of memory.
pub fn lockstep(
    device: &Device,
    graph: &Graph,
    fetch: &[Value],
    order: Option<Order>,
    leaf: &dyn Fn(Value) -> Result<Tensor, Error>,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Lockstep, Error> {
    let request = Request { fetch, caps: device.caps(), order, choose: None };
    let graph = &rewritten(graph, &request);
    let roots = graph.roots(fetch);
    let nodes: Vec<usize> = graph.needed(&roots);
    let all: Vec<Value> = nodes.iter().flat_map(|&at| graph.nodes()[at].outputs.clone()).collect();
    let mut homes = Homes::default();
    let planned = plan(graph, &Request { fetch: &all, ..request }, &mut homes)?;
    let mut leaves: HashMap<Value, Tensor> = HashMap::new();
    for value in nodes.iter().flat_map(|&at| &graph.nodes()[at].inputs) {
        match graph.source(*value) {
            Source::Node(..) => {}
            Source::Constant(tensor) => drop(leaves.insert(*value, tensor.clone())),
            _ => drop(leaves.insert(*value, leaf(*value)?)),
        }
    }
    let mut values = run(device, graph, &planned, &homes, &leaves)?;
    for (&value, place) in all.iter().zip(&planned.fetched) {
        let bytes = values.program.read(place.region)?;
        values.of.insert(value, Tensor::unpack(graph.ty(value), place.layout, &bytes));
    }
    let values = values.of;

    let kernels: HashMap<&str, &str> =
        planned.rows.iter().map(|row| (row.node.as_str(), row.candidate.as_str())).collect();
    let mut checked = Vec::new();
    for (done, &at) in nodes.iter().enumerate() {
        progress(done, nodes.len());
        let node = &graph.nodes()[at];
        if node.op.is_view() {
            continue;
        }
        let operands = |values: &[Value]| -> Vec<Operand> {
            values.iter().map(|&v| Operand { ty: graph.ty(v).clone(), layout: Layout::PLAIN }).collect()
        };
        let io = Io { inputs: operands(&node.inputs), outputs: operands(&node.outputs) };
        let held = |value: &Value| leaves.get(value).or_else(|| values.get(value)).cloned();
        let data: Vec<Tensor> = node.inputs.iter().filter_map(held).collect();
        let mut got: Vec<Tensor> = node.outputs.iter().filter_map(|value| values.get(value).cloned()).collect();
        // Which of two equal elements won may differ by a rounding of the sums before; their gradients tell.
        if node.op_as::<Conv>().is_some_and(|conv| conv.pool) {
            got.retain(|tensor| tensor.ty().dtype != DType::U8);
        }
        let tolerances = tolerances(node.op.as_ref(), &io);
        let ask = Ask { label: node.name.clone(), op: node.op.clone(), io, data, tolerances };
        let answer = ask.answer();
        let (worst, wrong) = ask.compare(&got, &answer);
        let (op, kernel) = (node.op.name().to_string(), kernels.get(node.name.as_str()).copied().unwrap_or_default());
        let (node_name, kernel) = (node.name.clone(), kernel.to_string());
        checked.push(Checked { node: node_name.clone(), op: op.clone(), kernel: kernel.clone(), worst });
        if let Some(wrong) = wrong {
            let value = node.outputs[wrong.output];
            let errors = ask.errors(&got[wrong.output], &answer, wrong.output);
            let (tensor, shape) = (graph.name(value).to_string(), graph.ty(value).shape.to_vec());
            let difference = Difference { node: node_name, op, kernel, tensor, wrong, shape, errors };
            return Ok(Lockstep { nodes: checked, difference: Some(difference) });
        }
    }
    progress(nodes.len(), nodes.len());
    Ok(Lockstep { nodes: checked, difference: None })
}

/// A program that has run, and what is read from it.
struct Ran {
    program: Program,
    of: HashMap<Value, Tensor>,
}

fn run(
    device: &Device,
    graph: &Graph,
    planned: &graph::plan::Planned,
    homes: &Homes,
    leaves: &HashMap<Value, Tensor>,
) -> Result<Ran, Error> {
    let missing = |name: &str| Error::Name(format!("nobody gave \"{name}\""));
    let mut buffers: Vec<(String, Buffer)> = Vec::new();
    for (name, bytes) in homes.buffers() {
        buffers.push((name.to_string(), device.buffer(name, bytes)?));
    }
    for (name, home) in homes.iter() {
        let tensor = graph.find(name).and_then(|value| leaves.get(&value)).ok_or_else(|| missing(name))?;
        let buffer = buffers.iter().find(|(buffer, _)| *buffer == home.buffer).ok_or_else(|| missing(&home.buffer))?;
        device.write(&buffer.1, home.offset, &tensor.pack(home.layout))?;
    }
    let bound: Vec<(&str, &Buffer)> = buffers.iter().map(|(name, buffer)| (name.as_str(), buffer)).collect();
    let program = Program::compile(device, &planned.plan, &bound)?;
    for (value, place) in &planned.inputs {
        let tensor = leaves.get(value).ok_or_else(|| missing(graph.name(*value)))?;
        program.upload(place.region, &tensor.pack(place.layout))?;
    }
    program.run(1)?;
    Ok(Ran { program, of: HashMap::new() })
}
