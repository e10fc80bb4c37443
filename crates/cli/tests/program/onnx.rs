//! ONNX files in place of run folders, and `doctor` over cases: one that passes, one that fails, one that is not
//! supported, and one that is no model at all.

use super::{lenslet, run};
use lenslet::onnx::{self, Data, Tensor, npy};
use std::path::{Path, PathBuf};

fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/program/cases")
}

/// The passing case with its input in place of its output, and a file that is no model.
fn broken(folder: &Path) {
    let (relu, set) = (cases().join("test_relu"), Path::new("test_data_set_0"));
    let wrong = folder.join("wrong");
    std::fs::create_dir_all(wrong.join(set)).expect("writable");
    std::fs::copy(relu.join("model.onnx"), wrong.join("model.onnx")).expect("copied");
    for to in ["input_0.pb", "output_0.pb"] {
        std::fs::copy(relu.join(set).join("input_0.pb"), wrong.join(set).join(to)).expect("copied");
    }
    std::fs::create_dir(folder.join("torn")).expect("writable");
    std::fs::write(folder.join("torn/model.onnx"), b"no model").expect("writable");
}

#[test]
fn doctor_tells_apart_what_passes_fails_and_is_not_supported() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    broken(folder.path());
    let mut command = lenslet();
    command.arg("doctor").arg("--cases").arg(cases()).arg(folder.path()).arg("--json");
    let out = run(command);
    assert_eq!(out.status.code(), Some(1), "{}", String::from_utf8_lossy(&out.stderr));
    let said: serde_json::Value = serde_json::from_slice(&out.stdout).expect("JSON");
    let verdicts: Vec<_> = said["cases"].as_array().expect("a list").iter().map(|case| &case["verdict"]).collect();
    assert_eq!(verdicts, ["unsupported", "pass", "fail", "fail"]);
    assert!(said["cases"][3]["why"].as_str().expect("a reason").contains("expected -"), "{said}");

    let mut command = lenslet();
    command.arg("doctor").arg("--cases").arg(cases());
    let out = run(command);
    let text = String::from_utf8(out.stdout).expect("text");
    assert!(out.status.success() && text.ends_with("1 passed, 0 failed, 1 unsupported\n"), "{text}");
    assert_eq!(text.lines().count(), 4, "{text}");
}

#[test]
fn predict_and_explain_take_an_onnx_file() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let model = cases().join("test_relu/model.onnx");
    let dims = vec![3, 4, 5];
    let input = (0..60).map(|i| i as f32 - 30.0).collect();
    npy::write(folder.path().join("x.npy"), &Tensor::new(dims.clone(), Data::F32(input)).expect("60"))
        .expect("writable");
    let mut command = lenslet();
    command.arg("predict").arg(&model).arg("--input").arg(format!("x={}", folder.path().join("x.npy").display()));
    command.arg("--output").arg(folder.path().join("out"));
    let out = run(command);
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let y = onnx::npy::read(folder.path().join("out/0-y.npy")).expect("written");
    let wanted = (0..60).map(|i| (i as f32 - 30.0).max(0.0)).collect();
    assert_eq!(y, Tensor::new(dims, Data::F32(wanted)).expect("60"));

    let mut command = lenslet();
    command.arg("explain").arg(&model);
    let out = run(command);
    let text = String::from_utf8_lossy(&out.stdout);
    assert!(out.status.success() && text.contains("unary Relu"), "{text}");
}

#[test]
fn flags_of_one_kind_of_model_are_refused_for_the_other() {
    let mut command = lenslet();
    let model = cases().join("test_relu/model.onnx");
    command.arg("predict").arg(&model).arg(&model); // any file that is there
    let out = run(command);
    assert_eq!(out.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&out.stderr).contains("--input"), "{}", String::from_utf8_lossy(&out.stderr));
    let mut command = lenslet();
    command.args(["predict", "no-such-run", "picture.png", "--mean", "0.5"]);
    assert_eq!(run(command).status.code(), Some(2));
}
