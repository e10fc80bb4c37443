//! `doctor` without cases of others: every candidate of every kernel on the table's rows, on each adapter.

use super::report;
use crate::exit::{note, print, usage};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use lenslet::cases::{self, Case, Finding};
use lenslet::gpu_core::{AdapterSummary, Adapters, Device};
use serde_json::{Value, json};
use std::io::IsTerminal;

/// Failures shown of one kernel; the rest are counted.
const SHOWN: usize = 3;

/// Examines the adapter that is asked for, or all and the CPU; an error when a kernel is wrong.
pub(super) fn examine(asked: Option<&str>, filter: &str, as_json: bool) -> anyhow::Result<()> {
    let cpu = asked == Some("cpu");
    let mut adapters = if cpu { Vec::new() } else { Adapters::list(asked) };
    if asked.is_some() {
        adapters.retain(|adapter| adapter.note.starts_with("picked"));
    }
    // Says what is missing, and how to mend it; the CPU is examined all the same.
    let missing = if adapters.is_empty() && !cpu { Device::open(asked).err() } else { None };
    let missing = match (asked, missing) {
        (Some(_), Some(error)) => return Err(error.into()),
        (_, missing) => missing,
    };
    let mut found = Vec::new();
    for adapter in adapters {
        let device = Device::open(Some(&format!("#{}", adapter.index)))?;
        let findings = with_bar(|progress| cases::examine(&device, filter, progress))?;
        found.push((Some(adapter), findings));
    }
    if asked.is_none() || cpu {
        found.push((None, with_bar(|progress| cases::examine_cpu(filter, progress))));
    }
    if found.iter().all(|(_, findings)| findings.is_empty()) {
        return Err(usage(format!("--filter {filter}: no op, kernel or row has that in its name")));
    }
    let (mut reports, mut wrong) = (Vec::new(), Vec::new());
    // What has been filtered away wholly is not worth a table.
    for (adapter, findings) in found.iter().filter(|(_, findings)| !findings.is_empty()) {
        let failed = findings.iter().filter(|finding| !finding.failures.is_empty()).count();
        let name = adapter.as_ref().map_or("the CPU", |adapter| &adapter.name);
        if failed > 0 {
            wrong.push(format!("{failed} of {} kernels are wrong on {name}", findings.len()));
        }
        if as_json {
            reports.push(value(adapter.as_ref(), findings));
        } else {
            print(text(adapter.as_ref(), findings))?;
        }
    }
    if as_json {
        print(json!({ "adapters": reports }))?;
    }
    if let Some(error) = missing {
        return Err(error.into());
    }
    if wrong.is_empty() { Ok(()) } else { Err(anyhow::anyhow!(wrong.join("; "))) }
}

/// Shows the progress of an examination through the table.
fn with_bar<T>(examine: impl FnOnce(&mut dyn FnMut(usize, usize, &Case)) -> T) -> T {
    let bar = bar();
    let mut tenth = 0;
    let made = examine(&mut |done, rows, row| {
        bar.set_length(rows as u64);
        bar.set_position(done as u64);
        bar.set_message(row.op.name());
        // Where nobody sees a bar, a line for each tenth.
        if bar.is_hidden() && done * 10 / rows > tenth {
            tenth = done * 10 / rows;
            note(format!("{done} of {rows} rows"));
        }
    });
    bar.finish_and_clear();
    made
}

fn bar() -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("[{bar:24}] {pos}/{len} rows, {eta} left  {msg}");
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10));
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> "));
    bar
}

fn verdict(finding: &Finding) -> &'static str {
    match (&finding.failures[..], &finding.absent[..]) {
        ([], []) => "right",
        ([], _) => "not here",
        _ => "WRONG",
    }
}

fn text(adapter: Option<&AdapterSummary>, findings: &[Finding]) -> String {
    let rows: Vec<Vec<String>> = findings
        .iter()
        .map(|finding| {
            vec![
                finding.op.clone(),
                finding.candidate.clone(),
                finding.questions.to_string(),
                verdict(finding).to_string(),
                format!("{:.3}", finding.worst),
                format!("{:.0}", finding.time.as_secs_f64() * 1e3),
            ]
        })
        .collect();
    let table = report::table(&["op", "kernel", "rows", "verdict", "worst error", "ms"], &rows, &[2, 4, 5]);
    let name = adapter.map_or("CPU: ops that have a function of their own there, in f32".into(), |a| a.to_string());
    let mut lines = vec![name, String::new(), table];
    for finding in findings.iter().filter(|finding| !finding.failures.is_empty()) {
        lines.push(format!("\n{} {} is wrong in {} rows:", finding.op, finding.candidate, finding.failures.len()));
        lines.extend(finding.failures.iter().take(SHOWN).map(|failure| format!("  {failure}")));
    }
    for finding in findings.iter().filter(|finding| !finding.absent.is_empty()) {
        lines.push(format!("\n{} is not made in {} rows:", finding.op, finding.absent.len()));
        lines.extend(finding.absent.iter().take(SHOWN).map(|why| format!("  {why}")));
    }
    let failed = findings.iter().filter(|finding| !finding.failures.is_empty()).count();
    let worst = findings.iter().map(|finding| finding.worst).fold(0.0, f64::max);
    lines.push(format!(
        "\n{} kernels, {failed} wrong; the worst error is {worst:.3} of its tolerance. {}",
        findings.len(),
        match (failed, adapter) {
            (0, _) => "What it computes is what the reference does.",
            (_, Some(_)) => "lenslet does not use the wrong ones here; a newer driver may mend them.",
            (_, None) => "That is a fault of lenslet or of this machine: please report it.",
        }
    ));
    lines.join("\n")
}

fn value(adapter: Option<&AdapterSummary>, findings: &[Finding]) -> Value {
    let finite = |error: f64| error.is_finite().then_some(error);
    let kernels: Vec<Value> = findings
        .iter()
        .map(|finding| {
            json!({
                "op": finding.op,
                "kernel": finding.candidate,
                "rows": finding.questions,
                "verdict": verdict(finding).to_lowercase(),
                "worst": finite(finding.worst),
                "ms": finding.time.as_secs_f64() * 1e3,
                "failures": finding.failures,
                "absent": finding.absent,
            })
        })
        .collect();
    let failed = findings.iter().filter(|finding| !finding.failures.is_empty()).count();
    let right = findings.iter().filter(|finding| verdict(finding) == "right").count();
    json!({
        "adapter": adapter.map_or("cpu", |adapter| &adapter.name),
        "backend": adapter.map(|adapter| adapter.backend.to_string()),
        "driver": adapter.map(AdapterSummary::driver_text),
        "kernels": kernels,
        "right": right,
        "wrong": failed,
    })
}
