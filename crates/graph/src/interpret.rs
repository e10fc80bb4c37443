//! The interpreter: the same graph on the CPU, node by node through the reference. Slow and obviously right.
//!
//! Values are computed in f64 and rounded to their dtype after each node, so that they saturate and overflow where
//! f32 does.

use crate::graph::{Graph, Source, Value};
use crate::operation::Wide;
use crate::{DType, Error, Tensor};
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};

/// Parameters and states by name, kept from run to run.
pub(crate) type States = BTreeMap<String, Tensor>;

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
    let wide = |v| leaf(graph, states, inputs, v).map(Tensor::to_reference);
    let values = evaluate(graph, &roots, Rounding::DType, wide)?;
    for &(state, value) in graph.assigned() {
        let tensor = Tensor::from_reference(&values[&value], graph.ty(state).dtype);
        states.insert(graph.name(state).to_string(), tensor);
    }
    Ok(fetch.iter().map(|v| Tensor::from_reference(&values[v], graph.ty(*v).dtype)).collect())
}

/// What a leaf holds.
///
/// # Errors
/// Nothing, or something of another type than declared.
pub(crate) fn leaf<'a>(
    graph: &'a Graph,
    states: &'a States,
    inputs: &'a [(Value, Tensor)],
    value: Value,
) -> Result<&'a Tensor, Error> {
    let name = graph.name(value);
    let found = match graph.source(value) {
        Source::Constant(tensor) => Some(tensor),
        Source::Input => inputs.iter().find(|(input, _)| *input == value).map(|(_, tensor)| tensor),
        _ => states.get(name),
    };
    match found {
        Some(tensor) if tensor.ty() == *graph.ty(value) => Ok(tensor),
        other => Err(Error::Tensor {
            value: name.to_string(),
            got: other.map_or("nothing".into(), |t| t.ty().to_string()),
            needs: graph.ty(value).to_string(),
        }),
    }
}

/// Whether values are rounded to their dtype after each node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// As a device does.
    DType,
    /// Not at all: f64 throughout, for finite differences.
    None,
}

/// Computes `roots`; `leaf` gives inputs, parameters, states and constants. Values are dropped after their last use.
pub fn evaluate(
    graph: &Graph,
    roots: &[Value],
    rounding: Rounding,
    leaf: impl Fn(Value) -> Result<Wide, Error>,
) -> Result<HashMap<Value, Wide>, Error> {
    let nodes = graph.needed(roots);
    let mut uses = graph.uses(&nodes, roots);
    let mut values: HashMap<Value, Wide> = HashMap::new();
    for &at in &nodes {
        let node = &graph.nodes[at];
        for &v in &node.inputs {
            if let Entry::Vacant(place) = values.entry(v) {
                place.insert(leaf(v)?);
            }
        }
        let x: Vec<&Wide> = node.inputs.iter().map(|v| &values[v]).collect();
        for (&v, wide) in node.outputs.iter().zip(node.op.reference(&x)) {
            debug_assert_eq!(*wide.shape(), *graph.ty(v).shape, "{} {}", node.op.name(), node.name);
            let wide = if rounding == Rounding::DType { rounded(wide, graph.ty(v).dtype) } else { wide };
            values.insert(v, wide);
        }
        for v in &node.inputs {
            if uses.last(*v) {
                values.remove(v);
            }
        }
    }
    for &root in roots {
        if let Entry::Vacant(place) = values.entry(root) {
            place.insert(leaf(root)?);
        }
    }
    Ok(values)
}

fn rounded(mut wide: Wide, dtype: DType) -> Wide {
    match dtype {
        DType::F32 => wide.mapv_inplace(|e| f64::from(e as f32)),
        DType::I32 => wide.mapv_inplace(f64::trunc), // a quotient's fraction
        DType::U8 | DType::Bool => {}
    }
    wide
}
