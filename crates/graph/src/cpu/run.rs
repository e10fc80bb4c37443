//! A graph on the CPU in f32, node by node: an op's own function where it has one, its reference elsewhere.

use crate::graph::{Graph, Value};
use crate::interpret::{States, leaf};
use crate::{Error, Tensor, Wide};
use std::collections::HashMap;

/// Computes `fetch` from `inputs`, then lets assigned states take their new values.
///
/// # Errors
/// An input that is needed is missing or of another type than declared.
pub(crate) fn run(
    graph: &Graph,
    states: &mut States,
    inputs: &[(Value, Tensor)],
    fetch: &[Value],
) -> Result<Vec<Tensor>, Error> {
    let roots = graph.roots(fetch);
    let made = compute(graph, states, inputs, &roots)?;
    let mut made = made.into_iter();
    let fetched = made.by_ref().take(fetch.len()).collect();
    for (&(state, _), tensor) in graph.assigned().iter().zip(made) {
        states.insert(graph.name(state).to_string(), tensor);
    }
    Ok(fetched)
}

/// The values of `roots`, in order. Others are dropped after their last use.
fn compute(graph: &Graph, states: &States, inputs: &[(Value, Tensor)], roots: &[Value]) -> Result<Vec<Tensor>, Error> {
    let nodes = graph.needed(roots);
    let mut uses = graph.uses(&nodes, roots);
    let mut values: HashMap<Value, Tensor> = HashMap::new();
    // Takes a value away with its last use.
    let mut last = |values: &mut HashMap<Value, Tensor>, value: &Value| {
        if uses.last(*value) { values.remove(value) } else { None }
    };
    for &at in &nodes {
        let node = &graph.nodes[at];
        if node.op.is_view() {
            let (x, y) = (node.inputs[0], node.outputs[0]);
            let moved = match last(&mut values, &x) {
                Some(tensor) => tensor,
                None => held(graph, states, inputs, &values, x)?.clone(),
            };
            values.insert(y, moved.reshaped(graph.ty(y).shape.clone()));
            continue;
        }
        let x = node.inputs.iter().map(|&v| held(graph, states, inputs, &values, v));
        let x = x.collect::<Result<Vec<&Tensor>, Error>>()?;
        let made = node.op.compute(&x).unwrap_or_else(|| {
            let wide: Vec<Wide> = x.iter().map(|x| x.to_reference()).collect();
            let wide = node.op.reference(&wide.iter().collect::<Vec<_>>());
            wide.iter().zip(&node.outputs).map(|(y, &v)| Tensor::from_reference(y, graph.ty(v).dtype)).collect()
        });
        for (&v, tensor) in node.outputs.iter().zip(made) {
            debug_assert_eq!(tensor.ty(), *graph.ty(v), "{} {}", node.op.name(), node.name);
            values.insert(v, tensor);
        }
        node.inputs.iter().for_each(|v| drop(last(&mut values, v)));
    }
    let taken = roots.iter().map(|v| match last(&mut values, v) {
        Some(tensor) => Ok(tensor),
        None => held(graph, states, inputs, &values, *v).cloned(),
    });
    taken.collect()
}

fn held<'a>(
    graph: &'a Graph,
    states: &'a States,
    inputs: &'a [(Value, Tensor)],
    values: &'a HashMap<Value, Tensor>,
    value: Value,
) -> Result<&'a Tensor, Error> {
    match values.get(&value) {
        Some(tensor) => Ok(tensor),
        None => leaf(graph, states, inputs, value),
    }
}
