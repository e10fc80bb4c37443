//! Random rows: shapes, strides, pads, dilations, groups and axes that nobody thought of; every candidate of every kernel
//! against the reference, forward and backward, in both layouts.
//!
//! A failure shrinks and prints the row as it would stand in the table (`crates/cases/src/table/`), where it then
//! belongs. `cargo xtask fuzz-ops --cases N` asks for many (`LENSLET_FUZZ_CASES`, `LENSLET_FUZZ_SEED`); the plain tests ask
//! for a few, always the same.

use crate::fuzz_rows::row;
use cases::failures;
use graph::gpu_core::test_device;
use proptest::test_runner::{Config, RngSeed, TestCaseError, TestError, TestRunner};
use std::cell::Cell;

/// Rows of a plain test run.
const FEW: u32 = 48;

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name}={text}: not a number")))
}

#[test]
fn random_rows() {
    let Some(device) = test_device() else { return };
    let cases = number("LENSLET_FUZZ_CASES").map_or(FEW, |cases| cases as u32);
    let seed = number("LENSLET_FUZZ_SEED").unwrap_or(1);
    let config = Config {
        cases,
        rng_seed: RngSeed::Fixed(seed),
        failure_persistence: None,
        max_shrink_iters: 400,
        ..Config::default()
    };
    let mut runner = TestRunner::new(config);
    let done = Cell::new(0);
    let ran = runner.run(&row(), |row| {
        done.set(done.get() + 1);
        if done.get() % 250 == 0 {
            println!("{} rows", done.get());
        }
        let wrong = failures(device, &row.case).map_err(|error| TestCaseError::fail(error.to_string()))?;
        if wrong.is_empty() { Ok(()) } else { Err(TestCaseError::fail(wrong.join("\n"))) }
    });
    match ran {
        Ok(()) => println!("{cases} random rows from seed {seed}: none out of tolerance"),
        Err(TestError::Fail(why, row)) => panic!("a row for the table (seed {seed}):\n{row:?}\n{why}"),
        Err(TestError::Abort(why)) => panic!("{why}"),
    }
}
