//! `eval` and `predict` for a run over a table.

use super::data::{self, Source};
use super::report;
use crate::exit::{note, print, usage};
use lenslet::datasets::table::{Sheet, Targets};
use lenslet::{Checkpoint, RunText, TableNetwork, engine};
use serde_json::{Value, json};
use std::path::PathBuf;

/// How the network does on its held-out rows, or on all rows of the table asked for.
pub(super) fn eval(
    text: &RunText,
    checkpoint: &Checkpoint,
    (data, adapter): (Option<&str>, Option<&str>),
    json: bool,
) -> anyhow::Result<()> {
    let (mut network, adapter) = network(checkpoint, adapter.or(text.adapter.as_deref()))?;
    let settings = network.info().settings.clone();
    let (rows, of, trained) = match data {
        Some(name) => {
            let sheet = read(name, settings.drop_missing)?;
            (network.examples(&sheet)?, "whole-table", false)
        }
        None => {
            let prepared = settings.prepare(&data::sheet(&text.data, settings.drop_missing)?, text.settings.seed)?;
            match prepared.held_out.is_empty() {
                true => (prepared.train, "training", true),
                false => (prepared.held_out, "held-out", false),
            }
        }
    };
    let evaluation = network.evaluate(&rows)?;
    let classes = network.info().scheme.classes().unwrap_or_default();
    let step = checkpoint.header.step;
    if !json {
        let told = report::table_evaluation(&evaluation, classes, of);
        return print(format!("behind step {step}: {}", told.trim_end()));
    }
    let mut told = report::table_evaluation_json(&evaluation, classes, trained);
    (told["rows"], told["step"], told["adapter"]) = (rows.len().into(), step.into(), adapter.into());
    print(told)
}

/// What it says of each row.
pub(super) fn predict(
    text: &RunText,
    checkpoint: &Checkpoint,
    files: &[PathBuf],
    adapter: Option<&str>,
    json: bool,
) -> anyhow::Result<()> {
    // All tables are read before the device is opened: a bad one is found at once.
    let sheets = files.iter().map(|file| read(&file.to_string_lossy(), false)).collect::<Result<Vec<_>, _>>()?;
    let (mut network, adapter) = network(checkpoint, adapter.or(text.adapter.as_deref()))?;
    let mut rows = Vec::new();
    for sheet in &sheets {
        let scheme = network.info().scheme.clone();
        let (said, right) = match scheme.classes() {
            Some(names) => {
                let found = network.classes(sheet)?;
                let truth = match scheme.targets_of(sheet) {
                    Ok(Targets::Classes(truth)) => Some(truth),
                    _ => None,
                };
                let right =
                    truth.map(|truth| found.iter().zip(&truth).filter(|(p, t)| p.class == **t as usize).count());
                let row = |(at, p): (usize, &lenslet::Prediction)| {
                    let class = &names[p.class];
                    let line = sheet.line(at);
                    let text = format!("line {line}: {class} ({:.1} %)", 100.0 * p.probability());
                    let value = json!({
                        "file": sheet.file(), "line": line, "class": class, "probability": p.probability(),
                        "probabilities": p.probabilities,
                    });
                    (text, value)
                };
                (found.iter().enumerate().map(row).collect::<Vec<_>>(), right)
            }
            None => {
                let found = network.numbers(sheet)?;
                let row = |(at, &y): (usize, &f64)| {
                    let line = sheet.line(at);
                    let value = json!({ "file": sheet.file(), "line": line, "number": y });
                    (format!("line {line}: {} {y:.6}", scheme.target.name), value)
                };
                (found.iter().enumerate().map(row).collect(), None)
            }
        };
        for (text, value) in said {
            if !json {
                print(if sheets.len() > 1 { format!("{}, {text}", sheet.file()) } else { text })?;
            }
            rows.push(value);
        }
        if let Some(right) = right {
            note(format!(
                "{}: {right} of {} rows are as their column \"{}\" says",
                sheet.file(),
                sheet.len(),
                scheme.target.name
            ));
        }
    }
    if json { print(json!({ "adapter": adapter, "predictions": Value::Array(rows) })) } else { Ok(()) }
}

fn read(name: &str, drop_missing: bool) -> anyhow::Result<Sheet> {
    match data::source(Some(name))? {
        Source::Table(name) => data::sheet(&name, drop_missing),
        Source::Images(name) => Err(usage(format!("{name} is no table; the run is over a table"))),
    }
}

fn network(checkpoint: &Checkpoint, adapter: Option<&str>) -> anyhow::Result<(TableNetwork, String)> {
    let (engine, missing) = engine::open(adapter)?;
    if let Some(why) = missing {
        note(format!("{why}; going on on the CPU"));
    }
    Ok((TableNetwork::load(&engine, checkpoint)?, engine::adapter(&engine)))
}
