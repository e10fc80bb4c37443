//! The timed rows of the table of cases: device time of every candidate in every layout, and what it makes of it.
//!
//! `cargo bench -p lenslet-benches`; LENSLET_ROWS=TEXT takes the rows with that text in their label. The table is that of
//! the tests, so what is timed here has passed there. Speed is never asserted: the figures are for reading side by side.

use graph::gpu_core::{Candidate, Device, Order, Program};
use graph::plan::{Homes, Planned, Request, plan};
use graph::{Graph, Io, Node, Tensor, Value};
use std::cell::Cell;
use std::error::Error;

/// Rounds of each measurement.
const ROUNDS: usize = 20;

fn main() -> Result<(), Box<dyn Error>> {
    let device = Device::open(None)?;
    println!("on {}\n", device.summary());
    for case in cases::asked_rows().into_iter().filter(|case| case.timed) {
        let (graph, inputs, outputs) = case.graph();
        println!("{}", case.label());
        time(&device, &case.data(), &graph, &inputs, &outputs)?;
        if let Some(at) = case.gradient_graph() {
            println!("  gradients");
            time(&device, &at.data, &at.graph, &at.inputs, &at.gradients)?;
        }
    }
    Ok(())
}

/// Times the graph in each layout with the first, second, … candidate of every node.
fn time(
    device: &Device,
    data: &[Tensor],
    graph: &Graph,
    inputs: &[Value],
    fetch: &[Value],
) -> Result<(), Box<dyn Error>> {
    for order in [Order::Plain, Order::FirstInner] {
        let (mut index, most) = (0, Cell::new(1));
        while index < most.get() {
            let choose = |_: &Node, _: &Io, candidates: &[Candidate]| {
                most.set(most.get().max(candidates.len()));
                Ok(index.min(candidates.len() - 1).into())
            };
            let request = Request { fetch, caps: device.caps(), order: Some(order), choose: Some(&choose) };
            let planned = plan(graph, &request, &mut Homes::default())?;
            for Timed { launch, flops, seconds } in median(device, &planned, inputs, data)? {
                let rate =
                    if flops > 0 { format!("{:8.1} GFLOP/s", flops as f64 / seconds / 1e9) } else { String::new() };
                println!("    {order:?} {launch:40} {:9.3} ms {rate}", seconds * 1e3);
            }
            index += 1;
        }
    }
    Ok(())
}

/// A launch with its arithmetic and its median time.
struct Timed {
    launch: String,
    flops: u64,
    seconds: f64,
}

/// Each launch of a plan.
fn median(device: &Device, planned: &Planned, inputs: &[Value], data: &[Tensor]) -> Result<Vec<Timed>, Box<dyn Error>> {
    let program = Program::compile(device, &planned.plan, &[])?;
    program.warm()?;
    for (value, place) in &planned.inputs {
        let at = inputs.iter().position(|v| v == value).ok_or("an input without data")?;
        program.upload(place.region, &data[at].pack(place.layout))?;
    }
    let times = program.profile(ROUNDS)?;
    let named = |node: &str| planned.rows.iter().find(|row| row.node == node).map(|row| row.candidate.clone());
    let rows = times.into_iter().zip(&planned.plan.steps).map(|(launch, step)| {
        let mut seconds = launch.seconds;
        seconds.sort_by(f64::total_cmp);
        Timed {
            launch: named(&step.node).unwrap_or_else(|| launch.shader.to_string()),
            flops: step.flops,
            seconds: seconds[seconds.len() / 2],
        }
    });
    Ok(rows.collect())
}
