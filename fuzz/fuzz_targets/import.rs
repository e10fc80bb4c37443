//! Any bytes as an ONNX model, read and made a graph: an error or a graph, never a panic and no memory without bounds.
//!
//! `cargo +nightly fuzz run import fuzz/corpus crates/onnx/tests/corpus -- -rss_limit_mb=2048`. What it finds goes into
//! `crates/onnx/tests/corpus/` with a row in `crates/onnx/tests/hostile.rs`, which replays all of them on any compiler and
//! sends mutations of sound files the same way.
#![no_main]

use libfuzzer_sys::fuzz_target;
use onnx::{Model, Options, import};

fuzz_target!(|bytes: &[u8]| {
    // External data lies in the model's folder; there is none here.
    if let Ok(model) = Model::from_bytes(bytes.to_vec(), None) {
        // Refused or not, both are fine.
        let _ = import(&model, &Options { batch: Some(1), ..Options::default() });
    }
});
