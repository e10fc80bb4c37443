//! `devices`: the adapters of this machine, what they can do, and which one would be taken.

use super::report;
use crate::exit::{note, print};
use clap::Args;
use lenslet::gpu_core::{AdapterSummary, Adapters, INSTALL};
use serde_json::{Value, json};

/// List the adapters of this machine and which one lenslet picks.
#[derive(Args)]
pub(crate) struct Devices {
    /// Say which one this would pick: `#1`, discrete, integrated, software, a backend, or part of a name
    #[arg(long, value_name = "NAME")]
    adapter: Option<String>,
    /// JSON instead of text
    #[arg(long)]
    json: bool,
}

impl Devices {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let list = Adapters::list(self.adapter.as_deref());
        if self.json {
            return print(json!({ "devices": list.iter().map(value).collect::<Vec<_>>() }));
        }
        if list.is_empty() {
            note(format!("no adapter found: {INSTALL}. Until then training runs on the CPU"));
        }
        for adapter in &list {
            print(format!("{adapter}\n    {}", adapter.note))?;
            let caps = &adapter.caps;
            let [least, most] = adapter.subgroup_sizes;
            print(format!(
                "    family {:?}, subgroups of {least} to {most}, workgroups of {} with {}",
                caps.family,
                caps.workgroup_size,
                report::bytes(caps.workgroup_bytes.into()),
            ))?;
            print(format!(
                "    buffers up to {}, bindings up to {}, {} of them a launch",
                report::bytes(caps.buffer_bytes),
                report::bytes(caps.binding_bytes),
                caps.storage_bindings,
            ))?;
            print(format!("    features {}", adapter.features.join(" ")))?;
            for fault in &adapter.faults {
                print(format!("    {fault}"))?;
            }
        }
        Ok(())
    }
}

fn value(adapter: &AdapterSummary) -> Value {
    let caps = &adapter.caps;
    json!({
        "index": adapter.index,
        "name": adapter.name,
        "kind": adapter.kind.word(),
        "backend": adapter.backend,
        "driver": adapter.driver_text(),
        "vendor": adapter.vendor,
        "device": adapter.device,
        "family": format!("{:?}", caps.family),
        "picked": adapter.note.starts_with("picked"),
        "note": adapter.note,
        "features": adapter.features,
        "subgroup_sizes": adapter.subgroup_sizes,
        "limits": {
            "buffer_bytes": caps.buffer_bytes,
            "binding_bytes": caps.binding_bytes,
            "storage_bindings": caps.storage_bindings,
            "workgroup_size": caps.workgroup_size,
            "workgroup_bytes": caps.workgroup_bytes,
            "grid_axis": caps.grid_axis,
        },
        "faults": adapter.faults,
    })
}
