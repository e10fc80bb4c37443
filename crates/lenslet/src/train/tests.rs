//! What steps come to, on the device and on the CPU: accumulated batches, averages, groups of parameters, and a rate that
//! heeds losses. What a kill does to them, `crates/cli/tests/program/resume.rs` asks of the program.

use super::network::average_of;
use super::{Group, Settings, State, Trainer};
use crate::{Checkpoint, Ended, Model, Network, RunFolder, RunText, Schedule, Session, Watch};
use datasets::{Augment, Images};
use graph::Engine;
use graph::gpu_core::test_device;
use std::sync::Arc;

fn engines() -> Vec<Engine> {
    test_device().map(|device| Engine::Gpu(device.clone())).into_iter().chain([Engine::Cpu]).collect()
}

/// Digits of 8 by 8; the last one of an epoch of 5 updates of 16 is left out.
fn images() -> Arc<Images> {
    let rows: Vec<u32> = (0..81).collect();
    Arc::new(datasets::digits8x8().expect("embedded").select(&rows))
}

fn settings() -> Settings {
    let groups = vec![group("*.bias:lr_scale=0.5,weight_decay=0")];
    Settings { epochs: 2, batch: 16, schedule: Schedule::cosine(), groups, ..Settings::default() }
}

fn group(text: &str) -> Group {
    text.parse().expect("a group")
}

fn trainer(engine: &Engine, settings: &Settings) -> Trainer {
    let model = Model::new([1, 8, 8]).conv2d(4, 3).relu().max_pool2d(2).flatten().linear(10);
    Trainer::new(engine, model, settings.clone(), images()).expect("they fit")
}

/// The state after so many steps.
fn after(trainer: &mut Trainer, steps: u64) -> State {
    (0..steps).for_each(|_| trainer.submit().expect("it runs"));
    trainer.state().expect("it is finite")
}

fn numbers<'a>(state: &'a State, name: &str) -> &'a [f32] {
    state[name].as_f32().expect("floats")
}

/// The largest difference between parameters.
fn apart(trainer: &Trainer, a: &State, b: &State) -> f32 {
    let graph = &trainer.graph.graph;
    let names = graph.parameters().into_iter().map(|parameter| graph.name(parameter));
    let pairs = names.flat_map(|name| numbers(a, name).iter().zip(numbers(b, name)));
    pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

#[test]
fn accumulated_batches_are_one_larger_batch() {
    for engine in engines() {
        for clip_norm in [None, Some(0.5)] {
            let whole = Settings { clip_norm, ema: Some(0.9), ..settings() };
            let parts = Settings { batch: 4, accumulate: 4, ..whole.clone() };
            assert_eq!((whole.steps(81), parts.steps(81)), (10, 40));
            let (mut whole, mut parts) = (trainer(&engine, &whole), trainer(&engine, &parts));
            let (first, whole_done) = (whole.good.1.clone(), after(&mut whole, 10));
            // Between updates nothing moves.
            let begun = after(&mut parts, 3);
            assert_eq!(apart(&whole, &first, &begun), 0.0);
            let parts_done = after(&mut parts, 37);
            assert!(apart(&whole, &first, &whole_done) > 0.01);
            // Ten updates, whose sums are in another order.
            let error = apart(&whole, &whole_done, &parts_done);
            assert!(error < 1e-5, "{error} apart on {engine:?}, clipped to {clip_norm:?}");
            let averages = ["conv2d1.weight", "linear1.bias"].map(average_of);
            for name in &averages {
                let pairs = numbers(&whole_done, name).iter().zip(numbers(&parts_done, name));
                assert!(pairs.into_iter().all(|(a, b)| (a - b).abs() < 1e-5), "{name}");
            }
        }
    }
}

#[test]
fn sent_batches_accumulate_as_resident_ones() {
    // An epoch of 81 images has 20 batches of 4, of which 18 make updates.
    let settings = Settings { batch: 4, accumulate: 6, ..settings() };
    let sent = Settings { augment: Some(Augment::default()), ..settings.clone() };
    for engine in engines() {
        let (mut resident, mut sent) = (trainer(&engine, &settings), trainer(&engine, &sent));
        let (a, b) = (after(&mut resident, 36), after(&mut sent, 36));
        assert_eq!(apart(&resident, &a, &b), 0.0);
    }
}

#[test]
fn averages_follow_the_parameters_and_are_what_is_read() {
    for engine in engines() {
        let mut run = trainer(&engine, &Settings { ema: Some(0.75), ..settings() });
        let weight = "linear1.weight";
        let mut average = numbers(&run.good.1, weight).to_vec();
        assert_eq!(average, numbers(&run.good.1, &average_of(weight)), "before the first step");
        for step in 0..4 {
            let state = after(&mut run, 1);
            for (a, w) in average.iter_mut().zip(numbers(&state, weight)) {
                *a = if step == 0 { *w } else { *a + 0.25 * (w - *a) };
            }
            let ours = numbers(&state, &average_of(weight));
            let error = ours.iter().zip(&average).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(error < 1e-6, "{error} after step {step}");
        }
        let of_trainer = run.evaluate(&images()).expect("it reads");
        let state = run.state().expect("finite");
        let graph = run.graph.graph.clone();
        // A run that has the averages for parameters reads the same.
        let mut plain = state.clone();
        for name in graph.parameters().into_iter().map(|p| graph.name(p).to_string()) {
            plain.insert(name.clone(), state[&average_of(&name)].clone());
        }
        let mut other = trainer(&engine, &settings());
        other.restore(4, &plain).expect("it fits");
        assert_eq!(other.evaluate(&images()).expect("it reads"), of_trainer);
        let mut network = Network::of(run);
        assert_eq!(network.evaluate(&images()).expect("it reads").loss, of_trainer.loss);
    }
}

#[test]
fn groups_learn_as_they_are_told() {
    for engine in engines() {
        let groups = vec![group("conv2d1.*:frozen"), group("*.bias:lr_scale=0.5")];
        let settings = Settings { groups, momentum: 0.0, ..settings() };
        let plain = Settings { groups: Vec::new(), ..settings.clone() };
        let (mut run, mut plain) = (trainer(&engine, &settings), trainer(&engine, &plain));
        let first = run.good.1.clone();
        let (told, untold) = (after(&mut run, 1), after(&mut plain, 1));
        assert_eq!(numbers(&told, "conv2d1.weight"), numbers(&first, "conv2d1.weight"));
        assert_eq!(numbers(&told, "linear1.weight"), numbers(&untold, "linear1.weight"));
        assert!(!told.contains_key("conv2d1.weight.moment0"), "nothing is kept of what does not learn");
        let moves = |state: &State| -> Vec<f32> {
            numbers(state, "linear1.bias").iter().zip(numbers(&first, "linear1.bias")).map(|(a, b)| a - b).collect()
        };
        for (half, whole) in moves(&told).into_iter().zip(moves(&untold)) {
            assert!((half - 0.5 * whole).abs() < 1e-6, "{half} is not half of {whole}");
        }
    }
}

/// Stops behind a step; remembers reductions.
#[derive(Default)]
struct Looks {
    at: u64,
    steps: u64,
    factors: Vec<f64>,
}

impl Watch for Looks {
    fn step(&mut self, _progress: &crate::Progress) {
        self.steps += 1;
    }

    fn reduced(&mut self, factor: f64) {
        self.factors.push(factor);
    }

    fn stop(&mut self) -> bool {
        self.at > 0 && self.steps >= self.at
    }
}

#[test]
fn a_plateau_reduces_the_rate_and_is_resumed() {
    let schedule: Schedule = "warmup:1,plateau:0:0.25".parse().expect("a schedule");
    // So large a rate that the test loss does not only fall.
    let settings = Settings { epochs: 8, lr: 1.0, schedule, ema: Some(0.5), accumulate: 2, batch: 8, ..settings() };
    let folder = tempfile::tempdir().expect("a folder");
    for (at, engine) in engines().iter().enumerate() {
        let session = |run: &str, stop: u64| {
            let path = folder.path().join(format!("{run}{at}"));
            let mut session = Session::new(trainer(engine, &settings), images());
            let text = RunText::new("digits", None, &session.trainer().model.clone(), &settings);
            let checkpoint = RunFolder::checkpoint(&path).expect("readable");
            let kept = match checkpoint {
                Some(checkpoint) => {
                    let step = checkpoint.header.step;
                    session.resume(checkpoint).expect("it is the same run");
                    RunFolder::resume(&path, step).expect("there is one")
                }
                None => RunFolder::create(&path, &text).expect("a new one"),
            };
            let mut looks = Looks { at: stop, ..Looks::default() };
            let ended = session.keep_in(kept).run(&mut looks).expect("it trains");
            let bytes = std::fs::read(path.join("checkpoint.safetensors")).expect("there is one");
            (ended, looks.factors, bytes)
        };
        let (_, factors, whole) = session("whole", 0);
        assert!(factors.len() > 1 && factors.starts_with(&[0.25, 0.0625]), "{factors:?}");
        // In the middle of an update, of an epoch, and behind a reduction.
        let mut seen = Vec::new();
        for stop in [33, 34, 0] {
            let (ended, mut factors, bytes) = session("broken", stop);
            seen.append(&mut factors);
            assert_eq!((ended == Ended::Finished, bytes == whole), (stop == 0, stop == 0), "stopped at {stop}");
        }
        assert_eq!(seen, factors);
        let last = Checkpoint::load(&folder.path().join(format!("whole{at}/checkpoint.safetensors"))).expect("whole");
        assert!(Network::load(engine, &last).is_ok());
    }
}
