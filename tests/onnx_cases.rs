//! Third-party truth: ONNX's own backend tests, run through import, on the device, on the CPU and through the reference.
//!
//! One test a set of `data/onnx`; all failures of a set are listed at once. `LENSLET_ONNX_CASES` names another folder of
//! cases, which one test of its own runs. What is out of scope stands in `onnx_scope.rs`.

use crate::onnx_scope::{OUT_OF_SCOPE, row};
use graph::Engine;
use graph::gpu_core::test_device;
use onnx::cases::{Outcome, Tolerance, find, one, run};
use std::path::{Path, PathBuf};

fn data(set: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data/onnx").join(set)
}

/// The reference, the CPU, and the device where there is one.
pub(crate) fn engines() -> Vec<(&'static str, Engine)> {
    let device = test_device().map(|device| ("device", Engine::Gpu(device.clone())));
    [("reference", Engine::Reference), ("cpu", Engine::Cpu)].into_iter().chain(device).collect()
}

fn name(folder: &Path) -> String {
    folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Runs a set, and prints how many cases pass; `least` guards against a set that has gone missing.
fn all_of(folder: &Path, least: usize) {
    let folders = find(folder).expect("the set can be read");
    assert!(folders.len() >= least, "{} has {} cases, not {least}", folder.display(), folders.len());
    let mut failures = Vec::new();
    let (mut passed, mut refused) = (0, 0);
    for case in &folders {
        let name = name(case);
        let mut right = 0;
        let engines = engines();
        for (on, engine) in &engines {
            match (run(case, engine, Tolerance::default()), row(&name)) {
                (Outcome::Pass { .. }, None) => right += 1,
                (Outcome::Unsupported { .. }, Some(_)) => {}
                (outcome, Some(at)) => {
                    failures.push(format!("{name} on {on}: out of scope ({}), yet {outcome}", OUT_OF_SCOPE[at].1))
                }
                (outcome, None) => failures.push(format!("{name} on {on}: {outcome}")),
            }
        }
        passed += usize::from(right == engines.len());
        refused += usize::from(row(&name).is_some());
    }
    println!("{}: {passed} of {} pass, {refused} out of scope", name(folder), folders.len() - refused);
    assert!(failures.is_empty(), "{} failed:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn node_tests() {
    all_of(&data("node-tests"), 376);
}

#[test]
fn pytorch_converted() {
    all_of(&data("pytorch-converted"), 55);
}

#[test]
fn pytorch_operator() {
    all_of(&data("pytorch-operator"), 23);
}

#[test]
fn simple() {
    all_of(&data("simple"), 6);
}

/// Whole classic networks with constant weights: topology and shapes. Their input is a ramp from 0 to 1, and their
/// expected output a file beside the model.
#[test]
fn light() {
    let mut failures = Vec::new();
    for network in ["inception_v1", "resnet50", "squeezenet"] {
        let model = onnx::read_model(data("light").join(format!("light_{network}.onnx"))).expect("a sound file");
        let expected = data("light").join(format!("light_{network}_output_0.pb"));
        let expected = onnx::read_tensor_pb(expected).expect("a sound file");
        let input = model.graph.required_inputs().next().expect("an image");
        let dims: Vec<usize> = input.dims.as_ref().expect("stated").iter().map(length).collect();
        let count: usize = dims.iter().product();
        let ramp = onnx::Data::F32((0..count).map(|i| (i as f64 / count as f64) as f32).collect());
        let ramp = onnx::Tensor::new(dims, ramp).expect("as many as dims say");
        // The reference takes minutes for these, and their operators are all in the other sets.
        for (on, engine) in engines().iter().filter(|(on, _)| *on != "reference") {
            let outcome =
                one(&model, std::slice::from_ref(&ramp), std::slice::from_ref(&expected), engine, Tolerance::default());
            match outcome {
                Ok(Outcome::Pass { .. }) => {}
                Ok(outcome) => failures.push(format!("{network} on {on}: {outcome}")),
                Err(why) => failures.push(format!("{network} on {on}: {why}")),
            }
        }
    }
    assert!(failures.is_empty(), "{} failed:\n{}", failures.len(), failures.join("\n"));
}

fn length(dim: &onnx::Dim) -> usize {
    match dim {
        onnx::Dim::Value(length) => *length,
        _ => 1,
    }
}

#[test]
fn folder_given_by_the_environment() {
    if let Some(folder) = std::env::var_os("LENSLET_ONNX_CASES") {
        all_of(Path::new(&folder), 1);
    }
}

#[test]
fn every_row_of_the_scope_is_a_case() {
    let mut used = vec![false; OUT_OF_SCOPE.len()];
    for set in ["node-tests", "pytorch-converted", "pytorch-operator", "simple"] {
        for case in find(&data(set)).expect("the set can be read") {
            if let Some(at) = row(&name(&case)) {
                used[at] = true;
            }
        }
    }
    let stale: Vec<&str> = OUT_OF_SCOPE.iter().zip(used).filter(|(_, used)| !used).map(|(row, _)| row.0).collect();
    assert!(stale.is_empty(), "no case is called {stale:?}");
}
