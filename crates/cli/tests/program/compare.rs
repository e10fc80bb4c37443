//! `compare`: a run that agrees, and the right node where a kernel is broken on purpose.

use super::{json, lenslet, run, train};
use std::path::Path;

fn compare(path: &Path, folder: &Path) -> std::process::Command {
    let mut command = lenslet();
    command.arg("compare").arg(path).arg("--json").args(["--adapter", "#0", "--out"]).arg(folder.join("d.png"));
    command
}

#[test]
fn the_first_wrong_node_is_named_and_drawn() {
    if lenslet::gpu_core::test_device().is_none() {
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("run");
    json(train(folder.path(), &path, &["--epochs", "1"]));
    for batch in ["3", "16"] {
        let mut command = compare(&path, folder.path());
        command.args(["--batch", batch]);
        let right = json(command);
        assert!(right["difference"].is_null(), "{right}");
        let ops: Vec<_> = right["nodes"].as_array().expect("a list").iter().map(|node| &node["op"]).collect();
        assert!(
            ops.iter().any(|op| *op == "conv_dweight") && ops.iter().any(|op| *op == "cross_entropy_both"),
            "{ops:?}"
        );
    }

    // Pooling that leaves out the last row of pixels. In large batches the convolution has taken it over.
    let shaders = folder.path().join("shaders");
    std::fs::create_dir(&shaders).expect("writable");
    let own = lenslet::gpu_core::shaders::find("max_pool").expect("a kernel").text;
    let broken = own.replace("h < dim.h", "h + 1 < dim.h");
    assert_ne!(own, broken);
    std::fs::write(shaders.join("max_pool.wgsl"), broken).expect("writable");
    let mut command = compare(&path, folder.path());
    command.args(["--batch", "3"]).env("LENSLET_SHADERS", &shaders);
    let out = run(command);
    let said = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.code() == Some(1) && said.contains("differs"), "{said}");
    let found: serde_json::Value = serde_json::from_slice(&out.stdout).expect("JSON");
    let found = &found["difference"];
    assert!(found["node"].as_str().is_some_and(|node| node.starts_with("max_pool2d1")), "{found}");
    assert_eq!((&found["op"], &found["kernel"]), (&"max_pool".into(), &"max_pool".into()));
    assert!(
        found["device"].as_f64() != found["interpreter"].as_f64() && found["error"].as_f64() > Some(1.0),
        "{found}"
    );
    assert!(folder.path().join("d.png").is_file());
}

#[test]
fn an_onnx_file() {
    if lenslet::gpu_core::test_device().is_none() {
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let relu = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/program/cases/test_relu/model.onnx");
    let right = json(compare(&relu, folder.path()));
    assert!(right["difference"].is_null() && right["nodes"][0]["op"] == "unary", "{right}");
    let out = run(compare(&folder.path().join("none.onnx"), folder.path()));
    assert_eq!(out.status.code(), Some(2));
}
