//! The nodes that rows lead to: forward and backward, in both layouts, after all rewrites; each with its candidates and,
//! when it is asked for, its data by the reference.

use crate::ask::{Ask, elements, flops};
use crate::tolerances::tolerances;
use crate::{Case, GradientGraph, Tolerance};
use graph::gpu_core::{Candidate, Caps, Layout, Order};
use graph::plan::{Choice, Homes, Request, plan, rewritten};
use graph::{Error, Graph, Io, Node, Operand, Rounding, Source, Tensor, Value, evaluate};
use std::cell::RefCell;
use std::rc::Rc;

/// A node of a row's graph.
pub(crate) struct Site {
    pub(crate) node: Node,
    pub(crate) io: Io,
    /// Best guess first.
    pub(crate) candidates: Vec<Candidate>,
    row: Rc<Row>,
}

/// A row's graph as a plan sees it, and what its inputs hold.
#[derive(Clone)]
struct Row {
    case: Case,
    graph: Graph,
    inputs: Vec<Value>,
    data: Vec<Tensor>,
}

/// Work that the reference does at once; what is more is left to benches.
const FLOPS: u64 = 20_000_000;
const ELEMENTS: usize = 1 << 19;

impl Site {
    /// Small enough for the reference.
    pub(crate) fn is_small(&self) -> bool {
        flops(self.node.op.as_ref(), &self.io) <= FLOPS && elements(&self.io) <= ELEMENTS
    }

    /// The work it is.
    pub(crate) fn size(&self) -> u64 {
        flops(self.node.op.as_ref(), &self.io).max(elements(&self.io) as u64)
    }

    /// With what its inputs hold by the reference.
    ///
    /// # Errors
    /// The row's inputs do not fit its graph: never for a row of the table.
    pub(crate) fn ask(&self) -> Result<Ask, Error> {
        let case = &self.row.case;
        let own = self.node.op.name().starts_with(case.op.name());
        self.ask_within(if own { vec![case.tolerance] } else { tolerances(self.node.op.as_ref(), &self.io) })
    }

    /// As [`ask`](Self::ask), within these tolerances.
    pub(crate) fn ask_within(&self, tolerances: Vec<Tolerance>) -> Result<Ask, Error> {
        let Row { case, graph, inputs, data } = &*self.row;
        let leaf = |value: Value| match (inputs.iter().position(|&input| input == value), graph.source(value)) {
            (Some(at), _) => Ok(data[at].to_reference()),
            (None, Source::Constant(tensor)) => Ok(tensor.to_reference()),
            (None, _) => {
                let needs = graph.ty(value).to_string();
                Err(Error::Tensor { value: graph.name(value).to_string(), got: "nothing".into(), needs })
            }
        };
        let values = evaluate(graph, &self.node.inputs, Rounding::DType, leaf)?;
        let data = self.node.inputs.iter().map(|value| Tensor::from_reference(&values[value], graph.ty(*value).dtype));
        let (name, layout) = (self.node.op.name(), self.io.outputs[0].layout);
        let label = case.label();
        Ok(Ask {
            label: match name == case.op.name() {
                true => format!("{label} {layout}"),
                false => format!("{name} behind {label} {layout}"),
            },
            op: self.node.op.clone(),
            io: self.io.clone(),
            data: data.collect(),
            tolerances,
        })
    }
}

/// All nodes of a row as the CPU runs them: without rewrites, row-major, without candidates.
///
/// # Errors
/// The row's inputs do not fit its graph.
pub(crate) fn sites_on_cpu(case: &Case) -> Result<Vec<Site>, Error> {
    let (graph, inputs, outputs) = case.placed()?;
    let mut rows = vec![(Row { case: case.clone(), graph, inputs, data: case.data() }, outputs)];
    if let Some(GradientGraph { graph, inputs, data, gradients, .. }) = case.gradient_graph() {
        rows.push((Row { case: case.clone(), graph, inputs, data }, gradients));
    }
    let sites = rows.into_iter().flat_map(|(row, fetch)| {
        let row = Rc::new(row);
        let operand = |value: &Value| Operand { ty: row.graph.ty(*value).clone(), layout: Layout::PLAIN };
        let operands = |values: &[Value]| values.iter().map(operand).collect();
        let nodes = row.graph.needed(&fetch).into_iter().map(|at| row.graph.nodes()[at].clone());
        let site = |node: Node| {
            let io = Io { inputs: operands(&node.inputs), outputs: operands(&node.outputs) };
            Site { node, io, candidates: Vec::new(), row: row.clone() }
        };
        nodes.filter(|node| !node.op.is_view()).map(site).collect::<Vec<_>>()
    });
    Ok(sites.collect())
}

/// All nodes of a row for a device with these Caps, except views, which run nothing.
///
/// # Errors
/// An op that no kernel runs there.
pub(crate) fn sites(case: &Case, caps: &Caps) -> Result<Vec<Site>, Error> {
    let (graph, inputs, outputs) = case.placed()?;
    let mut found = Vec::new();
    walk(Row { case: case.clone(), graph, inputs, data: case.data() }, &outputs, caps, &mut found)?;
    if let Some(GradientGraph { graph, inputs, data, gradients, .. }) = case.gradient_graph() {
        walk(Row { case: case.clone(), graph, inputs, data }, &gradients, caps, &mut found)?;
    }
    Ok(found)
}

fn walk(row: Row, fetch: &[Value], caps: &Caps, found: &mut Vec<Site>) -> Result<(), Error> {
    for order in [Order::Plain, Order::FirstInner] {
        let seen: RefCell<Vec<(Node, Io, Vec<Candidate>)>> = RefCell::default();
        let choose = |node: &Node, io: &Io, candidates: &[Candidate]| {
            seen.borrow_mut().push((node.clone(), io.clone(), candidates.to_vec()));
            Ok(Choice::default())
        };
        let request = Request { fetch, caps, order: Some(order), choose: Some(&choose) };
        plan(&row.graph, &request, &mut Homes::default())?;
        let row = Rc::new(Row { graph: rewritten(&row.graph, &request), ..row.clone() });
        let sites =
            seen.take().into_iter().map(|(node, io, candidates)| Site { node, io, candidates, row: row.clone() });
        found.extend(sites);
    }
    Ok(())
}
