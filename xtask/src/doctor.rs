//! `cargo xtask doctor`: `lenslet doctor` on the driver that the tests run on, or on SwiftShader.
//!
//! What one driver forgives another does not: `LENSLET_DRIVER=swiftshader` fetches Chromium's software driver on Debian
//! and puts every kernel to it. Arguments go to `lenslet doctor`.

use crate::{driver, process};
use anyhow::Result;
use std::process::Command;

pub(crate) fn run(args: &[String]) -> Result<u8> {
    let vulkan = driver::provide()?;
    let mut command = Command::new(process::program()?);
    command.arg("doctor").args(args).envs(vulkan);
    process::status(&mut command)
}
