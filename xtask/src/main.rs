//! `cargo xtask COMMAND`: what a contributor types. One row of [`COMMANDS`] and one file a command.
//!
//! Flags are passed on to the tool that a command runs, so nothing is parsed here and the program
//! builds in seconds. Next: `test.rs`, then `driver.rs` for how a Vulkan driver is found.

mod bench;
mod debian;
mod doctor;
mod driver;
mod fuzz_ops;
mod guide;
mod lint;
mod process;
mod test;

use std::process::ExitCode;

/// A command: its name, one line for `help`, and what it does with the arguments after its name.
/// The number that it gives is the exit status of what it ran.
struct Command {
    name: &'static str,
    about: &'static str,
    run: fn(&[String]) -> anyhow::Result<u8>,
}

const COMMANDS: &[Command] = &[
    Command {
        name: "test",
        about: "run all tests; provides a Vulkan driver first. Arguments: filters, or flags of the test runner",
        run: test::run,
    },
    Command {
        name: "lint",
        about: "rustfmt and clippy with warnings denied; cargo-deny and typos where installed",
        run: lint::run,
    },
    Command {
        name: "bench",
        about: "time the workloads in a release build; --peers: in turns with PyTorch, which it installs under target/",
        run: bench::run,
    },
    Command {
        name: "doctor",
        about: "`lenslet doctor` in a release build, on the driver of the tests; LENSLET_DRIVER=swiftshader: on Chromium's",
        run: doctor::run,
    },
    Command {
        name: "fuzz-ops",
        about: "random rows for every op, every kernel against the reference: --cases N [--seed S]",
        run: fuzz_ops::run,
    },
    Command {
        name: "guide",
        about: "run the guide's commands, put their pictures into its pages, and build the book where mdBook is installed",
        run: guide::run,
    },
    Command { name: "help", about: "this list", run: |_| list() },
];

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let name = args.next().unwrap_or_else(|| "help".into());
    let rest: Vec<String> = args.collect();
    let asked = match name.as_str() {
        "-h" | "--help" => "help",
        other => other,
    };

    let Some(command) = COMMANDS.iter().find(|command| command.name == asked) else {
        eprintln!("cargo xtask: no command `{name}`; there are\n{}", listing());
        return ExitCode::from(2);
    };
    match (command.run)(&rest) {
        Ok(status) => ExitCode::from(status),
        Err(error) => {
            eprintln!("cargo xtask {name}: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn list() -> anyhow::Result<u8> {
    println!("cargo xtask COMMAND\n{}", listing());
    Ok(0)
}

fn listing() -> String {
    COMMANDS.iter().map(|command| format!("  {:<10} {}\n", command.name, command.about)).collect()
}
