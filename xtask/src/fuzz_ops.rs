//! `cargo xtask fuzz-ops --cases N [--seed S]`: random rows for every op family, on the best adapter.
//!
//! The test is `tests/fuzz_ops.rs`; it prints a failing row as it would stand in the table. The seed is another one every
//! time unless it is given, and is printed, so that a failure can be had again.

use crate::{driver, process};
use anyhow::{Result, bail};
use std::time::{SystemTime, UNIX_EPOCH};

/// Flags in pairs: `--cases N`, `--seed S`.
pub(crate) fn run(args: &[String]) -> Result<u8> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let (mut cases, mut seed) = (1000, now);
    for pair in args.chunks(2) {
        match pair {
            [flag, value] if flag == "--cases" => cases = value.parse()?,
            [flag, value] if flag == "--seed" => seed = value.parse()?,
            _ => bail!("{}: cargo xtask fuzz-ops --cases N [--seed S]", pair.join(" ")),
        }
    }
    let vulkan = driver::provide()?;
    println!("{cases} random rows from seed {seed}");
    let mut command = process::cargo()?;
    command.args(["test", "--workspace", "--test", "lenslet", "--", "fuzz_ops", "--nocapture"]);
    command.env("LENSLET_FUZZ_CASES", cases.to_string()).env("LENSLET_FUZZ_SEED", seed.to_string());
    command.envs(vulkan);
    process::status(&mut command)
}
