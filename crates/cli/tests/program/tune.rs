//! `tune` and `train --tune`: what is measured is kept, `explain` shows it, runs take it and go on with it.

use super::{json, lenslet, model, run, train};
use serde_json::Value;
use std::path::Path;

/// With a cache of this test's own.
fn with_cache(mut command: std::process::Command, folder: &Path) -> std::process::Command {
    command.env("LENSLET_CACHE", folder.join("cache"));
    command
}

#[test]
fn what_is_measured_is_explained_trained_with_and_gone_on_with() {
    if lenslet::gpu_core::test_device().is_none() {
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (path, model) = (folder.path().join("run"), model(folder.path()));
    let on = |word: &str, more: &[&str]| {
        let mut command = lenslet();
        command.arg(word).arg(&model).args(more).arg("--json");
        json(with_cache(command, folder.path()))
    };
    let tuned = on("tune", &["--batch", "32"]);
    let tuned = tuned["nodes"].as_array().expect("a list");
    assert!(!tuned.is_empty(), "no node has several kernels");
    let explained = on("explain", &["--batch", "32"]);
    let explained = explained["nodes"].as_array().expect("a list");
    for node in tuned {
        let (name, _) = node["node"].as_str().and_then(|node| node.split_once(' ')).expect("a name");
        let kernels: Vec<&Value> =
            explained.iter().filter(|row| row["node"] == name).map(|row| &row["kernel"]).collect();
        assert_eq!(kernels, [&node["chosen"]], "{node}");
    }
    // A run with and one without measuring anew, and one that is cut and goes on: the choices are the same for all.
    let trained = |out: &Path, more: &[&str]| {
        json(with_cache(train(folder.path(), out, &[&["--epochs", "1"], more].concat()), folder.path()))["digest"]
            .clone()
    };
    let digest = trained(&path, &["--tune"]);
    let mut resumed = lenslet();
    resumed.arg("train").arg("--resume").arg(&path).arg("--json");
    let out = run(with_cache(resumed, folder.path()));
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(out.status.success() && !said.contains("bits may differ"), "{said}");
    assert!(String::from_utf8_lossy(&out.stdout).contains(digest.as_str().expect("text")), "{said}");
}

#[test]
fn tables_are_not_tuned() {
    let mut command = lenslet();
    command.args(["train", "iris", "--tune"]);
    let out = run(command);
    assert_eq!(out.status.code(), Some(2), "{}", String::from_utf8_lossy(&out.stderr));
}
