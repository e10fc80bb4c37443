//! Kernels chosen otherwise than by the engine's guess: because they were measured, or because a run began with them.

use cases::Proofs;
use graph::gpu_core::{Candidate, Device, Order, test_device};
use graph::ops::{Conv, Matmul};
use graph::plan::{Choice, Homes, Request, plan};
use graph::{Asked, Engine, Error, Graph, Io, Memory, Node, Prover, Type, Value, Verdict, Window};
use graph::{choose_again, prove_with, recorded};
use std::sync::Arc;

/// A convolution and a product, both with several kernels.
fn network() -> (Arc<Graph>, Vec<Value>) {
    let mut graph = Graph::new();
    let mut input = |name: &str, shape: &[usize]| graph.input(name, Type::f32(shape)).expect("names differ");
    let (x, weight) = (input("x", &[2, 3, 9, 9]), input("weight", &[6, 3, 3, 3]));
    let (a, b) = (input("a", &[40, 33]), input("b", &[33, 50]));
    let y = graph.push1("conv", Conv::new(Window::square(3, 1, 1)), &[x, weight]).expect("it fits");
    let z = graph.push1("product", Matmul::default(), &[a, b]).expect("it fits");
    (Arc::new(graph), vec![y, z])
}

/// A device of this test's own, since what is kept on one stays there; `None` where tests run without one.
fn device() -> Option<Device> {
    test_device()?;
    Some(Device::open(None).expect("opened before"))
}

fn request<'a>(device: &'a Device, fetch: &'a [Value]) -> Request<'a> {
    Request { fetch, caps: device.caps(), order: Some(Order::Plain), choose: None }
}

/// The kernels that run, a line each.
fn planned(device: &Device) -> Vec<String> {
    let (graph, fetch) = network();
    let engine = Engine::Gpu(device.clone());
    let memory = Memory::new(&engine, 0);
    let execution = engine.compile_in(graph, &fetch, &memory, Some(Order::Plain)).expect("it compiles");
    recorded(&execution.planned().expect("on a device").rows)
}

/// For each line of [`planned`] the same with the last candidate.
fn last_ones(device: &Device) -> Vec<String> {
    let (graph, fetch) = network();
    let choose = |_: &Node, _: &Io, candidates: &[Candidate]| Ok(Choice::from(candidates.len() - 1));
    let planned = plan(&graph, &Request { choose: Some(&choose), ..request(device, &fetch) }, &mut Homes::default());
    recorded(&planned.expect("it is planned").rows)
}

#[test]
fn a_run_goes_on_with_the_kernels_that_it_began_with() {
    let Some(device) = device() else { return };
    let (own, last) = (planned(&device), last_ones(&device));
    assert!(own.len() == last.len() && own.iter().zip(&last).filter(|(own, last)| own != last).count() >= 2, "{own:?}");
    choose_again(&device, &last);
    assert_eq!(planned(&device), last);
    // One that is gone, and what a line of another program might be.
    let (question, _) = last[0].rsplit_once(" → ").expect("question and answer");
    choose_again(&device, &[format!("{question} → gone/7"), "rubbish".into()]);
    assert_eq!(planned(&device), own);
}

/// Says that the kernels of these names are wrong, and that others are right.
#[derive(Debug)]
struct Says(Vec<String>);

impl Prover for Says {
    fn known(&self, asked: Asked<'_>) -> Result<Option<Verdict>, Error> {
        let wrong = self.0.contains(&asked.candidate.name);
        Ok(Some(if wrong { Verdict::Wrong("so it is said".into()) } else { Verdict::Right }))
    }

    fn prove(&self, _device: &Device, _asked: Asked<'_>) -> Result<Verdict, Error> {
        unreachable!("all is known")
    }
}

#[test]
fn a_kernel_found_wrong_since_is_not_gone_on_with() {
    let Some(device) = device() else { return };
    let (own, last) = (planned(&device), last_ones(&device));
    let names = last.iter().zip(&own).filter(|(last, own)| last != own).map(|(last, _)| last);
    let names: Vec<String> = names.map(|line| line.rsplit_once(" → ").expect("an answer").1.to_string()).collect();
    choose_again(&device, &last);
    prove_with(&device, Arc::new(Says(names.clone())));
    for line in planned(&device) {
        assert!(!names.iter().any(|name| line.ends_with(&format!(" → {name}"))), "{line} runs, though it is wrong");
    }
}

#[test]
fn what_was_measured_is_taken_by_the_next_process() {
    let Some(device) = device() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let open = || Proofs::in_folder(device.summary(), device.texts(), Some(folder.path()));
    let (graph, fetch) = network();
    let mut told = Vec::new();
    let tunings = open().tune(&device, &graph, &request(&device, &fetch), &mut |done, all| told.push((done, all)));
    let tunings = tunings.expect("the device lives");
    assert_eq!(told.last(), Some(&(tunings.len(), tunings.len())));
    for tuning in &tunings {
        let times: Vec<f64> = tuning.candidates.iter().filter_map(|(_, seconds)| *seconds).collect();
        let taken = tuning.candidates.iter().find(|(name, _)| *name == tuning.chosen).and_then(|(_, seconds)| *seconds);
        let least = times.iter().copied().fold(f64::INFINITY, f64::min);
        assert!(times.len() > 1 && taken.is_some_and(|taken| taken <= least * 1.02), "{tuning:?}");
    }
    prove_with(&device, Arc::new(open()));
    let lines = planned(&device);
    for tuning in &tunings {
        let node = tuning.node.split(' ').next().expect("a name");
        let line = lines.iter().find(|line| line.starts_with(&format!("{node} "))).expect("it is planned");
        assert!(line.ends_with(&format!(" → {}", tuning.chosen)), "{line}, not {}", tuning.chosen);
    }
}
