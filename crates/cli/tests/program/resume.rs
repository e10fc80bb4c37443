//! Killed at any time and gone on with, a run ends with the same bits as one that nobody touched.

use crate::{json, lenslet, run, train};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

const SETTINGS: [&str; 6] = ["--epochs", "12", "--checkpoint-steps", "7", "--seed", "5"];

/// Checkpoints that come between updates, and everything else that a run must not forget.
const ALL: &str = "--epochs 14 --checkpoint-steps 7 --accumulate 3 --ema 0.9 --group *.bias:weight_decay=0 \
    --group conv2d1.*:lr_scale=0.5 --schedule warmup:1,plateau:0:0.5 --lr 0.5 --clip-norm 5";

fn resume(run: &Path) -> Command {
    let mut command = lenslet();
    command.arg("train").arg("--resume").arg(run).arg("--json");
    command
}

/// Starts it, waits until `ready`, kills it with no chance to say a word. False when it was done before.
fn killed(mut command: Command, ready: impl Fn() -> bool) -> bool {
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program starts");
    while !ready() {
        if let Some(status) = child.try_wait().expect("a child of ours") {
            assert!(status.success(), "it failed before it was killed: {status}");
            return false;
        }
        std::thread::sleep(Duration::from_micros(300));
    }
    child.kill().expect("a child of ours");
    !child.wait().expect("a child of ours").success()
}

fn files(run: &Path) -> [Vec<u8>; 2] {
    ["checkpoint.safetensors", "metrics.jsonl"].map(|name| std::fs::read(run.join(name)).expect(name))
}

#[test]
fn killed_runs_end_as_unbroken_ones() {
    ends_as_unbroken(&SETTINGS);
}

#[test]
fn killed_runs_with_all_that_is_kept_end_as_unbroken_ones() {
    ends_as_unbroken(&ALL.split_whitespace().collect::<Vec<_>>());
}

fn ends_as_unbroken(settings: &[&str]) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (whole, broken) = (folder.path().join("whole"), folder.path().join("broken"));
    let want = json(train(folder.path(), &whole, settings));

    // Before the first step: only what was asked is there.
    let begun = || broken.join("run.toml").exists();
    assert!(killed(train(folder.path(), &broken, settings), begun), "it ended before run.toml was there");
    let checkpoint = broken.join("checkpoint.safetensors");
    let mut kills = 1;
    for round in 0..6u64 {
        let before = std::fs::read(&checkpoint).ok();
        // At some moment after another checkpoint, each time a little later.
        let another = || {
            let come = std::fs::read(&checkpoint).ok() != before;
            if come {
                std::thread::sleep(Duration::from_micros(700 * round));
            }
            come
        };
        if !killed(resume(&broken), another) {
            break;
        }
        kills += 1;
    }
    assert!(kills > 2, "killed {kills} times only");
    let got = json(resume(&broken));
    assert_eq!(got["digest"], want["digest"]);
    assert_eq!(got["test_accuracy"], want["test_accuracy"]);
    assert!(files(&broken) == files(&whole), "checkpoint or metrics differ");
    let left: Vec<_> = std::fs::read_dir(&broken).expect("the run").flatten().map(|e| e.file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().starts_with('.')), "{left:?}");
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_does_not() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let runs = ["a", "b", "c"].map(|name| folder.path().join(name));
    let digests: Vec<_> = runs
        .iter()
        .zip(["1", "1", "2"])
        .map(|(run, seed)| json(train(folder.path(), run, &["--epochs", "2", "--seed", seed]))["digest"].clone())
        .collect();
    assert_eq!(digests[0], digests[1]);
    assert_ne!(digests[0], digests[2]);
    assert!(files(&runs[0]) == files(&runs[1]), "checkpoint or metrics differ");
}

#[cfg(unix)]
#[test]
fn ctrl_c_saves_and_says_how_to_go_on() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (whole, broken) = (folder.path().join("whole"), folder.path().join("broken"));
    let settings = ["--epochs", "40", "--checkpoint-steps", "5"];
    let want = json(train(folder.path(), &whole, &settings));
    let child = train(folder.path(), &broken, &settings).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let child = child.expect("the program starts");
    while !broken.join("checkpoint.safetensors").exists() {
        std::thread::sleep(Duration::from_millis(1));
    }
    let status = Command::new("kill").arg("-INT").arg(child.id().to_string()).status().expect("kill is everywhere");
    assert!(status.success());
    let out = child.wait_with_output().expect("a child of ours");
    let said = String::from_utf8_lossy(&out.stderr);
    assert_eq!(out.status.code(), Some(130), "{said}");
    assert!(said.contains("saved; go on with: lenslet train --resume"), "{said}");
    assert_eq!(json(resume(&broken))["digest"], want["digest"]);
    assert!(files(&broken) == files(&whole), "checkpoint or metrics differ");
}

#[test]
fn what_does_not_belong_together_is_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("run");
    json(train(folder.path(), &path, &["--epochs", "1"]));
    let said = |command: Command| {
        let out = run(command);
        assert_eq!(out.status.code(), Some(1), "{}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8_lossy(&out.stderr).into_owned()
    };
    let checkpoint = path.join("checkpoint.safetensors");
    let bytes = std::fs::read(&checkpoint).expect("there is one");

    std::fs::write(&checkpoint, &bytes[..bytes.len() / 2]).expect("writable");
    assert!(said(resume(&path)).contains("checkpoint.safetensors: not a whole safetensors file"));
    std::fs::write(&checkpoint, &bytes).expect("writable");

    let other = crate::data(&folder.path().join("other"), 600, 100);
    let mut elsewhere = resume(&path);
    elsewhere.arg("--data").arg(other);
    assert!(said(elsewhere).contains("the training data is not what the run began with"));

    let text = std::fs::read_to_string(path.join("run.toml")).expect("there is one");
    std::fs::write(path.join("run.toml"), text.replace("\"relu\"", "\"tanh\"")).expect("writable");
    assert!(said(resume(&path)).contains("the checkpoint is of another model than the run"));
    assert_eq!(std::fs::read(&checkpoint).expect("still there"), bytes);
}

/// As a full disk: no file may grow beyond a few blocks. (A full disk itself needs rights that tests do not have.)
#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_takes_no_more_leaves_the_last_checkpoint() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (whole, broken) = (folder.path().join("whole"), folder.path().join("broken"));
    let want = json(train(folder.path(), &whole, &SETTINGS));
    let checkpoint = broken.join("checkpoint.safetensors");
    assert!(killed(train(folder.path(), &broken, &SETTINGS), || checkpoint.exists()), "it ended before");
    let before = std::fs::read(&checkpoint).expect("there is one");
    let mut full = Command::new("sh");
    // A process that ignores the signal gets an error from the write instead.
    let script = "trap '' XFSZ; ulimit -f 8; exec \"$0\" train --resume \"$1\"";
    full.args(["-c", script, env!("CARGO_BIN_EXE_lenslet")]).arg(&broken);
    let out = run(full);
    let said = String::from_utf8_lossy(&out.stderr);
    assert_eq!(out.status.code(), Some(1), "{said}");
    assert!(said.contains("error: cannot write "), "{said}");
    assert!(std::fs::read(&checkpoint).expect("still there") == before, "the last good checkpoint is gone");
    assert_eq!(json(resume(&broken))["digest"], want["digest"]);
    assert!(files(&broken) == files(&whole), "checkpoint or metrics differ");
}
