//! A run folder: what was asked, the last checkpoint, what was measured.
//!
//! `run.toml` is there before the first step, so that a run killed at any time can go on. `metrics.jsonl` has a line a
//! step and a line an epoch, functions of settings and data alone; wall-clock times are in `timing.jsonl`.

use crate::events::Events;
use crate::table::{Measured, TableSettings};
use crate::train::{EpochResult, Settings, StepResult};
use crate::{Checkpoint, Error, Model, Result, files};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// What was asked of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunText {
    /// The version of the folder's form.
    pub format: u32,
    /// `digits` for the embedded set, or the folder of the data, or the table: a file or its name.
    pub data: String,
    /// What `--adapter` said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adapter: Option<String>,
    /// The model's text.
    pub model: String,
    /// The settings.
    pub settings: Settings,
    /// Whether TensorBoard's event file is written beside the metrics.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub tensorboard: bool,
    /// What was asked beside, where the data is a table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<TableSettings>,
}

/// A run's folder, open for writing.
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
    metrics: BufWriter<File>,
    events: Option<Events>,
}

/// Names of the files of a run folder.
pub mod names {
    /// What was asked.
    pub const RUN: &str = "run.toml";
    /// The last state.
    pub const CHECKPOINT: &str = "checkpoint.safetensors";
    /// Losses and accuracies.
    pub const METRICS: &str = "metrics.jsonl";
    /// Wall-clock times.
    pub const TIMING: &str = "timing.jsonl";
}

impl RunText {
    /// For a new run.
    pub fn new(data: &str, adapter: Option<&str>, model: &Model, settings: &Settings) -> Self {
        RunText {
            format: crate::checkpoint::FORMAT,
            data: data.into(),
            adapter: adapter.map(Into::into),
            model: model.to_text(),
            settings: settings.clone(),
            tensorboard: false,
            table: None,
        }
    }

    /// What a folder's run was asked.
    ///
    /// # Errors
    /// The folder is missing, is not a run's, or of another version.
    pub fn read(folder: &Path) -> Result<Self> {
        if !folder.is_dir() {
            let problem = "there is no such run folder; `train` makes one and prints its name";
            return Err(Error::format(folder, problem));
        }
        let path = folder.join(names::RUN);
        if !path.is_file() {
            return Err(Error::format(folder, format!("not a run folder: it has no {}", names::RUN)));
        }
        let text = std::fs::read_to_string(&path).map_err(Error::read(&path))?;
        let run: RunText = toml::from_str(&text).map_err(|error| Error::format(&path, error.to_string()))?;
        if run.format != crate::checkpoint::FORMAT {
            let (got, ours) = (run.format, crate::checkpoint::FORMAT);
            return Err(Error::format(&path, format!("a run of format {got}, this program reads format {ours}")));
        }
        Ok(run)
    }
}

impl RunFolder {
    /// Makes a folder for a new run and records what was asked.
    ///
    /// # Errors
    /// There is a run in it already, or it cannot be written.
    pub fn create(path: &Path, text: &RunText) -> Result<Self> {
        if path.join(names::RUN).exists() {
            let path = path.display();
            return Err(Error::Setting(format!(
                "there is a run in {path} already: go on with --resume {path}, or choose another --out"
            )));
        }
        std::fs::create_dir_all(path).map_err(Error::write(path))?;
        let run = path.join(names::RUN);
        let text = toml::to_string(text).map_err(|error| Error::format(&run, error.to_string()))?;
        // What an earlier run without run.toml left would be taken for this run's.
        for name in [names::CHECKPOINT, names::METRICS, names::TIMING] {
            if path.join(name).exists() {
                return Err(Error::Setting(format!(
                    "{} is in the way: choose another --out",
                    path.join(name).display()
                )));
            }
        }
        files::write_atomically(&run, text.as_bytes())?;
        Self::open(path)
    }

    /// Opens a run's folder to go on from a checkpoint, or from the start. What was measured after it is taken back, so
    /// that the files are those of an unbroken run.
    ///
    /// # Errors
    /// The files cannot be read or written.
    pub fn resume(path: &Path, step: u64) -> Result<Self> {
        files::remove_unfinished(path);
        let metrics = path.join(names::METRICS);
        if metrics.exists() {
            let text = std::fs::read(&metrics).map_err(Error::read(&metrics))?;
            // At step 0 everything begins anew, what was measured before the first step too.
            files::write_atomically(&metrics, if step == 0 { &[] } else { until(&text, step) })?;
        }
        Self::open(path)
    }

    fn open(path: &Path) -> Result<Self> {
        let metrics = path.join(names::METRICS);
        let file = OpenOptions::new().create(true).append(true).open(&metrics).map_err(Error::write(&metrics))?;
        Ok(RunFolder { path: path.to_owned(), metrics: BufWriter::new(file), events: None })
    }

    /// Writes TensorBoard's event file too, beginning with what is in the metrics: `tensorboard --logdir RUN`.
    ///
    /// # Errors
    /// The files cannot be read or written.
    pub fn with_tensorboard(mut self) -> Result<Self> {
        let path = self.path.join(names::METRICS);
        let metrics = std::fs::read_to_string(&path).map_err(Error::read(&path))?;
        self.events = Some(Events::begin(&self.path, &metrics)?);
        Ok(self)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn step(&mut self, result: &StepResult) -> Result<()> {
        let StepResult { step, loss, correct } = *result;
        self.line(&serde_json::json!({ "step": step, "loss": loss, "correct": correct }))
    }

    pub(crate) fn epoch(&mut self, result: &EpochResult) -> Result<()> {
        let value = serde_json::to_value(result).unwrap_or_default();
        self.line(&value)
    }

    pub(crate) fn line(&mut self, value: &Value) -> Result<()> {
        if let Some(events) = &mut self.events {
            events.line(value)?;
        }
        writeln!(self.metrics, "{value}").map_err(Error::write(&self.path.join(names::METRICS)))
    }

    /// Adds a line of times.
    pub(crate) fn timing(&mut self, value: &Value) -> Result<()> {
        let path = self.path.join(names::TIMING);
        let failed = Error::write(&path);
        let write = || writeln!(OpenOptions::new().create(true).append(true).open(&path)?, "{value}");
        write().map_err(failed)
    }

    /// Writes a checkpoint. What was measured up to it is on the disk before.
    pub(crate) fn save(&mut self, checkpoint: &Checkpoint) -> Result<()> {
        let metrics = self.path.join(names::METRICS);
        let flushed = self.metrics.flush().and_then(|()| self.metrics.get_ref().sync_data());
        flushed.map_err(Error::write(&metrics))?;
        if let Some(events) = &mut self.events {
            events.flush()?;
        }
        checkpoint.save(&self.path.join(names::CHECKPOINT))
    }

    /// The last checkpoint in a folder, if there is one.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn checkpoint(folder: &Path) -> Result<Option<Checkpoint>> {
        let path = folder.join(names::CHECKPOINT);
        if path.exists() { Checkpoint::load(&path).map(Some) } else { Ok(None) }
    }

    /// What was measured at the ends of epochs, and the loss of each step.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn measured(folder: &Path) -> Result<(Vec<EpochResult>, Vec<StepResult>)> {
        let path = folder.join(names::METRICS);
        let text = std::fs::read_to_string(&path).map_err(Error::read(&path))?;
        let epochs = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        let steps = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        Ok((epochs, steps))
    }

    /// What was measured during a run over a table.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn measured_of_table(folder: &Path) -> Result<Vec<Measured>> {
        let path = folder.join(names::METRICS);
        let text = std::fs::read_to_string(&path).map_err(Error::read(&path))?;
        Ok(text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
    }
}

/// The whole lines of a metrics file up to this step.
fn until(text: &[u8], step: u64) -> &[u8] {
    let mut end = 0;
    for line in text.split_inclusive(|&byte| byte == b'\n') {
        let whole = line.ends_with(b"\n");
        let at = serde_json::from_slice::<Value>(line).ok().and_then(|value| value.get("step")?.as_u64());
        match at {
            Some(at) if whole && at <= step => end += line.len(),
            _ => break,
        }
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_behind_the_checkpoint_are_taken_back() {
        let text =
            b"{\"step\":1,\"loss\":0.5}\n{\"step\":2,\"loss\":0.5}\n{\"epoch\":1,\"step\":2}\n{\"step\":3}\n{\"st";
        let kept = |step| String::from_utf8_lossy(until(text, step)).lines().count();
        assert_eq!([0, 1, 2, 3, 9].map(kept), [0, 1, 3, 4, 4]);
    }

    #[test]
    fn run_folders() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run");
        assert!(RunText::read(&path).unwrap_err().to_string().contains("no such run folder"));
        assert!(RunText::read(folder.path()).unwrap_err().to_string().contains("it has no run.toml"));
        let text = RunText::new("digits", Some("software"), &Model::new([4]).linear(2), &Settings::default());
        RunFolder::create(&path, &text).unwrap();
        assert_eq!(RunText::read(&path).unwrap(), text);
        let again = RunFolder::create(&path, &text).unwrap_err().to_string();
        assert!(again.contains("go on with --resume"), "{again}");
        assert_eq!(RunFolder::checkpoint(&path).unwrap(), None);
    }
}
