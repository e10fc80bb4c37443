//! First reader of the table: every candidate of every kernel that a row can lead to, in every layout, against the
//! reference; outputs lie between guard words, so that a stray write is seen.

use crate::case::{Case, Tolerance, worst};
use graph::gpu_core::test_device;
use graph::gpu_core::{Origin, Program, Region};
use graph::plan::{Homes, Planned, Request, plan};
use graph::{Graph, Rounding, Tensor, Value, Wide, evaluate, gpu_core::Order};
use std::cell::Cell;

/// Bytes of guard before and behind each transient slot.
const GUARD: u64 = 256;
const PATTERN: u8 = 0xA5;

#[test]
fn forward() {
    let mut failures = Vec::new();
    for case in crate::cases::cases() {
        let (graph, inputs, outputs) = case.graph();
        every_candidate(&Question::of(&case, &graph, &inputs, &outputs), &mut failures);
    }
    assert!(failures.is_empty(), "{} failed:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn backward() {
    let mut failures = Vec::new();
    for case in crate::cases::cases() {
        if let Some(at) = case.gradient_graph() {
            every_candidate(&Question::of(&case, &at.graph, &at.inputs, &at.gradients), &mut failures);
        }
    }
    assert!(failures.is_empty(), "{} failed:\n{}", failures.len(), failures.join("\n"));
}

/// A graph with its data, what to ask for, and how exact the answer must be.
pub(crate) struct Question<'a> {
    pub(crate) label: String,
    pub(crate) graph: &'a Graph,
    pub(crate) inputs: &'a [Value],
    pub(crate) data: Vec<Tensor>,
    pub(crate) fetch: &'a [Value],
    pub(crate) tolerance: Tolerance,
}

impl<'a> Question<'a> {
    fn of(case: &Case, graph: &'a Graph, inputs: &'a [Value], fetch: &'a [Value]) -> Self {
        Question { label: case.label(), graph, inputs, data: case.data(), fetch, tolerance: case.tolerance }
    }
}

/// Runs the graph in each layout with the first, second, … candidate of every node until no node has more.
pub(crate) fn every_candidate(question: &Question<'_>, failures: &mut Vec<String>) {
    let Some(device) = test_device() else { return };
    let Question { label, graph, inputs, data, fetch, tolerance } = question;
    let leaf = |magnitudes: bool| {
        move |v: Value| {
            let given = inputs.iter().position(|&i| i == v).map(|i| data[i].to_reference());
            let wide = given.unwrap_or_else(|| match graph.source(v) {
                graph::Source::Constant(tensor) => tensor.to_reference(),
                other => panic!("no data for {other:?}"),
            });
            Ok(if magnitudes { wide.mapv(f64::abs) } else { wide })
        }
    };
    let want = evaluate(graph, fetch, Rounding::DType, leaf(false)).expect("all leaves are given");
    let magnitude = match tolerance {
        Tolerance::Sums(_) => evaluate(graph, fetch, Rounding::DType, leaf(true)).expect("all leaves are given"),
        _ => want.clone(),
    };
    for order in [Order::Plain, Order::FirstInner] {
        let mut index = 0;
        let most = Cell::new(1);
        while index < most.get() {
            let choose = |_: &graph::Node, candidates: &[graph::gpu_core::Candidate]| {
                most.set(most.get().max(candidates.len()));
                index.min(candidates.len() - 1)
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
            match run(device, graph, planned, inputs, data, fetch) {
                Err(why) => failures.push(format!("{label}: {why}")),
                Ok(got) => {
                    for (tensor, value) in got.iter().zip(*fetch) {
                        let at = format!("{label}: {}", graph.name(*value));
                        compare(&at, tensor, &want[value], &magnitude[value], *tolerance, failures);
                    }
                }
            }
            index += 1;
        }
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

/// Runs a plan with guards around every transient slot.
fn run(
    device: &graph::gpu_core::Device,
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
    Region { slot: graph::gpu_core::Slot(slot as u32), offset, bytes }
}
