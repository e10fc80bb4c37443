//! The program as users run it: as a process, on a small real data set written as IDX files.
//!
//! `bench.rs` times, `compare.rs` runs networks in lockstep, `doctor.rs` looks for broken kernels, `guide.rs` reads the
//! guide, `learn.rs` takes its lessons, `models.rs` asks for models by name, `resume.rs` kills it, `tune.rs` measures its
//! kernels, `usage.rs` uses it wrongly, `run_folder.rs` looks at what it leaves, `tables.rs` does the same for tables and
//! `folders.rs` for folders. On the device that is there; where there is none the CPU takes over, which is one of the things
//! to test anyway.

mod bench;
mod compare;
mod doctor;
mod folders;
mod guide;
mod learn;
mod models;
mod onnx;
mod resume;
mod run_folder;
mod tables;
mod tune;
mod usage;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Digits of 8 by 8, in the form of MNIST's files.
fn data(folder: &Path, train: usize, test: usize) -> PathBuf {
    let images = lenslet::datasets::digits8x8().expect("embedded");
    let dir = folder.join("data");
    std::fs::create_dir_all(&dir).expect("a folder of the test's own");
    for (prefix, rows) in [("train", 0..train), ("t10k", train..train + test)] {
        let [count, rows_of_bytes] = [(rows.len() as u32).to_be_bytes(), 8u32.to_be_bytes()];
        let mut pixels = [&[0, 0, 8, 3], &count[..], &rows_of_bytes, &rows_of_bytes].concat();
        let mut labels = [&[0, 0, 8, 1], &count[..]].concat();
        for row in rows {
            pixels.extend(images.image(row));
            labels.push(images.labels[row] as u8);
        }
        std::fs::write(dir.join(format!("{prefix}-images-idx3-ubyte")), pixels).expect("writable");
        std::fs::write(dir.join(format!("{prefix}-labels-idx1-ubyte")), labels).expect("writable");
    }
    dir
}

/// A small CNN for them.
fn model(folder: &Path) -> PathBuf {
    let path = folder.join("model.toml");
    let model = lenslet::Model::new([1, 8, 8]).conv2d(4, 3).relu().max_pool2d(2).flatten().linear(10);
    std::fs::write(&path, model.to_text()).expect("writable");
    path
}

fn lenslet() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lenslet"));
    command.env_remove("RUST_LOG").env_remove("LENSLET_SHADERS");
    command.env("LENSLET_CACHE", concat!(env!("CARGO_TARGET_TMPDIR"), "/cache")); // not the user's
    command
}

/// `train` on the small set, into `run`.
fn train(folder: &Path, run: &Path, more: &[&str]) -> Command {
    let mut command = lenslet();
    command.arg("train").arg("--data").arg(data(folder, 640, 100)).arg("--model").arg(model(folder));
    command.arg("--out").arg(run).args(["--batch", "32", "--json"]).args(more);
    command
}

fn run(mut command: Command) -> Output {
    command.output().expect("the program starts")
}

/// Runs to a good end; the JSON of the last line.
fn json(command: Command) -> serde_json::Value {
    let out = run(command);
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(out.status.success(), "{said}");
    let stdout = String::from_utf8(out.stdout).expect("text");
    let last = stdout.lines().last().unwrap_or_else(|| panic!("nothing on stdout: {said}"));
    serde_json::from_str(last).unwrap_or_else(|error| panic!("{error}: {last}"))
}
