//! Models by name: the list, a preset's text as a user's own file, presets fitted to other images.

use crate::{json, lenslet, run};

fn text(arguments: &[&str]) -> String {
    let mut command = lenslet();
    command.args(arguments);
    let out = run(command);
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).expect("text")
}

#[test]
fn presets_are_listed_with_their_sizes() {
    let mut command = lenslet();
    command.args(["models", "--json"]);
    let listed = json(command);
    let models = listed["models"].as_array().expect("a list");
    let named = |name: &str| models.iter().find(|model| model["name"] == name).unwrap_or_else(|| panic!("no {name}"));
    for name in ["mlp", "lenet5", "vgg-small", "resnet8", "resnet18", "mobilenet-small"] {
        assert!(named(name)["parameters"].as_u64().is_some_and(|count| count > 0), "{name}");
    }
    assert_eq!(named("resnet18")["parameters"], 11_689_512);
    let table = text(&["models"]);
    assert!(table.contains("3×224×224") && table.contains("11,689,512"), "{table}");
    let mut wrong = lenslet();
    wrong.args(["models", "resnet"]);
    let out = run(wrong);
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert_eq!(out.status.code(), Some(2), "{said}");
    assert!(said.contains("mobilenet-small"), "{said}");
}

#[test]
fn a_presets_text_is_a_file_of_a_model() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("mine.toml");
    std::fs::write(&file, text(&["models", "resnet8"])).expect("writable");
    let name = file.display().to_string();
    let (own, preset) = (text(&["explain", &name, "--inference"]), text(&["explain", "resnet8", "--inference"]));
    assert_eq!(own, preset);
    assert!(own.contains("block3"), "{own}");
}

#[test]
fn a_residual_network_learns_digits_of_8_by_8() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("run");
    let mut command = lenslet();
    command.arg("train").arg("--data").arg(crate::data(folder.path(), 640, 100)).arg("--out").arg(&path);
    command.args(["--model", "resnet8", "--epochs", "1", "--batch", "32", "--json"]);
    let trained = json(command);
    assert!(trained["test_accuracy"].as_f64().is_some_and(|accuracy| accuracy > 0.3), "{trained}");
    // What is too small for a preset is said with the layer.
    let mut refused = lenslet();
    refused.args(["train", "--model", "lenet5", "--data"]).arg(folder.path().join("data"));
    let out = run(refused);
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert_eq!(out.status.code(), Some(2), "{said}");
    assert!(said.contains("the preset lenet5 for images of [1, 8, 8]: layer 4 \"conv2d2\""), "{said}");
}
