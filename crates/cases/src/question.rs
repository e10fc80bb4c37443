//! A graph with data, put to a device: in every layout, with every candidate of every kernel, against the reference.
//!
//! Outputs lie between guard words, so that a stray write is seen.

use crate::{Case, GradientGraph, Tolerance, worst};
use graph::gpu_core::{Candidate, Device, Order, Origin, Program, Region, Slot};
use graph::plan::{Homes, Planned, Request, plan};
use graph::{Graph, Io, Node, Rounding, Tensor, Value, Wide, evaluate};
use std::cell::Cell;
use std::collections::HashMap;

/// Bytes of guard before and behind each transient slot.
const GUARD: u64 = 256;
const PATTERN: u8 = 0xA5;

/// A graph with its data, what to ask for, and how exact the answer must be.
pub struct Question<'a> {
    /// What to call it.
    pub label: String,
    /// The graph. It has no parameters or states, only inputs and constants.
    pub graph: &'a Graph,
    /// Its inputs.
    pub inputs: &'a [Value],
    /// What they hold.
    pub data: Vec<Tensor>,
    /// What is compared.
    pub fetch: &'a [Value],
    /// How exact it must be.
    pub tolerance: Tolerance,
}

impl<'a> Question<'a> {
    /// A row's graph, asked for `fetch`.
    pub fn of(case: &Case, graph: &'a Graph, inputs: &'a [Value], fetch: &'a [Value]) -> Self {
        Question { label: case.label(), graph, inputs, data: case.data(), fetch, tolerance: case.tolerance }
    }

    /// A row's gradients.
    pub fn of_gradients(case: &Case, at: &'a GradientGraph) -> Self {
        let GradientGraph { graph, inputs, data, gradients, .. } = at;
        Question { label: case.label(), graph, inputs, data: data.clone(), fetch: gradients, tolerance: case.tolerance }
    }

    /// Runs the graph in each layout with the first, second, … candidate of every node until no node has more. Returns
    /// what is wrong, one line each.
    ///
    /// # Panics
    /// The graph has parameters or states.
    pub fn every_candidate(&self, device: &Device) -> Vec<String> {
        let Question { label, graph, inputs, data, fetch, tolerance } = self;
        let mut failures = Vec::new();
        let want = self.reference(false);
        let magnitude = if let Tolerance::Sums(_) = tolerance { self.reference(true) } else { want.clone() };
        for order in [Order::Plain, Order::FirstInner] {
            let mut index = 0;
            let most = Cell::new(1);
            while index < most.get() {
                let choose = |_: &Node, _: &Io, candidates: &[Candidate]| {
                    most.set(most.get().max(candidates.len()));
                    Ok(index.min(candidates.len() - 1).into())
                };
                let request = Request { fetch, caps: device.caps(), order: Some(order), choose: Some(&choose) };
                let planned = match plan(graph, &request, &mut Homes::default()) {
                    Ok(planned) => planned,
                    Err(error) => {
                        failures.push(format!("{label}: {error}"));
                        break;
                    }
                };
                let names: Vec<&str> = planned.rows.iter().map(|row| row.candidate.as_str()).collect();
                let label = format!("{label} [{order:?}: {}]", names.join(", "));
                match run_guarded(device, graph, planned, inputs, data, fetch) {
                    Err(why) => failures.push(format!("{label}: {why}")),
                    Ok(got) => {
                        for (tensor, value) in got.iter().zip(*fetch) {
                            let at = format!("{label}: {}", graph.name(*value));
                            compare(&at, tensor, &want[value], &magnitude[value], *tolerance, &mut failures);
                        }
                    }
                }
                index += 1;
            }
        }
        failures
    }

    /// The fetched values by the reference, or the sums of magnitudes behind them.
    fn reference(&self, magnitudes: bool) -> HashMap<Value, Wide> {
        let leaf = |v: Value| {
            let given = self.inputs.iter().position(|&i| i == v).map(|i| self.data[i].to_reference());
            let wide = given.unwrap_or_else(|| match self.graph.source(v) {
                graph::Source::Constant(tensor) => tensor.to_reference(),
                other => panic!("no data for {other:?}"),
            });
            Ok(if magnitudes { wide.mapv(f64::abs) } else { wide })
        };
        evaluate(self.graph, self.fetch, Rounding::DType, leaf).expect("all leaves are given")
    }
}

fn compare(at: &str, got: &Tensor, want: &Wide, magnitude: &Wide, tolerance: Tolerance, failures: &mut Vec<String>) {
    let (error, i) = worst(got, want, magnitude, tolerance);
    if error > 1.0 {
        let wide = got.to_reference();
        let (got, want) = (wide.iter().nth(i), want.iter().nth(i));
        failures.push(format!("{at}[{i}] is {got:?}, not {want:?}: {error:.2} × {tolerance:?}"));
    }
}

/// Runs a plan with guards around every transient slot; the fetched values, or why there are none.
///
/// # Errors
/// A launch wrote outside its slot, or the device refused.
pub fn run_guarded(
    device: &Device,
    graph: &Graph,
    mut planned: Planned,
    inputs: &[Value],
    data: &[Tensor],
    fetch: &[Value],
) -> Result<Vec<Tensor>, String> {
    let guarded: Vec<bool> = planned.plan.slots.iter().map(|s| s.origin == Origin::Transient).collect();
    let shift = |region: &mut Region| {
        if guarded[region.slot.0 as usize] {
            region.offset += GUARD;
        }
    };
    planned.plan.steps.iter_mut().flat_map(|s| &mut s.bindings).for_each(shift);
    planned.inputs.iter_mut().for_each(|(_, place)| shift(&mut place.region));
    planned.fetched.iter_mut().for_each(|place| shift(&mut place.region));
    let bytes: Vec<u64> = planned.plan.slots.iter().map(|s| s.bytes).collect();
    for (slot, _) in planned.plan.slots.iter_mut().zip(&guarded).filter(|(_, guarded)| **guarded) {
        slot.bytes += 2 * GUARD;
    }
    let program = Program::compile(device, &planned.plan, &[]).map_err(|e| e.to_string())?;
    for slot in (0..guarded.len()).filter(|&slot| guarded[slot]) {
        let whole = region(slot, 0, bytes[slot] + 2 * GUARD);
        program.upload(whole, &vec![PATTERN; whole.bytes as usize]).map_err(|e| e.to_string())?;
    }
    for (value, place) in &planned.inputs {
        let at = inputs.iter().position(|v| v == value).expect("every input has data");
        program.upload(place.region, &data[at].pack(place.layout)).map_err(|e| e.to_string())?;
    }
    program.run(1).map_err(|e| e.to_string())?;
    for slot in (0..guarded.len()).filter(|&slot| guarded[slot]) {
        for at in [0, GUARD + bytes[slot]] {
            let guard = program.read(region(slot, at, GUARD)).map_err(|e| e.to_string())?;
            if guard.iter().any(|&byte| byte != PATTERN) {
                return Err(format!("wrote outside slot {slot}"));
            }
        }
    }
    let read = fetch.iter().zip(&planned.fetched).map(|(&value, place)| {
        let bytes = program.read(place.region).map_err(|e| e.to_string())?;
        Ok(Tensor::unpack(graph.ty(value), place.layout, &bytes))
    });
    read.collect()
}

fn region(slot: usize, offset: u64, bytes: u64) -> Region {
    Region { slot: Slot(slot as u32), offset, bytes }
}
