//! Wrong use: one line that says what was got and what is needed, exit code 2, and nothing is lost.

use crate::{json, lenslet, run, train};
use std::process::Command;

fn refused(mut command: Command, words: &str) {
    let out = command.output().expect("the program starts");
    let said = String::from_utf8_lossy(&out.stderr);
    assert_eq!(out.status.code(), Some(2), "{said}");
    assert!(said.contains(words), "not {words:?} but {said}");
    assert!(!said.contains("panicked"), "{said}");
}

fn with(arguments: &[&str]) -> Command {
    let mut command = lenslet();
    command.args(arguments);
    command
}

#[test]
fn arguments_that_cannot_be_used() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("run");
    let text = |name: &str| folder.path().join(name).display().to_string();
    refused(with(&["train", "--no-such"]), "--no-such");
    refused(with(&["train", "--data", &text("none")]), "there is no such file or folder");
    refused(with(&["train", "--resume", &text("none")]), "there is no such run folder");
    refused(with(&["eval", &text("none")]), "there is no such run folder");
    refused(with(&["predict", &text("none"), &text("none.png")]), "there is no such file");
    refused(with(&["train", "--model", "lenett"]), "there are the presets lenet");
    refused(with(&["train", "--batch", "10001", "--out", &text("run")]), "larger than the 10000 there are to train on");
    refused(with(&["train", "--resume", &text("x"), "--lr", "1"]), "cannot be used with");
    refused(with(&["shader", "no_such_kernel"]), "conv_direct");
    refused(with(&["shader", "copy", "--set", "NO=1"]), "NO");
    refused(with(&["explain", "3-0-2"]), "each at least 1");
    assert!(!path.exists(), "nothing was begun");
    let mut unknown = train(folder.path(), &path, &["--adapter", "no such adapter"]);
    let said = String::from_utf8_lossy(&unknown.output().expect("starts").stderr).into_owned();
    assert!(said.contains("no adapter"), "{said}");
    assert!(!path.exists());
}

#[test]
fn a_model_that_does_not_fit_names_its_layer() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("writable");
        path.display().to_string()
    };
    let large =
        write("large", "input = [1, 8, 8]\nlayers = [{ type = \"conv2d\", out_channels = 4, kernel_size = 9 }]");
    let out = run(with(&["explain", &large]));
    let said = String::from_utf8_lossy(&out.stderr);
    assert!(said.contains("layer 1 \"conv2d1\": the kernel [9, 9]"), "{said}");
    let classes = write(
        "classes",
        "input = [1, 28, 28]\nlayers = [{ type = \"flatten\" }, { type = \"linear\", out_features = 9 }]",
    );
    refused(with(&["train", "--model", &classes]), "ends in 9 numbers, the data has 10 classes");
    let size =
        write("size", "input = [1, 8, 8]\nlayers = [{ type = \"flatten\" }, { type = \"linear\", out_features = 10 }]");
    refused(with(&["train", "--model", &size]), "the model takes [1, 8, 8], the images are [1, 28, 28]");
}

#[test]
fn a_run_is_not_trained_over() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("run");
    json(train(folder.path(), &path, &["--epochs", "1"]));
    let before = std::fs::read(path.join("checkpoint.safetensors")).expect("there");
    refused(train(folder.path(), &path, &["--epochs", "1"]), "go on with --resume");
    assert_eq!(std::fs::read(path.join("checkpoint.safetensors")).expect("there"), before);
}

#[test]
fn bad_data_is_named() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let dir = crate::data(folder.path(), 64, 10);
    let images = dir.join("train-images-idx3-ubyte");
    let bytes = std::fs::read(&images).expect("there");
    std::fs::write(&images, &bytes[..bytes.len() - 9]).expect("writable");
    let out = run(with(&["train", "--data", &dir.display().to_string()]));
    let said = String::from_utf8_lossy(&out.stderr);
    assert_eq!(out.status.code(), Some(1), "{said}");
    assert!(said.contains("train-images-idx3-ubyte") && said.contains("cut off"), "{said}");
}
