//! The lenslet program: one file a command under `commands/`, the pictures that they draw under `pictures/`.
//!
//! `exit.rs` turns errors into a message and an exit code; nothing panics on what a user does.

mod commands;
mod exit;
mod learn;
mod pictures;

use clap::{Parser, Subcommand};
use commands::{bench, compare, devices, doctor, eval, explain, models, predict, shader, train, tune};
use std::process::ExitCode;
use std::time::Instant;

/// Train and run convolutional networks on any GPU.
#[derive(Parser)]
#[command(name = "lenslet", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Train(Box<train::Train>),
    Eval(eval::Eval),
    Predict(predict::Predict),
    Devices(devices::Devices),
    Doctor(doctor::Doctor),
    Compare(compare::Compare),
    Explain(explain::Explain),
    Models(models::Models),
    Shader(shader::Shader),
    Tune(tune::Tune),
    Bench(bench::Bench),
    /// The ideas of deep learning, one by one: computed on the engine, drawn
    Learn(learn::Learn),
}

fn main() -> ExitCode {
    let began = Instant::now();
    // Drivers' layers are loud at the level of warnings; RUST_LOG=warn shows them.
    env_logger::Builder::from_env(
        env_logger::Env::default().default_filter_or("error,lenslet=warn,graph=warn,gpu_core::texts=warn"),
    )
    .init();
    let ended = match Cli::parse().command {
        Command::Train(command) => command.run(),
        Command::Eval(command) => command.run(),
        Command::Predict(command) => command.run(),
        Command::Devices(command) => command.run(),
        Command::Doctor(command) => command.run(),
        Command::Compare(command) => command.run(),
        Command::Explain(command) => command.run(),
        Command::Models(command) => command.run(),
        Command::Shader(command) => command.run(),
        Command::Tune(command) => command.run(),
        Command::Bench(command) => command.run(began),
        Command::Learn(command) => command.run(),
    };
    exit::code(ended)
}
