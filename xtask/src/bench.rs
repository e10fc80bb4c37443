//! `cargo xtask bench`: the program's benches in a release build; with `--peers` beside other engines, in turns.
//!
//! Machines are noisy and differ, so the figures that mean something are ratios of runs that take turns on one machine.

use crate::process;
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Turns that each engine gets.
const TURNS: usize = 5;

/// Flags go to `lenslet bench`, but for `--peers`.
pub(crate) fn run(args: &[String]) -> Result<u8> {
    let program = process::program()?;
    if !args.iter().any(|arg| arg == "--peers") {
        return process::status(Command::new(&program).arg("bench").args(args));
    }
    let args: Vec<&str> = args.iter().map(String::as_str).filter(|arg| *arg != "--peers").collect();
    let filter = match args[..] {
        [] => "",
        ["--filter", name] => name,
        _ => bail!("beside --peers there may be `--filter NAME` and nothing else"),
    };
    let python = provide()?;
    let names = names(&program, filter)?;
    println!("| workload | lenslet, images/s or GFLOP/s | PyTorch CPU | ratio, each turn | median |");
    println!("|---|---|---|---|---|");
    for name in names {
        let mut turns = Vec::new();
        for _ in 0..TURNS {
            let ours =
                rate(Command::new(&program).args(["bench", "--json", "--seconds", "2", "--filter", &name]), &name)?;
            let script = process::root()?.join("benches/peers/pytorch.py");
            let theirs = rate(Command::new(&python).arg(script).args(["--seconds", "2", "--filter", &name]), &name)?;
            turns.push((ours, theirs));
        }
        println!("{}", line(&name, &turns));
    }
    Ok(0)
}

/// A row of the table, from the rates of each turn: ours, theirs.
fn line(name: &str, turns: &[(f64, f64)]) -> String {
    let median = |mut values: Vec<f64>| {
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    let ratios: Vec<f64> = turns.iter().map(|(ours, theirs)| ours / theirs).collect();
    let shown: Vec<String> = ratios.iter().map(|ratio| format!("{ratio:.2}")).collect();
    let (ours, theirs) = (median(turns.iter().map(|t| t.0).collect()), median(turns.iter().map(|t| t.1).collect()));
    format!("| {name} | {ours:.1} | {theirs:.1} | {} | {:.2} |", shown.join(" "), median(ratios))
}

/// The workloads with `filter` in their names.
fn names(program: &PathBuf, filter: &str) -> Result<Vec<String>> {
    let listed = output(Command::new(program).args(["bench", "--list", "--filter", filter]))?;
    Ok(listed.lines().map(str::to_string).collect())
}

/// Images a second of the row with this very name, or GFLOP/s where it is of single ops.
fn rate(command: &mut Command, name: &str) -> Result<f64> {
    let text = output(command)?;
    let json: Value = serde_json::from_str(text.lines().last().unwrap_or_default()).context("no JSON came back")?;
    let rows = json["rows"].as_array().context("no rows came back")?;
    let row = rows.iter().find(|row| row["name"] == name).with_context(|| format!("no row is called {name}"))?;
    row["images_per_second"].as_f64().or(row["gflops"].as_f64()).context("a row has images_per_second or gflops")
}

fn output(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output()?;
    anyhow::ensure!(output.status.success(), "{command:?} ended with {}", output.status);
    Ok(String::from_utf8(output.stdout)?)
}

/// A Python with the peers in it, under target/.
fn provide() -> Result<PathBuf> {
    let folder = process::target()?.join("peers");
    let python = folder.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    if !python.exists() {
        process::must(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
    }
    let wanted = process::root()?.join("benches/peers/requirements.txt");
    process::must(Command::new(&python).args(["-m", "pip", "install", "--quiet", "--requirement"]).arg(wanted))?;
    Ok(python)
}
