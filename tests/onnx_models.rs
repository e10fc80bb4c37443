//! Real pretrained networks, imported and run on the device, on the CPU and through the reference: their outputs are those that
//! onnxruntime gave, and they read the digits right.
//!
//! `data/models` holds them; `LENSLET_MODELS` names another folder, with `x.onnx`, `x.input.npy` and `x.output.npy` each.

use crate::onnx_cases::engines;
use onnx::cases::{Outcome, Tolerance, one};
use std::path::{Path, PathBuf};

/// Sums in another order, through up to sixty layers, against outputs of order 1 to 30.
const ANOTHER_ORDER: Tolerance = Tolerance { relative: 1e-3, absolute: 1e-4 };

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data/models")
}

fn all_of(folder: &Path, least: usize) {
    let entries = std::fs::read_dir(folder).expect("the folder can be read");
    let paths = entries.map(|entry| entry.expect("the folder can be read").path());
    let mut models: Vec<PathBuf> = paths.filter(|path| path.extension().is_some_and(|e| e == "onnx")).collect();
    models.sort();
    assert!(models.len() >= least, "{} has {} models, not {least}", folder.display(), models.len());
    let mut failures = Vec::new();
    for path in &models {
        let model = onnx::read_model(path).expect("a sound model");
        let tensor = |end| onnx::npy::read(path.with_extension(end)).expect("a sound array");
        let (input, output) = (tensor("input.npy"), tensor("output.npy"));
        for (on, engine) in engines() {
            match one(&model, std::slice::from_ref(&input), std::slice::from_ref(&output), &engine, ANOTHER_ORDER) {
                Ok(Outcome::Pass { worst }) => {
                    println!("{} on {on}: worst error {worst:.3} tolerances", path.display())
                }
                Ok(outcome) => failures.push(format!("{} on {on}: {outcome}", path.display())),
                Err(why) => failures.push(format!("{} on {on}: {why}", path.display())),
            }
        }
    }
    assert!(failures.is_empty(), "{} failed:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn outputs_are_those_of_another_runtime() {
    all_of(&data(), 4);
}

#[test]
fn folder_given_by_the_environment() {
    if let Some(folder) = std::env::var_os("LENSLET_MODELS") {
        all_of(Path::new(&folder), 1);
    }
}

/// Which class each row of logits `[n, classes]` names.
fn classes(logits: &onnx::Tensor) -> Vec<usize> {
    let floats = logits.to_f32().expect("logits are floats");
    let best = |row: &[f32]| (0..row.len()).fold(0, |best, at| if row[at] > row[best] { at } else { best });
    floats.chunks(logits.dims()[1]).map(best).collect()
}

#[test]
fn digits_are_read_right() {
    let labels = [
        ("ccexam-mnist", [7, 2, 1, 0, 4, 1, 4, 9, 5, 9, 0, 6, 9, 0, 1, 5]),
        ("ccexam-usps", [9, 6, 3, 6, 6, 0, 0, 0, 6, 9, 6, 2, 2, 4, 0, 3]),
    ];
    for (name, labels) in labels {
        let model = onnx::read_model(data().join(format!("{name}.onnx"))).expect("a sound model");
        let images = onnx::npy::read(data().join(format!("{name}.input.npy"))).expect("a sound array");
        let options = onnx::Options { batch: Some(images.dims()[0]), ..onnx::Options::default() };
        for (on, engine) in engines() {
            let imported = onnx::import(&model, &options).expect("every operator is known");
            let mut session = imported.compile(&engine).expect("the device can run it");
            let logits = session.run(std::slice::from_ref(&images)).expect("a batch of images");
            assert_eq!(classes(&logits[0]), labels, "{name} on {on}");
        }
    }
}
