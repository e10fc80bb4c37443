//! How the program ends: 0 done, 1 failed, 2 used wrongly, 130 interrupted. Errors are one line on stderr.

use lenslet::{Error, gpu_core};
use std::io::{ErrorKind, Write};
use std::process::ExitCode;

/// A command that was given what it cannot use: an argument, not the world, is at fault.
#[derive(Debug)]
pub(crate) struct Usage(pub(crate) String);

impl std::fmt::Display for Usage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
impl std::error::Error for Usage {}

/// Interrupted by the user; what there was to say has been said.
#[derive(Debug)]
pub(crate) struct Interrupted;

impl std::fmt::Display for Interrupted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("interrupted")
    }
}
impl std::error::Error for Interrupted {}

/// The code that a shell sees after Ctrl-C: 128 and the signal's number.
pub(crate) const INTERRUPTED: u8 = 130;

/// An argument that cannot be used.
pub(crate) fn usage(why: impl Into<String>) -> anyhow::Error {
    Usage(why.into()).into()
}

/// A line on stdout. Not `println!`, which panics when nobody listens any more.
pub(crate) fn print(text: impl std::fmt::Display) -> anyhow::Result<()> {
    writeln!(std::io::stdout(), "{text}")?;
    Ok(())
}

/// A line on stderr, for people.
pub(crate) fn note(text: impl std::fmt::Display) {
    // Nobody listens: nothing is lost.
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Says what went wrong, and the exit code.
pub(crate) fn code(ended: anyhow::Result<()>) -> ExitCode {
    let Err(error) = ended else { return ExitCode::SUCCESS };
    if error.is::<Interrupted>() {
        return ExitCode::from(INTERRUPTED);
    }
    let piped = error.downcast_ref::<std::io::Error>().is_some_and(|cause| cause.kind() == ErrorKind::BrokenPipe);
    if piped {
        return ExitCode::SUCCESS; // `lenslet … | head` has seen enough
    }
    note(format!("error: {error:#}"));
    ExitCode::from(if is_usage(&error) { 2 } else { 1 })
}

fn is_usage(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let device = match cause.downcast_ref::<Error>() {
            Some(Error::Setting(_) | Error::Layer { .. }) => return true,
            Some(Error::Graph(lenslet::graph::Error::Device(device))) => Some(device),
            _ => cause.downcast_ref::<gpu_core::Error>(),
        };
        cause.is::<Usage>() || matches!(device, Some(gpu_core::Error::UnknownAdapter { .. }))
    })
}
