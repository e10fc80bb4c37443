//! `eval`: how a run's network does on its test set, or on other data.

use super::data::{self, Read, Source};
use super::{report, table};
use crate::exit::{note, print, usage};
use clap::Args;
use lenslet::{Checkpoint, Network, RunFolder, RunText, engine, names};
use std::path::{Path, PathBuf};

/// Measure a trained network on test images.
#[derive(Args)]
pub(crate) struct Eval {
    /// Run folder
    run: PathBuf,
    /// Folder of images, or table, instead of the run's data; of another table all rows are taken
    #[arg(long, value_name = "DATA")]
    data: Option<String>,
    /// Adapter to run on [default: the run's]
    #[arg(long, value_name = "NAME")]
    adapter: Option<String>,
    /// One line of JSON instead of text
    #[arg(long)]
    json: bool,
}

impl Eval {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let (text, checkpoint) = open(&self.run)?;
        if checkpoint.header.table.is_some() {
            let asked = (self.data.as_deref(), self.adapter.as_deref());
            return table::eval(&text, &checkpoint, asked, self.json);
        }
        let name = match self.data.as_deref().map(|name| data::source(Some(name))).transpose()? {
            Some(Source::Images(name)) => name,
            Some(Source::Table(name)) => return Err(usage(format!("{name} is a table, but the run is of images"))),
            None => text.data.clone(),
        };
        let (_, test) = data::load(&name, text.settings.seed, Read::by(&checkpoint.model()?))?;
        let (mut network, adapter) = network(&checkpoint, self.adapter.or(text.adapter).as_deref())?;
        let evaluation = network.evaluate(&test)?;
        let classes = &network.data().classes;
        if self.json {
            return print(serde_json::json!({
                "test_accuracy": evaluation.accuracy(),
                "test_loss": evaluation.loss,
                "test_images": test.len(),
                "correct": evaluation.correct(),
                "confusion": evaluation.confusion,
                "classes": classes,
                "step": checkpoint.header.step,
                "adapter": adapter,
            }));
        }
        print(format!(
            "behind step {}: test accuracy {:.2} % ({} of {} right), test loss {:.4}\n\n{}",
            checkpoint.header.step,
            100.0 * evaluation.accuracy(),
            evaluation.correct(),
            test.len(),
            evaluation.loss,
            report::confusion(&evaluation.confusion, classes),
        ))
    }
}

/// A run folder's text and last checkpoint.
pub(crate) fn open(folder: &Path) -> anyhow::Result<(RunText, Checkpoint)> {
    if !folder.is_dir() {
        return Err(usage(format!("{}: there is no such run folder", folder.display())));
    }
    let text = RunText::read(folder)?;
    let checkpoint = RunFolder::checkpoint(folder)?.ok_or_else(|| {
        let folder = folder.display();
        anyhow::anyhow!("{folder} has no {} yet; go on with: lenslet train --resume {folder}", names::CHECKPOINT)
    })?;
    Ok((text, checkpoint))
}

/// A checkpoint's network on an adapter, and the adapter's name.
pub(crate) fn network(checkpoint: &Checkpoint, adapter: Option<&str>) -> anyhow::Result<(Network, String)> {
    let (engine, missing) = engine::open(adapter)?;
    if let Some(why) = missing {
        note(format!("{why}; going on on the CPU"));
    }
    Ok((Network::load(&engine, checkpoint)?, engine::adapter(&engine)))
}
