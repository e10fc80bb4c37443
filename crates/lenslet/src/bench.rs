//! Named workloads and how fast they train here. What `lenslet bench` prints; a stranger can run it again.

use crate::{Conv2d, Engine, Model, Optimiser, Result, Schedule, Settings, Trainer, engine};
use datasets::Images;
use serde::Serialize;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A model with its settings and data, by name.
#[derive(Clone, Debug)]
pub struct Workload {
    /// As `--filter` finds it.
    pub name: &'static str,
    /// What it is.
    pub about: &'static str,
    model: fn() -> Model,
    settings: fn() -> Settings,
    images: fn() -> Result<Images>,
}

/// All workloads.
pub fn workloads() -> Vec<Workload> {
    vec![
        Workload {
            name: "digits",
            about: "batch 64, conv 5×5 1→8, ReLU, max pool 2, conv 5×5 8→16, ReLU, max pool 2, linear 10, SGD 0.1 momentum 0.9",
            model: || digits_model(Model::relu),
            settings: sgd,
            images: || Ok(datasets::digits()?.0),
        },
        Workload {
            name: "digits-sigmoid",
            about: "digits with sigmoids",
            model: || digits_model(Model::sigmoid),
            settings: sgd,
            images: || Ok(datasets::digits()?.0),
        },
        Workload {
            name: "cifar",
            about: "batch 64, 3×32×32, twice two conv 3×3 with batch norm and ReLU, 32 then 64 wide, max pool 2, linear 10, Adam",
            model: cifar_model,
            settings: || Settings { optimiser: Optimiser::Adam, lr: 1e-3, ..sgd() },
            images: || noise([3, 32, 32], 2048),
        },
    ]
}

fn digits_model(activation: fn(Model) -> Model) -> Model {
    let block = |model: Model, channels| activation(model.conv2d(channels, 5)).max_pool2d(2);
    block(block(Model::new([1, 28, 28]), 8), 16).flatten().linear(10)
}

fn cifar_model() -> Model {
    let block = |model: Model, channels| model.conv(Conv2d::new(channels, 3).same()).batch_norm2d().relu();
    let mut model = Model::new([3, 32, 32]);
    for channels in [32, 64] {
        model = block(block(model, channels), channels).max_pool2d(2);
    }
    model.flatten().linear(10)
}

fn sgd() -> Settings {
    Settings {
        epochs: 40,
        batch: 64,
        lr: 0.1,
        schedule: Schedule::Constant,
        optimiser: Optimiser::Sgd,
        momentum: 0.9,
        weight_decay: 0.0,
        label_smoothing: 0.0,
        ..Settings::default()
    }
}

/// Images of random bytes: what they show does not change how long they take.
fn noise(shape: [usize; 3], count: usize) -> Result<Images> {
    let size: usize = shape.iter().product();
    let mut word = 0x9E37_79B9_u32;
    let mut next = || {
        word = word.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (word >> 24) as u8
    };
    let pixels = (0..count * size).map(|_| next()).collect();
    let labels = (0..count as u32).map(|image| image % 10).collect();
    Ok(Images::new(pixels, labels, shape, (0..10).map(|class| class.to_string()).collect())?)
}

/// What was measured of a workload.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// Name of the workload.
    pub name: String,
    /// With steps submitted ahead of their results, as training does.
    pub images_per_second: f64,
    /// Milliseconds from submitting a step to having its result, median.
    pub ms_p50: f64,
    /// The same, 95th percentile.
    pub ms_p95: f64,
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

/// Steps that are timed one by one.
const SINGLE_STEPS: usize = 40;
/// Steps in flight are timed together for this long.
const TOGETHER: Duration = Duration::from_secs(3);

impl Workload {
    /// Runs it on the adapter that `asked` names; `began` is when the cold start began.
    ///
    /// # Errors
    /// No such adapter, or whatever training may meet.
    pub fn run(&self, asked: Option<&str>, began: Instant) -> Result<(String, Row)> {
        let (engine, missing) = engine::open(asked)?;
        if let Some(why) = missing {
            log::warn!("{why}; measuring the CPU");
        }
        let images = Arc::new((self.images)()?);
        let settings = (self.settings)();
        let batch = settings.batch as f64;
        let mut trainer = Trainer::new(&engine, (self.model)(), settings, images)?;
        one_step(&mut trainer)?;
        let cold_start_seconds = began.elapsed().as_secs_f64();
        for _ in 0..4 {
            one_step(&mut trainer)?;
        }
        let mut single = Vec::new();
        while single.len() < SINGLE_STEPS && (single.iter().sum::<f64>() < 20.0 || single.len() < 5) {
            single.push(one_step(&mut trainer)?);
        }
        single.sort_by(f64::total_cmp);
        let (start, first) = (Instant::now(), trainer.submitted());
        while start.elapsed() < TOGETHER && trainer.submitted() < trainer.steps() {
            trainer.submit()?;
            while trainer.result()?.is_some() {}
        }
        trainer.wait()?;
        while trainer.result()?.is_some() {}
        let (seconds, steps) = (start.elapsed().as_secs_f64(), (trainer.submitted() - first) as f64);
        let at = |share: f64| single[((single.len() - 1) as f64 * share).round() as usize] * 1e3;
        let planned = trainer.execution.planned();
        let peak = match &engine {
            Engine::Gpu(device) => device.counters().peak_bytes,
            Engine::Cpu => 0,
        };
        let row = Row {
            name: self.name.into(),
            images_per_second: batch * steps / seconds,
            ms_p50: at(0.5),
            ms_p95: at(0.95),
            launches: planned.map_or(0, |planned| planned.plan.steps.len()),
            peak_bytes: peak,
            planned_bytes: planned.map_or(0, |planned| planned.plan.bytes()),
            cold_start_seconds,
            kernels: kernels(&trainer)?,
        };
        Ok((engine::adapter(&engine), row))
    }
}

/// Seconds from submitting a step to having its result.
fn one_step(trainer: &mut Trainer) -> Result<f64> {
    let start = Instant::now();
    trainer.submit()?;
    trainer.wait()?;
    let seconds = start.elapsed().as_secs_f64();
    while trainer.result()?.is_some() {}
    Ok(seconds)
}

/// Median device time of each shader in a step, in milliseconds.
fn kernels(trainer: &Trainer) -> Result<Vec<(String, f64)>> {
    let Some(program) = trainer.execution.program().filter(|program| program.device().caps().timestamps) else {
        return Ok(Vec::new());
    };
    let mut by_shader = std::collections::BTreeMap::<String, f64>::new();
    for launch in program.profile(20).map_err(graph::Error::from)? {
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
            for (caps, training) in [(Caps::software(), true), (Caps::software(), false), (Caps::gpu(), true)] {
                let explained = (workload.model)().explain(&caps, 64, training).unwrap();
                let (slots, live) = (explained.transient_bytes, explained.live_peak_bytes);
                // Row-major, pooling's gradient, the slope's and what both read live at once, and no launch may read
                // and write one slot: on the digits that takes 6.2 %, whatever the order.
                let most = if caps.family == Family::Software { 1.05 } else { 1.07 };
                let what = format!("{}, {:?}, training {training}", workload.name, caps.family);
                assert!(slots as f64 <= most * live as f64, "{what}: {slots} bytes of slots for {live} at once");
            }
        }
    }
}
