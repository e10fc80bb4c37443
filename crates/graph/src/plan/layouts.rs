//! First pass of planning: in which layout each value lies, and which conversions that takes.
//!
//! One walk in order: every op states what it takes and makes, given how its inputs lie and what the program
//! prefers. Leaves (inputs, parameters, constants) take the layout of whoever reads them first, since host data is
//! packed on its way in. Everything else is converted where it lies otherwise, by a launch that `explain` shows.

use crate::graph::{Graph, Source, Value};
use crate::operation::Negotiation;
use crate::plan::Homes;
use gpu_core::{Caps, Layout, Order};
use std::collections::HashMap;

/// A value as it lies in a buffer. One value may lie in several layouts.
pub(crate) type Laid = (Value, Layout);

/// What happens at one time of the plan.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    /// A node runs.
    Node { node: usize, inputs: Vec<Laid>, outputs: Vec<Laid> },
    /// A value is brought from one layout into another.
    Convert { from: Laid, to: Laid },
}

/// Decides layouts; returns the events in order and the values that `fetch` lie in, whole.
pub(crate) fn lay_out(
    graph: &Graph,
    nodes: &[usize],
    fetch: &[Value],
    prefer: Order,
    homes: &Homes,
    caps: &Caps,
) -> (Vec<Event>, Vec<Laid>) {
    let mut pass = Pass { graph, lies: HashMap::new(), events: Vec::new() };
    for value in graph.values() {
        if let Some(home) = homes.get(graph.name(value)) {
            pass.lies.insert(value, vec![home.layout]);
        }
    }
    for &at in nodes {
        let node = &graph.nodes[at];
        let types = |values: &[Value]| values.iter().map(|&v| graph.ty(v)).collect::<Vec<_>>();
        let current: Vec<Option<Layout>> = node.inputs.iter().map(|v| pass.first(*v)).collect();
        let layouts = node.op.layouts(&Negotiation {
            inputs: &types(&node.inputs),
            outputs: &types(&node.outputs),
            current: &current,
            prefer,
            caps,
        });
        let inputs = node.inputs.iter().zip(&layouts.inputs).map(|(&v, &l)| pass.bring(v, l)).collect();
        let outputs: Vec<Laid> = node.outputs.iter().copied().zip(layouts.outputs).collect();
        for &(value, layout) in &outputs {
            pass.lies.insert(value, vec![layout]);
        }
        pass.events.push(Event::Node { node: at, inputs, outputs });
    }
    let fetched = fetch.iter().map(|&v| pass.whole(v)).collect();
    (pass.events, fetched)
}

struct Pass<'g> {
    graph: &'g Graph,
    lies: HashMap<Value, Vec<Layout>>,
    events: Vec<Event>,
}

impl Pass<'_> {
    fn first(&self, value: Value) -> Option<Layout> {
        self.lies.get(&value).map(|l| l[0])
    }

    /// `value` in layout `wanted`, converted if it does not lie so yet.
    fn bring(&mut self, value: Value, wanted: Layout) -> Laid {
        let Some(from) = self.first(value) else {
            debug_assert!(!matches!(self.graph.source(value), Source::Node(..)), "used before it is made");
            self.lies.insert(value, vec![wanted]);
            return (value, wanted);
        };
        // Parts are added before the order changes, so that only whole values are transposed.
        let whole = Layout { parts: 1, ..from };
        self.convert(value, from, if wanted == from { from } else { whole });
        self.convert(value, whole, if wanted == from { whole } else { wanted });
        (value, wanted)
    }

    fn convert(&mut self, value: Value, from: Layout, to: Layout) {
        let lies = self.lies.entry(value).or_default();
        if from != to && !lies.contains(&to) {
            lies.push(to);
            self.events.push(Event::Convert { from: (value, from), to: (value, to) });
        }
    }

    /// `value` in any layout that is not in parts.
    fn whole(&mut self, value: Value) -> Laid {
        let lies = self.lies.get(&value).cloned().unwrap_or_else(|| vec![Layout::PLAIN]);
        let whole = lies.iter().find(|l| l.parts == 1).copied();
        self.bring(value, whole.unwrap_or(Layout { parts: 1, ..lies[0] }))
    }
}
