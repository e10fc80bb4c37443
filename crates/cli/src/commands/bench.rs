//! `bench`: how fast named workloads run on this machine.

use super::report;
use crate::exit::{note, print, usage};
use clap::Args;
use lenslet::bench::{Row, workloads};
use serde_json::json;
use std::time::{Duration, Instant};

/// Time named workloads: images a second, milliseconds a step, launches, memory, cold start.
#[derive(Args)]
pub(crate) struct Bench {
    /// Only the workload of this name, or all with this in their names
    #[arg(long, value_name = "NAME", default_value = "")]
    filter: String,
    /// The adapter: `#1`, discrete, integrated, software, a backend, or part of a name
    #[arg(long, value_name = "NAME")]
    adapter: Option<String>,
    /// How long each workload is timed, step by step and again with steps in flight
    #[arg(long, value_name = "N", default_value_t = 3.0, value_parser = seconds)]
    seconds: f64,
    /// Only the workloads' names, one a line
    #[arg(long, conflicts_with = "json")]
    list: bool,
    /// One JSON object on stdout
    #[arg(long)]
    json: bool,
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(seconds) if (0.0..=3600.0).contains(&seconds) => Ok(seconds),
        _ => Err("needs seconds between 0 and 3600".into()),
    }
}

impl Bench {
    pub(crate) fn run(self, began: Instant) -> anyhow::Result<()> {
        let mut chosen: Vec<_> = workloads().into_iter().filter(|w| w.name.contains(&self.filter)).collect();
        if chosen.iter().any(|w| w.name == self.filter) {
            chosen.retain(|w| w.name == self.filter);
        }
        if chosen.is_empty() {
            let names: Vec<_> = workloads().iter().map(|w| w.name).collect();
            return Err(usage(format!(
                "no workload has {:?} in its name; there are {}",
                self.filter,
                names.join(", ")
            )));
        }
        if self.list {
            return chosen.iter().try_for_each(|workload| print(workload.name));
        }
        let (mut adapter, mut rows) = (String::new(), Vec::new());
        let mut start = began;
        for workload in chosen {
            note(format!("{}: {}", workload.name, workload.about));
            let (on, row) = workload.run(self.adapter.as_deref(), Duration::from_secs_f64(self.seconds), start)?;
            adapter = on;
            rows.push(row);
            start = Instant::now();
        }
        if self.json {
            return print(json!({ "adapter": adapter, "rows": rows }));
        }
        print(format!("on {adapter}\n"))?;
        print(table(&rows))?;
        for row in rows.iter().filter(|row| !row.kernels.is_empty()) {
            let total: f64 = row.kernels.iter().map(|kernel| kernel.1).sum();
            print(format!("\n{}: device time a step by shader, {total:.2} ms in all", row.name))?;
            let lines = row
                .kernels
                .iter()
                .map(|(name, ms)| vec![name.clone(), format!("{ms:.3}"), format!("{:.0} %", 100.0 * ms / total)]);
            print(report::table(&["shader", "ms", "share"], &lines.collect::<Vec<_>>(), &[1, 2]))?;
        }
        Ok(())
    }
}

fn table(rows: &[Row]) -> String {
    let header = ["workload", "images/s", "ms p50", "ms p95", "launches", "peak memory", "forecast", "cold start s"];
    let cells = rows.iter().map(|row| {
        vec![
            row.name.clone(),
            report::thousands(row.images_per_second.round() as u64),
            format!("{:.2}", row.ms_p50),
            format!("{:.2}", row.ms_p95),
            row.launches.to_string(),
            report::bytes(row.peak_bytes),
            report::bytes(row.planned_bytes),
            format!("{:.2}", row.cold_start_seconds),
        ]
    });
    report::table(&header, &cells.collect::<Vec<_>>(), &[1, 2, 3, 4, 5, 6, 7])
}
