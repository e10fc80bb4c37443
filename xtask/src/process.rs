//! Child processes: cargo and the tools around it, run in the root of the workspace.
//!
//! Apart so that every command treats exit statuses alike: the child's own status is passed on.

use anyhow::{Context, Result};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Root of the workspace: the folder above this package.
pub(crate) fn root() -> Result<PathBuf> {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").context("xtask is run through cargo: `cargo xtask help`")?;
    let package = PathBuf::from(package);
    Ok(package.parent().context("xtask lies inside the workspace")?.to_path_buf())
}

/// The target folder that this very program was built into, wherever cargo's settings put it.
pub(crate) fn target() -> Result<PathBuf> {
    let program = std::env::current_exe().context("where this program lies")?;
    let folder = program.ancestors().nth(2).context("this program lies in target/PROFILE")?;
    Ok(folder.to_path_buf())
}

/// The `lenslet` program of a release build, up to date.
pub(crate) fn program() -> Result<PathBuf> {
    must(cargo()?.args(["build", "--release", "--locked", "--workspace", "--bin", "lenslet"]))?;
    Ok(target()?.join("release").join(format!("lenslet{}", std::env::consts::EXE_SUFFIX)))
}

/// The cargo that started this program, in the root of the workspace.
pub(crate) fn cargo() -> Result<Command> {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")));
    command.current_dir(root()?);
    Ok(command)
}

/// Prints the command line, runs it, and gives its exit status (1 when a signal ended it).
pub(crate) fn status(command: &mut Command) -> Result<u8> {
    let line = shown(command);
    eprintln!("$ {line}");
    let status = command.status().with_context(|| format!("cannot run `{line}`"))?;
    Ok(match status.code() {
        Some(code) => u8::try_from(code).unwrap_or(1),
        None => {
            eprintln!("`{line}` ended: {status}");
            1
        }
    })
}

/// Like [`status`], for the steps that must succeed. Reads no input; what it says goes to stderr.
pub(crate) fn must(command: &mut Command) -> Result<()> {
    let status = status(command.stdin(Stdio::null()).stdout(Stdio::from(std::io::stderr())))?;
    anyhow::ensure!(status == 0, "`{}` failed with status {status}", shown(command));
    Ok(())
}

/// Whether the program can be started and answers with success; nothing of what it says is shown.
pub(crate) fn works(program: &str, args: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// The command line for a reader: without the folders of the program and without `-o` settings of apt.
fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let mut line = program.file_name().unwrap_or(command.get_program()).to_string_lossy().into_owned();
    let mut args = command.get_args();
    while let Some(arg) = args.next() {
        if program.ends_with("apt-get") && arg == "-o" {
            args.next();
        } else {
            line = line + " " + &arg.to_string_lossy();
        }
    }
    line
}
