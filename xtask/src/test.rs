//! `cargo xtask test`: a Vulkan driver, the doc tests, then all other tests.
//!
//! The other tests come last so that their runner's summary closes the output. cargo-nextest runs
//! them where it is installed, cargo's own runner elsewhere: a Rust toolchain is enough.

use crate::{driver, process};
use anyhow::Result;
use std::process::Command;

/// Words are filters and go to both runs. A flag (`-E …`, `--no-capture`) belongs to the runner of
/// the tests alone, so the doc tests are left out then.
pub(crate) fn run(args: &[String]) -> Result<u8> {
    let vulkan = driver::provide()?;
    let with_driver = |mut command: Command| {
        command.envs(vulkan.iter().cloned());
        command
    };

    let flags = args.iter().any(|arg| arg.starts_with('-'));
    let docs = if flags { 0 } else { process::status(with_driver(doc_tests()?).args(args))? };
    let tests = process::status(with_driver(tests(flags)?).args(args))?;
    if docs != 0 && tests == 0 {
        eprintln!("doc tests failed, see above");
    }
    Ok(if tests != 0 { tests } else { docs })
}

fn doc_tests() -> Result<Command> {
    let mut command = process::cargo()?;
    command.args(["test", "--doc", "--workspace", "--no-fail-fast", "--"]);
    Ok(command)
}

/// `.config/nextest.toml` tells nextest to go on after a failure; cargo is told here.
fn tests(flags: bool) -> Result<Command> {
    let mut command = process::cargo()?;
    if process::works("cargo-nextest", &["nextest", "--version"]) {
        command.args(["nextest", "run", "--workspace"]);
    } else {
        command.args(["test", "--workspace", "--tests", "--no-fail-fast"]);
        if !flags {
            command.arg("--"); // several filters are the test binary's to take, cargo takes one
        }
    }
    Ok(command)
}
