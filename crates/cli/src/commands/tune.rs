//! `tune`: a model's kernels measured on this machine, and the fastest kept for all programs on it.

use super::{models, report};
use crate::exit::{note, print};
use clap::Args;
use lenslet::cases::Tuning;
use lenslet::{Engine, Model, Settings, Work, engine};
use serde_json::json;

/// Measure a model's kernels on this machine and keep the fastest, in the cache folder, for every later run.
#[derive(Args)]
pub(crate) struct Tune {
    /// A preset (`lenslet models` lists them), a file of a model, a run folder, or sizes: `3-4-2`
    #[arg(value_name = "MODEL")]
    model: String,
    /// Images in a batch
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=1 << 20))]
    batch: u32,
    /// Tune reading instead of a training step
    #[arg(long)]
    inference: bool,
    /// Adapter to tune on
    #[arg(long, value_name = "NAME")]
    adapter: Option<String>,
    /// One JSON object instead of text
    #[arg(long)]
    json: bool,
}

impl Tune {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let model = models::by_name(&self.model)?;
        let (engine, missing) = engine::open(self.adapter.as_deref())?;
        missing.into_iter().for_each(note);
        let batch = self.batch as usize;
        let work = if self.inference { Work::Reading(batch) } else { Work::Training };
        let tunings = measured(&model, &engine, &Settings { batch, ..Settings::default() }, work)?;
        let adapter = engine::adapter(&engine);
        if self.json {
            let node = |tuning: &Tuning| {
                let each = tuning.candidates.iter();
                json!({
                    "node": tuning.node,
                    "before": tuning.before,
                    "chosen": tuning.chosen,
                    "candidates": each.map(|(name, s)| json!({ "kernel": name, "ms": s.map(|s| s * 1e3) })).collect::<Vec<_>>(),
                })
            };
            return print(json!({ "adapter": adapter, "nodes": tunings.iter().map(node).collect::<Vec<_>>() }));
        }
        print(format!("on {adapter}\n"))?;
        print(table(&tunings))?;
        print(told(&tunings))
    }
}

/// Tunes, and says on stderr how far it is.
pub(super) fn measured(model: &Model, engine: &Engine, settings: &Settings, work: Work) -> anyhow::Result<Vec<Tuning>> {
    let mut tenth = 0;
    Ok(model.tune(engine, settings, work, &mut |done, nodes| {
        if done * 10 > nodes * tenth {
            tenth = done * 10 / nodes;
            note(format!("tuning: {done} of {nodes} nodes"));
        }
    })?)
}

/// What came of it, in a line.
pub(super) fn told(tunings: &[Tuning]) -> String {
    let others = tunings.iter().filter(|tuning| tuning.before != tuning.chosen).count();
    format!("{} nodes measured, {others} of them run by another kernel from now on", tunings.len())
}

fn table(tunings: &[Tuning]) -> String {
    let ms = |tuning: &Tuning, name: &str| {
        let found = tuning.candidates.iter().find(|(other, _)| other == name).and_then(|(_, seconds)| *seconds);
        found.map_or("–".into(), |seconds| format!("{:.3}", seconds * 1e3))
    };
    let rows = tunings.iter().map(|tuning| {
        let others = tuning.candidates.iter().filter(|(name, _)| *name != tuning.chosen);
        let others = others.map(|(name, _)| format!("{name} {}", ms(tuning, name))).collect::<Vec<_>>();
        vec![tuning.node.clone(), tuning.chosen.clone(), ms(tuning, &tuning.chosen), others.join(", ")]
    });
    report::table(&["node", "kernel", "ms", "others, ms"], &rows.collect::<Vec<_>>(), &[2])
}
