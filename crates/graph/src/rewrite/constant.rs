//! What depends on constants alone is computed now, by the reference, and not at every step.

use super::Rewriter;
use crate::graph::Source;
use crate::{Tensor, Wide};

/// Larger results cost more to keep and to upload than to compute.
const MOST_ELEMENTS: usize = 1 << 20;

/// A node whose inputs are all constants becomes constants.
pub(super) fn fold(at: &mut Rewriter<'_>, node: usize) -> bool {
    let found = &at.graph.nodes[node];
    let constant = |v: &crate::Value| match at.graph.source(*v) {
        Source::Constant(tensor) => Some(tensor.to_reference()),
        _ => None,
    };
    let small = found.outputs.iter().all(|&v| at.graph.ty(v).shape.count() <= MOST_ELEMENTS);
    if found.outputs.is_empty() || found.inputs.is_empty() || !small || !found.op.in_place().is_empty() {
        return false;
    }
    let Some(inputs) = found.inputs.iter().map(constant).collect::<Option<Vec<Wide>>>() else { return false };
    let results = found.op.reference(&inputs.iter().collect::<Vec<_>>());
    for (value, wide) in found.outputs.clone().into_iter().zip(results) {
        let tensor = Tensor::from_reference(&wide, at.graph.ty(value).dtype);
        at.graph.values[value.at()].source = Source::Constant(tensor);
    }
    at.retire(node);
    true
}
