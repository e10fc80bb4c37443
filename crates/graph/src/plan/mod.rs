//! From a graph to a plan: layouts, candidates, memory, launches. Pure: the same graph, caps and choices give the
//! same plan, with or without a device.

mod arenas;
mod emit;
mod homes;
mod layouts;
pub mod memory;

use crate::graph::{Graph, Node, Value};
use crate::rewrite::rewrite;
use crate::{Error, Io, Misfit};
use gpu_core::{Candidate, Caps, Layout, Order, Plan, Region};

pub use homes::{BLOCK, Home, Homes};

/// Picks one of several candidates; gets the node, how its operands lie, and the candidates, best guess first. An error
/// says why none of them may run.
pub type Choose<'a> = &'a dyn Fn(&Node, &Io, &[Candidate]) -> Result<Choice, Misfit>;

/// Which candidate runs, and which were passed over because they are wrong on this device.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// Its place among the candidates.
    pub index: usize,
    /// Each candidate that was withheld, by name, and what is wrong with it.
    pub withheld: Vec<String>,
}

impl From<usize> for Choice {
    fn from(index: usize) -> Self {
        Choice { index, withheld: Vec::new() }
    }
}

/// What a plan is made for.
pub struct Request<'a> {
    /// Values to be read afterwards. What they do not depend on is left out; assigned states always count.
    pub fetch: &'a [Value],
    /// The device.
    pub caps: &'a Caps,
    /// The order that activations should lie in; `None` lets the batch size and the device decide.
    pub order: Option<Order>,
    /// Picks candidates; `None` takes the best guess.
    pub choose: Option<Choose<'a>>,
}

/// A value's place in a plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// Which bytes.
    pub region: Region,
    /// How it lies.
    pub layout: Layout,
}

/// One line of `explain`: what became of a node.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row {
    /// Name of the node, or of the value that is converted.
    pub node: String,
    /// Name of the op, or `convert`.
    pub op: String,
    /// The op's attributes.
    pub attributes: String,
    /// Types of the outputs.
    pub outputs: Vec<String>,
    /// Layout of the first output.
    pub layout: Layout,
    /// What the candidate was chosen for, as text: the node, its op, attributes, outputs and layout; empty for views.
    pub question: String,
    /// Name of the chosen candidate; empty for views.
    pub candidate: String,
    /// Number of candidates that there were.
    pub candidates: usize,
    /// Candidates that were found wrong on this device and are not used there, each with the reason.
    pub withheld: Vec<String>,
    /// Number of launches.
    pub launches: usize,
    /// Arithmetic, multiply and add counted as two.
    pub flops: u64,
    /// Slot of the first output.
    pub slot: u32,
    /// Bytes of the outputs.
    pub bytes: u64,
}

/// What the candidate of a node is chosen for: the node with its op, attributes, types of outputs and layout, as text.
pub(crate) fn question(node: &Node, io: &Io) -> String {
    let outputs = io.outputs.iter().map(|output| output.ty.to_string());
    let layout = io.outputs.first().map(|output| output.layout.to_string());
    let words = [node.name.clone(), node.op.name().into(), node.op.describe()].into_iter().chain(outputs).chain(layout);
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// A plan, and where its values are.
#[derive(Clone, Debug)]
pub struct Planned {
    /// Slots and launches.
    pub plan: Plan,
    /// Where to put each input that is used.
    pub inputs: Vec<(Value, Place)>,
    /// Where to find each fetched value, in the order of the request.
    pub fetched: Vec<Place>,
    /// What became of each node, in order.
    pub rows: Vec<Row>,
    /// Bytes of transient slots.
    pub transient_bytes: u64,
    /// What no plan can go below: transient bytes alive at one time, and slots that single launches need apart.
    pub least_bytes: u64,
}

/// Batches from this size on lie batch-innermost on a software adapter: one subgroup's vec4s hold 32 images.
const INNERMOST_FROM: usize = 16;

/// Makes a plan. `homes` gets the places of parameters and states that it does not have yet.
pub fn plan(graph: &Graph, request: &Request<'_>, homes: &mut Homes) -> Result<Planned, Error> {
    let roots = graph.roots(request.fetch);
    let order = request.order.unwrap_or_else(|| preferred(graph, request.caps));
    let graph = &rewrite(graph, &roots, request.caps, order);
    let nodes = graph.needed(&roots);
    let (events, fetched) = layouts::lay_out(graph, &nodes, request.fetch, order, homes, request.caps);
    homes.extend(graph, &events, &fetched, request.caps);
    emit::emit(graph, request, homes, &events, &fetched)
}

/// The graph that [`plan`] plans: after all rewrite rules. Values keep their places in it.
pub fn rewritten(graph: &Graph, request: &Request<'_>) -> Graph {
    let roots = graph.roots(request.fetch);
    let order = request.order.unwrap_or_else(|| preferred(graph, request.caps));
    rewrite(graph, &roots, request.caps, order)
}

/// Batch-innermost where it pays: on a software adapter, when the inputs' first axis is a batch worth its lanes.
fn preferred(graph: &Graph, caps: &Caps) -> Order {
    let batch = graph.inputs().iter().filter_map(|&v| graph.ty(v).shape.first().copied()).max().unwrap_or(1);
    match caps.family {
        gpu_core::Family::Software if batch >= INNERMOST_FROM => Order::FirstInner,
        _ => Order::Plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::{BatchNorm, Conv, Linear, RowNorm, Softmax};
    use crate::{Operation, Type, Window};

    /// Plans an op with its gradients for a device.
    fn planned(op: impl Operation, shapes: &[&[usize]], caps: &Caps) -> Result<Planned, Error> {
        let mut graph = Graph::new();
        let named = shapes.iter().enumerate().map(|(i, &shape)| graph.input(&format!("x{i}"), Type::f32(shape)));
        let inputs: Vec<Value> = named.collect::<Result<_, _>>()?;
        let y = graph.push("y", op, &inputs)?[0];
        let loss = graph.push1("loss", crate::ops::Reduce::sum(&[]), &[y])?;
        let gradients = graph.gradients(loss, &inputs[..inputs.len().min(3)])?;
        let request = Request { fetch: &gradients, caps, order: None, choose: None };
        plan(&graph, &request, &mut Homes::default())
    }

    #[test]
    fn long_sums_are_split_where_a_driver_leaves_long_loops() {
        let caps = Caps::software();
        let channels = |c: usize| [c];
        let [c, k] = [channels(512), channels(64)];
        let batch = planned(BatchNorm::default(), &[&[128, 512, 56, 56], &c, &c, &c, &c], &caps);
        let layer = planned(RowNorm::layer_norm(1, 1e-5), &[&[600_000, 700], &[700], &[700]], &caps);
        let conv = |n: usize, side: usize| {
            planned(Conv::new(Window::square(3, 1, 1)), &[&[n, 64, side, side], &[64, 64, 3, 3], &k], &caps)
        };
        for planned in [batch, layer, conv(128, 112), conv(256, 56), conv(2, 300)] {
            let planned = planned.expect("it can be done");
            let longest = planned.rows.iter().map(|row| row.launches).max();
            assert!(longest.is_some_and(|launches| launches > 0));
        }
    }

    #[test]
    fn what_cannot_be_split_is_refused_by_name() {
        let softmax = |caps: &Caps| planned(Softmax { axis: 1 }, &[&[2, 30_000]], caps);
        let error = softmax(&Caps::software()).expect_err("too long").to_string();
        assert!(error.contains("softmax") && error.contains("90003 rounds"), "{error}");
        assert!(softmax(&Caps::gpu()).is_ok());
        assert!(planned(Linear::default(), &[&[300_000, 8], &[4, 8], &[4]], &Caps::gpu()).is_ok());
    }
}
