//! What a run leaves, and what the other commands make of it.

use crate::{json, lenslet, run, train};
use std::path::Path;
use std::process::Command;

fn on(command: &str, run: &Path) -> Command {
    let mut started = lenslet();
    started.arg(command).arg(run);
    started
}

#[test]
fn train_eval_predict() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("run");
    let trained = json(train(folder.path(), &path, &["--epochs", "8"]));
    let accuracy = trained["test_accuracy"].as_f64().expect("a number");
    assert!(accuracy > 0.8, "{trained}");
    for key in ["train_seconds", "images_per_second"] {
        assert!(trained[key].as_f64().is_some_and(|number| number > 0.0), "{key} in {trained}");
    }
    assert!(["gpu", "cpu"].contains(&trained["executor"].as_str().expect("a text")), "{trained}");
    assert_eq!(trained["run"], path.display().to_string());
    for file in ["run.toml", "metrics.jsonl", "timing.jsonl", "learning_curve.png", "misread.png", "confusion.png"] {
        assert!(std::fs::metadata(path.join(file)).is_ok_and(|file| file.len() > 0), "{file}");
    }
    let metrics = std::fs::read_to_string(path.join("metrics.jsonl")).expect("there");
    assert_eq!(metrics.lines().count(), 8 * 20 + 8);
    assert!(!metrics.contains("second"), "times are in timing.jsonl");

    let mut eval = on("eval", &path);
    eval.arg("--json");
    let evaluated = json(eval);
    assert_eq!(evaluated["test_accuracy"], trained["test_accuracy"]);

    // Every picture of the test set, written as PGM, is read as eval reads it.
    let images = lenslet::datasets::digits8x8().expect("embedded");
    let mut predict = on("predict", &path);
    predict.args(["--json", "--polarity", "as-is"]);
    for row in 640..660 {
        let file = folder.path().join(format!("{row}.pgm"));
        std::fs::write(&file, [b"P5 8 8 255\n", images.image(row)].concat()).expect("writable");
        predict.arg(file);
    }
    let predicted = json(predict);
    let predictions = predicted["predictions"].as_array().expect("a list");
    assert_eq!(predictions.len(), 20);
    let said = predictions.iter().map(|p| p["class"].as_str().expect("a text").parse());
    let right = said.zip(&images.labels[640..]).filter(|(class, label)| class.as_ref() == Ok(*label));
    assert!(right.count() >= 14, "{predicted}");

    let explained = run(on("explain", &path));
    let text = String::from_utf8_lossy(&explained.stdout).into_owned();
    assert!(text.contains("learnable parameters") && text.contains("conv2d1"), "{text}");
}

#[test]
fn without_an_adapter_the_cpu_trains() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("run");
    let backend = if cfg!(windows) { "metal" } else { "dx12" };
    let mut command = train(folder.path(), &path, &["--epochs", "1"]);
    command.env("WGPU_BACKEND", backend);
    let trained = json(command);
    assert_eq!((&trained["executor"], &trained["adapter"]), (&"cpu".into(), &"CPU".into()));
    let mut explain = lenslet();
    explain.args(["explain", "mlp", "3-4-2"]).env("WGPU_BACKEND", backend);
    let out = run(explain);
    assert!(out.status.success());
    let said = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(said.contains("6 neurons, 20 weights, 6 biases, 26 learnable parameters"), "{said}");
    assert!(String::from_utf8_lossy(&out.stderr).contains("planned for a software adapter"));
}

#[test]
fn a_loss_that_is_not_finite_is_explained() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("run");
    let settings = ["--epochs", "3", "--lr", "1e30", "--schedule", "constant", "--checkpoint-steps", "1"];
    let out = run(train(folder.path(), &path, &settings));
    let said = String::from_utf8_lossy(&out.stderr);
    assert_eq!(out.status.code(), Some(1), "{said}");
    assert!(said.contains("error: step ") && said.contains(" is "), "{said}");
    let mut eval = on("eval", &path);
    eval.arg("--json");
    let code = run(eval).status.code();
    assert!([Some(0), Some(1)].contains(&code), "a checkpoint, if there is one, is whole");
}
