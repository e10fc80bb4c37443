//! `explain`: what a model is made of and what becomes of it on a device. Runs nothing; works without an adapter.

use super::{models, onnx_model, report};
use crate::exit::{note, print};
use clap::Args;
use lenslet::cases::Proofs;
use lenslet::gpu_core::{Adapters, Caps, Texts};
use lenslet::graph::Prover;
use lenslet::graph::plan::Row;
use lenslet::{Explanation, engine};
use serde_json::json;

/// Show a model's layers, counts, kernels, memory and arithmetic.
#[derive(Args)]
pub(crate) struct Explain {
    /// A preset (`lenslet models` lists them), a file of a model, an ONNX file, a run folder, or sizes: `3-4-2` or `mlp 3-4-2`
    #[arg(required = true, num_args = 1..=2, value_name = "MODEL")]
    model: Vec<String>,
    /// Images in a batch
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=1 << 20))]
    batch: u32,
    /// Plan reading instead of a training step
    #[arg(long)]
    inference: bool,
    /// One JSON object instead of text: the plan, node by node
    #[arg(long)]
    json: bool,
    /// Adapter to plan for
    #[arg(long, value_name = "NAME")]
    adapter: Option<String>,
}

impl Explain {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let name = match &self.model[..] {
            [kind, sizes] if kind == "mlp" => sizes,
            [name] => name,
            _ => return Err(crate::exit::usage("one model, or `mlp` and its sizes: mlp 3-4-2")),
        };
        if onnx_model::is(name.as_ref()) {
            return onnx_model::explain(name.as_ref(), self.batch as usize, self.adapter.as_deref(), self.json);
        }
        let model = models::by_name(name)?;
        if !self.json {
            print(counts(&model.summary()?))?;
        }
        let (caps, adapter) = caps(self.adapter.as_deref())?;
        let proofs = proofs(self.adapter.as_deref())?;
        let prover = proofs.as_ref().map(|proofs| proofs as &dyn Prover);
        let explained = model.explain_proved(&caps, self.batch as usize, !self.inference, prover)?;
        print(if self.json { value(&explained, &adapter).to_string() } else { planned(&explained, &adapter) })
    }
}

/// The plan, for programs.
pub(crate) fn value(explained: &Explanation, adapter: &str) -> serde_json::Value {
    let row = |row: &Row| {
        json!({
            "node": row.node,
            "op": row.op,
            "attributes": row.attributes,
            "outputs": row.outputs,
            "layout": row.layout.to_string(),
            "kernel": row.candidate,
            "candidates": row.candidates,
            "withheld": row.withheld,
            "launches": row.launches,
            "flops": row.flops,
            "slot": row.slot,
            "bytes": row.bytes,
        })
    };
    json!({
        "adapter": adapter,
        "training": explained.training,
        "batch": explained.batch,
        "nodes": explained.rows.iter().map(row).collect::<Vec<_>>(),
        "launches": explained.plan.steps.len(),
        "flops": explained.flops,
        "transient_bytes": explained.transient_bytes,
        "least_bytes": explained.least_bytes,
    })
}

/// Caps of the adapter that would be taken, and its name; those of a software adapter where there is none.
pub(crate) fn caps(asked: Option<&str>) -> anyhow::Result<(Caps, String)> {
    let list = Adapters::list(asked);
    if let Some(picked) = list.iter().find(|adapter| adapter.note.starts_with("picked")) {
        return Ok((picked.caps.clone(), picked.name.clone()));
    }
    // Nothing is picked: either there is nothing, or what was asked for is not there, which opening explains.
    let (engine, missing) = engine::open(asked)?;
    if let Some(why) = missing {
        note(format!("{why}; planned for a software adapter"));
    }
    Ok((Caps::software(), engine::adapter(&engine)))
}

/// What is known of the kernels on the adapter that would be taken; `None` where there is none.
pub(crate) fn proofs(asked: Option<&str>) -> anyhow::Result<Option<Proofs>> {
    let picked = Adapters::list(asked).into_iter().find(|adapter| adapter.note.starts_with("picked"));
    let Some(adapter) = picked else { return Ok(None) };
    let texts = Texts::of(&adapter.caps)?;
    Ok(Some(Proofs::of(&adapter, texts)))
}

fn counts(summary: &lenslet::Summary) -> String {
    let rows: Vec<Vec<String>> = summary
        .rows
        .iter()
        .map(|row| {
            let counted = [row.neurons, row.weights, row.biases];
            let shape = row.output.iter().map(usize::to_string).collect::<Vec<_>>().join("×");
            let head = [row.name.clone(), row.kind.to_string(), shape];
            head.into_iter().chain(counted.map(|n| report::thousands(n as u64))).collect()
        })
        .collect();
    let header = ["layer", "type", "output", "neurons", "weights", "biases"];
    let number = |n: usize| report::thousands(n as u64);
    format!(
        "{}\n\n{} neurons, {} weights, {} biases, {} learnable parameters",
        report::table(&header, &rows, &[3, 4, 5]),
        number(summary.neurons),
        number(summary.weights),
        number(summary.biases),
        number(summary.parameters)
    )
}

pub(crate) fn planned(explained: &Explanation, adapter: &str) -> String {
    let rows: Vec<Vec<String>> = explained
        .rows
        .iter()
        .map(|row| {
            vec![
                row.node.clone(),
                format!("{} {}", row.op, row.attributes).trim_end().to_string(),
                row.outputs.join(", "),
                row.layout.to_string(),
                if row.candidate.is_empty() { "(view)".into() } else { row.candidate.clone() },
                format!("{} of {}", row.withheld.len() + 1, row.candidates),
                row.launches.to_string(),
                format!("{:.3}", row.flops as f64 / 1e6),
                row.slot.to_string(),
                report::bytes(row.bytes),
            ]
        })
        .collect();
    let header = ["node", "op", "output", "layout", "kernel", "choice", "launches", "MFLOP", "slot", "size"];
    let slots: Vec<Vec<String>> = explained
        .slots
        .iter()
        .enumerate()
        .map(|(at, (bytes, purpose))| vec![at.to_string(), report::bytes(*bytes), purpose.clone()])
        .collect();
    let withheld =
        explained.rows.iter().flat_map(|row| row.withheld.iter().map(|why| format!("\n\"{}\": {why}", row.node)));
    let withheld: String = withheld.collect();
    let withheld = if withheld.is_empty() {
        withheld
    } else {
        format!("\n\nfound wrong on this adapter, and not used:{withheld}")
    };
    let all: u64 = explained.slots.iter().map(|(bytes, _)| bytes).sum();
    format!(
        "\n{} with a batch of {} on {adapter}\n\n{}\n\n{}\n\n{} launches, {:.3} MFLOP; {} of memory, of which {} for \
         activations and gradients (at least {}){withheld}",
        if explained.training { "A training step" } else { "Reading" },
        explained.batch,
        report::table(&header, &rows, &[5, 6, 7, 8, 9]),
        report::table(&["slot", "size", "for"], &slots, &[0, 1]),
        explained.plan.steps.len(),
        explained.flops as f64 / 1e6,
        report::bytes(all),
        report::bytes(explained.transient_bytes),
        report::bytes(explained.least_bytes),
    )
}
