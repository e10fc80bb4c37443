//! How long candidates take on a device: a node at a time, all of its candidates in turns, so that what else the machine
//! does falls on all alike. Benches print it, tuning chooses by it.

use crate::Case;
use crate::ask::{Ask, elements, flops};
use crate::fill::{Fill, filled};
use crate::sites::sites;
use graph::gpu_core::{Bound, Candidate, Device, Error, Program, Roofs};
use graph::{DType, Io, Operation, Tensor};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A candidate that takes so many times as long as the best when it first runs gets no turns: no noise makes up for that.
const OUT_OF_THE_RACE: f64 = 8.0;

/// Turns that all get, however long they take; behind them, time is spent up to this.
const FEWEST: usize = 3;
const ENOUGH: Duration = Duration::from_secs(5);

/// Seconds that are not worth saving: what takes less may only have been interrupted.
const LONG: f64 = 0.05;

/// A node with the times of its candidates.
#[derive(Clone, Debug)]
pub struct Timed {
    /// The op, its attributes and shapes, and how they lie.
    pub label: String,
    /// Arithmetic, multiply and add counted as two.
    pub flops: u64,
    /// Bytes of its operands, each once.
    pub bytes: u64,
    /// Candidates in the engine's order with their launches and median seconds; none where the device refused one.
    pub candidates: Vec<(String, usize, Option<f64>)>,
}

impl Timed {
    /// Name, launches and seconds of the candidate that the engine takes.
    pub fn chosen(&self) -> Option<(&str, usize, f64)> {
        self.candidates.iter().find_map(|(name, launches, seconds)| Some((name.as_str(), *launches, (*seconds)?)))
    }

    /// The chosen one's share of the roof that binds it, and which that is.
    pub fn share(&self, roofs: &Roofs) -> Option<(f64, Bound)> {
        let (_, launches, seconds) = self.chosen()?;
        let (least, bound) = roofs.least(self.flops, self.bytes, launches);
        Some((least / seconds, bound))
    }
}

/// Numbers of these types: any floats, and zeros where a number is an index.
pub(crate) fn noise(io: &Io) -> Vec<Tensor> {
    let one = |(at, operand): (usize, &graph::Operand)| match operand.ty.dtype {
        DType::F32 => filled(&operand.ty, Fill::Signed, at as u32),
        _ => Tensor::zeros(&operand.ty),
    };
    io.inputs.iter().enumerate().map(one).collect()
}

/// Median seconds of each candidate of an op whose operands lie so, in `rounds` turns, or fewer where they take long; `None`
/// for one that the device refused.
///
/// # Errors
/// The device is lost or out of memory.
pub fn measure(
    device: &Device,
    op: &Arc<dyn Operation>,
    io: &Io,
    candidates: &[Candidate],
    rounds: usize,
) -> Result<Vec<Option<f64>>, Error> {
    let (op, io, label) = (op.clone(), io.clone(), "measured".to_string());
    let ask = Ask { label, data: noise(&io), op, io, tolerances: Vec::new() };
    let mut programs: Vec<Option<Program>> = Vec::new();
    let mut seconds: Vec<Vec<f64>> = Vec::new();
    for candidate in candidates {
        // The first run touches its buffers, and tells who is out of the race.
        let made = ask.program(device, candidate).and_then(|program| {
            program.warm()?;
            let began = Instant::now();
            program.run(1)?;
            device.wait()?;
            Ok((program, began.elapsed().as_secs_f64()))
        });
        match made {
            Err(error @ (Error::Lost { .. } | Error::OutOfMemory { .. })) => return Err(error),
            Err(_) => {
                programs.push(None);
                seconds.push(Vec::new());
            }
            Ok((program, first)) => {
                programs.push(Some(program));
                seconds.push(vec![first]);
            }
        }
    }
    let most = OUT_OF_THE_RACE * seconds.iter().flatten().copied().fold(f64::INFINITY, f64::min);
    for (program, seconds) in programs.iter_mut().zip(&mut seconds) {
        if seconds.iter().any(|&first| first > most.max(LONG)) {
            *program = None;
        } else {
            seconds.clear();
        }
    }
    let began = Instant::now();
    for round in 0..rounds.max(1) {
        for (program, seconds) in programs.iter().zip(&mut seconds) {
            if let Some(program) = program {
                seconds.push(once(program)?);
            }
        }
        if round + 1 >= FEWEST && began.elapsed() > ENOUGH {
            break;
        }
    }
    let median = |mut seconds: Vec<f64>| {
        seconds.sort_by(f64::total_cmp);
        seconds.get(seconds.len() / 2).copied()
    };
    Ok(seconds.into_iter().map(median).collect())
}

/// Device time of a run where the device tells it, else the time until it is done.
fn once(program: &Program) -> Result<f64, Error> {
    if program.device().caps().timestamps {
        return Ok(program.profile(1)?.iter().flat_map(|launch| &launch.seconds).sum());
    }
    let began = Instant::now();
    program.run(1)?;
    program.device().wait()?;
    Ok(began.elapsed().as_secs_f64())
}

/// Times every node that a row leads to, forward and backward, in each layout.
///
/// # Errors
/// No kernel of the device runs the row; the device is lost or out of memory.
pub fn time(device: &Device, case: &Case, rounds: usize) -> Result<Vec<Timed>, graph::Error> {
    let mut asked = HashSet::new();
    let mut timed = Vec::new();
    for site in sites(case, device.caps())? {
        if !asked.insert(format!("{:?} {:?} {:?}", site.node.op, site.io, site.candidates)) {
            continue; // the forward node comes up in the backward graph again
        }
        let (op, io) = (&site.node.op, &site.io);
        let seconds = measure(device, op, io, &site.candidates, rounds)?;
        let shapes: Vec<String> = io.inputs.iter().map(|x| x.ty.shape.to_string()).collect();
        let words = [op.name(), &op.describe(), &shapes.join(" "), &io.outputs[0].layout.to_string()];
        let candidates = site.candidates.iter().zip(seconds);
        timed.push(Timed {
            label: words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" "),
            flops: flops(op.as_ref(), io),
            bytes: 4 * elements(io) as u64,
            candidates: candidates.map(|(one, seconds)| (one.name.clone(), one.launches.len(), seconds)).collect(),
        });
    }
    Ok(timed)
}

/// Two lines: the node; then time, rate, share of the roof that binds, the kernel, and what the others take.
pub fn lines(timed: &Timed, roofs: &Roofs) -> String {
    let Some((name, _, seconds)) = timed.chosen() else { return format!("{}\n    no kernel ran", timed.label) };
    let (share, bound) = timed.share(roofs).unwrap_or((f64::NAN, Bound::Launch));
    let rate = match bound {
        Bound::Arithmetic => format!("{:.1} GFLOP/s", timed.flops as f64 / seconds / 1e9),
        Bound::Memory | Bound::Launch => format!("{:.1} GB/s", timed.bytes as f64 / seconds / 1e9),
    };
    let others = timed.candidates.iter().filter(|(other, ..)| other != name).map(|(other, _, seconds)| match seconds {
        Some(seconds) => format!("{other} {:.3}", seconds * 1e3),
        None => format!("{other} refused"),
    });
    let others = others.collect::<Vec<_>>().join(", ");
    let others = if others.is_empty() { others } else { format!("; {others}") };
    let ms = seconds * 1e3;
    format!("{}\n    {ms:9.3} ms {rate:>15} {:4.0} % of {bound}  {name}{others}", timed.label, 100.0 * share)
}
