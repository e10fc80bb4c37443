//! Named workloads and how fast they run here. What `lenslet bench` prints; a stranger can run it again.
//!
//! The models are in `workloads.rs`, single ops in `kernels.rs`; here is how a model is timed.

mod host;
pub mod kernels;
mod workloads;

pub use kernels::{KernelWorkload, kernel_workloads};
pub use workloads::{Workload, workloads};

use crate::data::DataInfo;
use crate::train::network::{ReadGraph, small};
use crate::{Engine, Result, Trainer, engine};
use graph::{Execution, Memory, Tensor};
use serde::Serialize;
use std::sync::Arc;
use std::time::{Duration, Instant};
use workloads::Task;

/// What was measured of a workload.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// Name of the workload.
    pub name: String,
    /// With steps submitted ahead of their results, as training and reading do.
    pub images_per_second: f64,
    /// Milliseconds from submitting a step to having its result, median.
    pub ms_p50: f64,
    /// The same, 95th percentile.
    pub ms_p95: f64,
    /// CPU time a step of the thread that drives the device, in milliseconds, where the system tells it: the driver's own
    /// threads left out. On the CPU, where that thread computes too, it is a share of the work.
    pub host_ms: Option<f64>,
    /// Launches a step; 0 on the CPU.
    pub launches: usize,
    /// Most bytes of device memory held at one time; 0 on the CPU.
    pub peak_bytes: u64,
    /// Bytes that the plan of a step forecasts, shared buffers included; 0 on the CPU.
    pub planned_bytes: u64,
    /// From the given start to the end of the first step: adapter, plan, compilation and all.
    pub cold_start_seconds: f64,
    /// Device time a step by shader, in milliseconds, longest first; empty where the adapter has no timestamps.
    pub kernels: Vec<(String, f64)>,
}

/// Steps that are timed one by one, where there is the time.
const SINGLE_STEPS: usize = 40;
/// And at least.
const FEWEST: usize = 3;

/// A workload under way.
enum Run {
    Train(Box<Trainer>),
    Read(Box<Execution>),
}

impl Workload {
    /// Runs it on the adapter that `asked` names, for about `time` step by step and as long again with steps in flight;
    /// `began` is when the cold start began.
    ///
    /// # Errors
    /// No such adapter, or whatever training may meet.
    pub fn run(&self, asked: Option<&str>, time: Duration, began: Instant) -> Result<(String, Row)> {
        let (engine, missing) = engine::open(asked)?;
        if let Some(why) = missing {
            log::warn!("{why}; measuring the CPU");
        }
        let mut run = self.start(&engine)?;
        run.step()?;
        let cold_start_seconds = began.elapsed().as_secs_f64();
        run.step()?;
        let start = Instant::now();
        let mut single = Vec::new();
        while single.len() < FEWEST || single.len() < SINGLE_STEPS && start.elapsed() < time {
            single.push(run.step()?);
        }
        single.sort_by(f64::total_cmp);
        let (start, mut steps, host) = (Instant::now(), 0.0, host::thread_seconds());
        while steps < FEWEST as f64 || start.elapsed() < time {
            run.submit()?;
            steps += 1.0;
        }
        run.finish()?;
        let seconds = start.elapsed().as_secs_f64();
        let host = host.zip(host::thread_seconds()).map(|(from, to)| (to - from) / steps * 1e3);
        let at = |share: f64| single[((single.len() - 1) as f64 * share).round() as usize] * 1e3;
        let planned = run.execution().planned();
        let peak = match &engine {
            Engine::Gpu(device) => device.counters().peak_bytes,
            Engine::Cpu | Engine::Reference => 0,
        };
        let row = Row {
            name: self.name.into(),
            images_per_second: self.batch() as f64 * steps / seconds,
            ms_p50: at(0.5),
            ms_p95: at(0.95),
            host_ms: host,
            launches: planned.map_or(0, |planned| planned.plan.steps.len()),
            peak_bytes: peak,
            planned_bytes: planned.map_or(0, |planned| planned.plan.bytes()),
            cold_start_seconds,
            kernels: kernels(run.execution())?,
        };
        Ok((engine::adapter(&engine), row))
    }

    fn start(&self, engine: &Engine) -> Result<Run> {
        let model = self.model()?;
        match &self.task {
            Task::Train { settings, images } => {
                let trainer = Trainer::new(engine, model, settings(), Arc::new(images()?))?;
                Ok(Run::Train(Box::new(trainer)))
            }
            Task::Read { batch } => {
                let parts = ReadGraph::new(&model, &DataInfo::of_anything(&model)?, *batch, &[])?;
                let memory = Memory::new(engine, 0);
                let mut execution = engine.compile_in(parts.graph.clone(), &[parts.logits], &memory, small(*batch))?;
                let pixels = parts.graph.ty(parts.images.pixels).shape.clone();
                execution.set(parts.images.pixels, &Tensor::u8(pixels.clone(), vec![128; pixels.count()])?)?;
                execution.set(parts.images.classes, &Tensor::i32([*batch], vec![0; *batch])?)?;
                Ok(Run::Read(Box::new(execution)))
            }
        }
    }
}

impl Run {
    fn submit(&mut self) -> Result<()> {
        match self {
            Run::Train(trainer) => {
                trainer.submit()?;
                while trainer.result()?.is_some() {}
            }
            Run::Read(execution) => {
                execution.run()?;
                while execution.take()?.is_some() {}
            }
        }
        Ok(())
    }

    /// Waits for everything under way.
    fn finish(&mut self) -> Result<()> {
        match self {
            Run::Train(trainer) => {
                trainer.wait()?;
                while trainer.result()?.is_some() {}
            }
            Run::Read(execution) => while execution.wait()?.is_some() {},
        }
        Ok(())
    }

    /// Seconds from submitting a step to having its result.
    fn step(&mut self) -> Result<f64> {
        let start = Instant::now();
        self.submit()?;
        self.finish()?;
        Ok(start.elapsed().as_secs_f64())
    }

    fn execution(&self) -> &Execution {
        match self {
            Run::Train(trainer) => &trainer.execution,
            Run::Read(execution) => execution,
        }
    }
}

/// Rounds of the profile.
const ROUNDS: usize = 9;

/// Median device time of each shader in a step, in milliseconds.
fn kernels(execution: &Execution) -> Result<Vec<(String, f64)>> {
    let Some(program) = execution.program().filter(|program| program.device().caps().timestamps) else {
        return Ok(Vec::new());
    };
    let mut by_shader = std::collections::BTreeMap::<String, f64>::new();
    for launch in program.profile(ROUNDS).map_err(graph::Error::from)? {
        let mut seconds = launch.seconds;
        seconds.sort_by(f64::total_cmp);
        *by_shader.entry(launch.shader.to_string()).or_default() += seconds[seconds.len() / 2] * 1e3;
    }
    let mut kernels: Vec<_> = by_shader.into_iter().collect();
    kernels.sort_by(|a, b| b.1.total_cmp(&a.1));
    Ok(kernels)
}

#[cfg(test)]
mod tests {
    use super::*;
    use graph::gpu_core::{Caps, Family};

    #[test]
    fn slots_take_little_more_than_what_lives_at_once() {
        for workload in workloads() {
            let model = workload.model().unwrap();
            for (caps, training) in [(Caps::software(), true), (Caps::software(), false), (Caps::gpu(), true)] {
                let explained = model.explain(&caps, workload.batch(), training).unwrap();
                let (slots, least) = (explained.transient_bytes, explained.least_bytes);
                // Row-major, all that lives at a peak is read and written by the same few launches, one slot more than any
                // single launch asks for.
                let most = if caps.family == Family::Software && training { 1.05 } else { 1.07 };
                let what = format!("{}, {:?}, training {training}", workload.name, caps.family);
                assert!(slots as f64 <= most * least as f64, "{what}: {slots} bytes of slots, {least} at least");
            }
        }
    }
}
