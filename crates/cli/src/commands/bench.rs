//! `bench`: how fast named workloads and single kernels run on this machine, beside the device's own roofs.

use super::report;
use crate::exit::{note, print, usage};
use anyhow::Context as _;
use clap::Args;
use lenslet::bench::{KernelWorkload, Row, Workload, kernel_workloads, kernels, workloads};
use lenslet::cases::{Timed, lines};
use lenslet::gpu_core::{Device, Roofs};
use serde_json::{Value, json};
use std::process::Command;
use std::time::{Duration, Instant};

/// Time named workloads: images a second, milliseconds a step, launches, memory, cold start; and kernels, beside the
/// device's own roofs.
#[derive(Args)]
pub(crate) struct Bench {
    /// Only the workload of this name, or all with this in their names
    #[arg(long, value_name = "NAME", default_value = "")]
    filter: String,
    /// Instead the rows of the table of cases that are timed, and have this in their labels: each kernel, in turns
    #[arg(long, value_name = "TEXT", num_args = 0..=1, default_missing_value = "", conflicts_with = "filter")]
    rows: Option<String>,
    /// The adapter: `#1`, discrete, integrated, software, a backend, or part of a name
    #[arg(long, value_name = "NAME")]
    adapter: Option<String>,
    /// How long each workload is timed, step by step and again with steps in flight
    #[arg(long, value_name = "N", default_value_t = 3.0, value_parser = seconds)]
    seconds: f64,
    /// Cold start in two processes of their own: with empty caches of driver and proofs, and again with those
    #[arg(long, conflicts_with = "rows")]
    cold: bool,
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

/// A workload's cold start, measured in processes of its own.
struct Cold {
    name: &'static str,
    empty: f64,
    filled: f64,
}

impl Bench {
    pub(crate) fn run(self, began: Instant) -> anyhow::Result<()> {
        let (models, singles) = self.chosen()?;
        if self.list {
            let names = models.iter().map(|model| model.name).chain(singles.iter().map(|single| single.name));
            return names.into_iter().try_for_each(print);
        }
        let (mut adapter, mut rows) = (None, Vec::new());
        let mut start = began;
        for workload in &models {
            note(format!("{}: {}", workload.name, workload.about));
            let (on, row) = workload.run(self.adapter.as_deref(), Duration::from_secs_f64(self.seconds), start)?;
            adapter = Some(on);
            rows.push(row);
            start = Instant::now();
        }
        let cold = if self.cold { models.iter().map(|model| self.cold(model.name)).collect() } else { Ok(Vec::new()) };
        let cold = cold?;
        // Behind the first workload, whose cold start counts from the process's.
        let device = match Device::open(self.adapter.as_deref()) {
            Ok(device) => Some(device),
            Err(error) if !singles.is_empty() && models.is_empty() || self.rows.is_some() => return Err(error.into()),
            Err(_) => None, // the workloads have said so, and ran on the CPU
        };
        let roofs = device.as_ref().map(Roofs::measure).transpose()?;
        let mut timed: Vec<(&str, Vec<Timed>)> = Vec::new();
        if let Some(device) = &device {
            for single in &singles {
                note(format!("{}: {}", single.name, single.about));
                timed.push((single.name, single.run(device)?));
            }
            if let Some(filter) = &self.rows {
                timed.push(("rows", kernels::time_rows(device, filter)?));
            }
        }
        if timed.iter().any(|(_, nodes)| nodes.is_empty()) {
            return Err(usage("no timed row of the table has that in its label"));
        }
        let adapter = adapter.or(device.as_ref().map(|device| device.summary().name.clone())).unwrap_or_default();
        if self.json {
            return print(value(&adapter, roofs.as_ref(), &rows, &cold, &timed));
        }
        print(format!("on {adapter}"))?;
        if let Some(roofs) = roofs {
            print(roofs)?;
        }
        if !rows.is_empty() {
            print(format!("\n{}", table(&rows)))?;
        }
        cold.iter().try_for_each(|Cold { name, empty, filled }| {
            print(format!("{name}: first step done {empty:.2} s after its process began with empty caches, {filled:.2} s with filled ones"))
        })?;
        rows.iter().filter(|row| !row.kernels.is_empty()).try_for_each(by_shader)?;
        for (name, nodes) in &timed {
            if let Some(roofs) = &roofs {
                // Rows of the table are of all kinds: no sum of theirs means anything.
                if self.rows.is_none() {
                    let together = kernels::together(nodes);
                    print(format!("\n{name}: {together:.1} GFLOP/s over all, each node in its best layout"))?;
                }
                nodes.iter().try_for_each(|node| print(lines(node, roofs)))?;
            }
        }
        Ok(())
    }

    /// The workloads that are asked for.
    fn chosen(&self) -> anyhow::Result<(Vec<Workload>, Vec<KernelWorkload>)> {
        if self.rows.is_some() {
            return Ok((Vec::new(), Vec::new()));
        }
        let (mut models, mut singles) = (workloads(), kernel_workloads());
        let names: Vec<&str> = models.iter().map(|w| w.name).chain(singles.iter().map(|w| w.name)).collect();
        let exact = names.contains(&self.filter.as_str());
        let wanted = |name: &str| if exact { name == self.filter } else { name.contains(&self.filter) };
        models.retain(|workload| wanted(workload.name));
        singles.retain(|workload| wanted(workload.name));
        if models.is_empty() && singles.is_empty() {
            let (filter, names) = (&self.filter, names.join(", "));
            return Err(usage(format!("no workload has {filter:?} in its name; there are {names}")));
        }
        Ok((models, singles))
    }

    /// Starts this program twice with caches in a folder of its own.
    fn cold(&self, name: &'static str) -> anyhow::Result<Cold> {
        let folder = tempfile::tempdir().context("caches need a folder")?;
        let program = std::env::current_exe().context("this program's own path")?;
        let once = || -> anyhow::Result<f64> {
            let mut command = Command::new(&program);
            command.args(["bench", "--json", "--seconds", "0", "--filter", name]);
            command.args(self.adapter.iter().flat_map(|adapter| ["--adapter", adapter]));
            // Mesa's and NVIDIA's drivers; others keep theirs where they please.
            for cache in ["LENSLET_CACHE", "MESA_SHADER_CACHE_DIR", "__GL_SHADER_DISK_CACHE_PATH"] {
                command.env(cache, folder.path());
            }
            let out = command.output().context("this program cannot be started again")?;
            anyhow::ensure!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr).trim());
            let told: Value = serde_json::from_slice(&out.stdout).context("a workload tells JSON")?;
            told["rows"][0]["cold_start_seconds"].as_f64().context("a workload tells its cold start")
        };
        Ok(Cold { name, empty: once()?, filled: once()? })
    }
}

fn value(adapter: &str, roofs: Option<&Roofs>, rows: &[Row], cold: &[Cold], timed: &[(&str, Vec<Timed>)]) -> Value {
    let nodes = |nodes: &[Timed]| match roofs {
        Some(roofs) => nodes.iter().map(|node| kernels::value(node, roofs)).collect(),
        None => Vec::new(),
    };
    let singles =
        timed.iter().map(|(name, of)| json!({ "name": name, "gflops": kernels::together(of), "nodes": nodes(of) }));
    let mut all: Vec<Value> = rows.iter().map(|row| serde_json::to_value(row).unwrap_or_default()).collect();
    for (row, Cold { empty, filled, .. }) in all.iter_mut().zip(cold) {
        row["cold_start_empty_caches_seconds"] = json!(empty);
        row["cold_start_filled_caches_seconds"] = json!(filled);
    }
    all.extend(singles);
    let roofs = roofs.map(|roofs| {
        json!({
            "gflops": roofs.flops / 1e9, "gb_per_s": roofs.bytes / 1e9,
            "launch_us": roofs.launch * 1e6, "readback_us": roofs.readback * 1e6,
        })
    });
    json!({ "adapter": adapter, "roofs": roofs, "rows": all })
}

fn by_shader(row: &Row) -> anyhow::Result<()> {
    let total: f64 = row.kernels.iter().map(|kernel| kernel.1).sum();
    print(format!("\n{}: device time a step by shader, {total:.2} ms in all", row.name))?;
    let lines = row
        .kernels
        .iter()
        .map(|(name, ms)| vec![name.clone(), format!("{ms:.3}"), format!("{:.0} %", 100.0 * ms / total)]);
    print(report::table(&["shader", "ms", "share"], &lines.collect::<Vec<_>>(), &[1, 2]))
}

fn table(rows: &[Row]) -> String {
    let header =
        ["workload", "images/s", "ms p50", "ms p95", "host ms", "launches", "peak memory", "forecast", "cold start s"];
    let cells = rows.iter().map(|row| {
        vec![
            row.name.clone(),
            report::thousands(row.images_per_second.round() as u64),
            format!("{:.2}", row.ms_p50),
            format!("{:.2}", row.ms_p95),
            row.host_ms.map_or("–".into(), |ms| format!("{ms:.2}")),
            row.launches.to_string(),
            report::bytes(row.peak_bytes),
            report::bytes(row.planned_bytes),
            format!("{:.2}", row.cold_start_seconds),
        ]
    });
    report::table(&header, &cells.collect::<Vec<_>>(), &[1, 2, 3, 4, 5, 6, 7, 8])
}
