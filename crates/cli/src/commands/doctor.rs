//! `doctor`: whether this machine computes what it should: its kernels what the reference does (`kernels.rs`), or, here,
//! cases in the form of ONNX's backend tests what another runtime did.

use crate::exit::{note, print, usage};
use clap::Args;
use lenslet::engine;
use lenslet::onnx::cases::{self, Outcome, Tolerance};
use serde_json::json;
use std::path::PathBuf;

/// Check every kernel on this machine's adapters and its CPU; with --cases, results of other runtimes.
#[derive(Args)]
pub(crate) struct Doctor {
    /// Run these cases instead (model.onnx, test_data_set_*/input_*.pb, output_*.pb), or folders of them
    #[arg(long, num_args = 1.., value_name = "DIR")]
    cases: Vec<PathBuf>,
    /// Only kernels whose op, name or row of the table has this in it
    #[arg(long, value_name = "TEXT", default_value = "", conflicts_with = "cases")]
    filter: String,
    /// Adapter to check, or `cpu` [default: all and the CPU; with --cases the best]
    #[arg(long, value_name = "NAME")]
    adapter: Option<String>,
    /// One line of JSON instead of text
    #[arg(long)]
    json: bool,
}

impl Doctor {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        if self.cases.is_empty() {
            return super::kernels::examine(self.adapter.as_deref(), &self.filter, self.json);
        }
        let mut folders = Vec::new();
        for folder in &self.cases {
            if !folder.is_dir() {
                return Err(usage(format!("--cases {}: there is no such folder", folder.display())));
            }
            let found = cases::find(folder)?;
            if found.is_empty() {
                let folder = folder.display();
                return Err(usage(format!("--cases {folder}: neither it nor a folder in it has a model.onnx")));
            }
            folders.extend(found);
        }
        let (engine, missing) = engine::open(self.adapter.as_deref())?;
        if let Some(why) = missing {
            note(why);
        }
        let adapter = engine::adapter(&engine);
        if !self.json {
            print(format!("{} on {adapter}", count(folders.len(), "case")))?;
        }
        let mut rows = Vec::new();
        let [mut passed, mut failed, mut unsupported] = [0, 0, 0];
        for folder in &folders {
            let outcome = cases::run(folder, &engine, Tolerance::default());
            let case = folder.display().to_string();
            if !self.json {
                // One line a case, however many the reason has.
                print(format!("{case}: {}", outcome.to_string().replace('\n', ";")))?;
            }
            rows.push(match outcome {
                Outcome::Pass { worst } => {
                    passed += 1;
                    json!({ "case": case, "verdict": "pass", "worst": worst })
                }
                Outcome::Fail { why } => {
                    failed += 1;
                    json!({ "case": case, "verdict": "fail", "why": why })
                }
                Outcome::Unsupported { why } => {
                    unsupported += 1;
                    json!({ "case": case, "verdict": "unsupported", "why": why })
                }
            });
        }
        if self.json {
            print(json!({
                "adapter": adapter, "passed": passed, "failed": failed, "unsupported": unsupported, "cases": rows,
            }))?;
        } else {
            print(format!("{passed} passed, {failed} failed, {unsupported} unsupported"))?;
        }
        if failed > 0 { Err(anyhow::anyhow!("{} failed on {adapter}", count(failed, "case"))) } else { Ok(()) }
    }
}

fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}
