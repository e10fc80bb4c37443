//! What a run over a table is told beside the usual settings, and what is stored with its model. Plain data.

use crate::data::DataInfo;
use crate::fnv::Fnv;
use crate::{Error, Model, Result, Settings};
use datasets::table::{self, Options, Prepared, Scheme, Sheet, Targets, Task};
use serde::{Deserialize, Serialize};

/// What is asked of a run over a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TableSettings {
    /// The column to predict; the last one where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// Classes or a number.
    pub task: Task,
    /// Columns of numbers that are categories.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub categorical: Vec<String>,
    /// Columns left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ignore: Vec<String>,
    /// Whether rows with missing cells are left out; else they are an error.
    pub drop_missing: bool,
    /// Share of the rows that is held out to test on; nothing is of fewer than [`TableSettings::FEW`] rows.
    pub held_out: f64,
    /// Updates of the whole run.
    pub steps: u64,
    /// Whether each update takes one row, drawn at random.
    pub per_instance: bool,
}

impl Default for TableSettings {
    fn default() -> Self {
        TableSettings {
            target: None,
            task: Task::Auto,
            categorical: Vec::new(),
            ignore: Vec::new(),
            drop_missing: false,
            held_out: 0.2,
            steps: 2000,
            per_instance: false,
        }
    }
}

/// Stored with a network, so that it reads later tables as it read the one that it learned from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableInfo {
    /// What was asked.
    pub settings: TableSettings,
    /// What the columns mean, with the means and standard deviations that scale them.
    pub scheme: Scheme,
}

impl TableSettings {
    /// Of fewer rows nothing is held out: a test on one or two rows says nothing.
    pub const FEW: usize = 10;

    /// Rows to train on and rows held out.
    ///
    /// # Errors
    /// A column that is not there, missing cells, a target that is the same everywhere: with file, line and column.
    pub fn prepare(&self, sheet: &Sheet, seed: u64) -> Result<Prepared> {
        let options = Options {
            target: self.target.clone(),
            task: self.task,
            categorical: self.categorical.clone(),
            ignore: self.ignore.clone(),
        };
        let held_out = if sheet.len() < Self::FEW { 0.0 } else { self.held_out };
        Ok(table::prepare(sheet, &options, held_out, seed)?)
    }

    /// Rows of a step: one, or the batch.
    pub fn batch(&self, settings: &Settings) -> usize {
        if self.per_instance { 1 } else { settings.batch }
    }

    /// Times that the run goes through so many rows.
    pub(crate) fn epochs(&self, settings: &Settings, rows: usize) -> f64 {
        self.steps as f64 * self.batch(settings) as f64 / rows.max(1) as f64
    }

    /// Refuses what cannot be trained with so many rows.
    pub(crate) fn check(&self, settings: &Settings, rows: usize) -> Result<()> {
        if self.steps == 0 {
            return Err(Error::Setting("0 steps train nothing; give at least 1".into()));
        }
        if self.steps > MOST_STEPS {
            let got = self.steps;
            return Err(Error::Setting(format!("{got} steps, at most {MOST_STEPS} fit: the device counts in 31 bits")));
        }
        if settings.accumulate > 1 {
            return Err(Error::Setting(
                "accumulating batches is for images; rows are small, take a larger batch".into(),
            ));
        }
        if settings.schedule.plateau().is_some() {
            return Err(Error::Setting("the schedule's plateau is for images, which are tested on each epoch".into()));
        }
        Settings { epochs: 1, batch: self.batch(settings), ..settings.clone() }.check(rows)?;
        if settings.schedule != crate::Schedule::CONSTANT && self.steps > MOST_SCHEDULED {
            return Err(Error::Setting(format!(
                "a schedule over {} steps, at most {MOST_SCHEDULED} fit: take --schedule constant",
                self.steps
            )));
        }
        Ok(())
    }
}

/// The step is a signed 32-bit number on the device.
const MOST_STEPS: u64 = i32::MAX as u64;
/// As for images: the schedule has a row a step.
const MOST_SCHEDULED: u64 = 4 << 20;

/// Outputs that a model needs for these targets: one a class, or one for a number.
pub(crate) fn outputs(scheme: &Scheme) -> usize {
    scheme.classes().map_or(1, <[String]>::len)
}

/// Refuses a model that does not fit the table.
pub(crate) fn check_fit(model: &Model, scheme: &Scheme) -> Result<()> {
    let names = scheme.feature_names();
    if model.input() != [names.len()] {
        return Err(Error::Setting(format!(
            "the model takes {:?}, a row of the table is {} numbers ({}); change its input",
            model.input(),
            names.len(),
            names.iter().take(8).cloned().collect::<Vec<_>>().join(", ") + if names.len() > 8 { ", …" } else { "" },
        )));
    }
    let (got, needs) = (model.classes()?, outputs(scheme));
    if got != needs {
        let why = match scheme.classes() {
            Some(_) => format!("the model ends in {got} numbers, the table has {needs} classes; make them equal"),
            None => format!("the model ends in {got} numbers, but one number is predicted; make it 1"),
        };
        let layer = model.names().pop().unwrap_or_default();
        return Err(Error::Layer { position: model.layers().len(), layer, why });
    }
    Ok(())
}

/// What a checkpoint says of a table, in the form that it has for images.
pub(crate) fn info(prepared: &Prepared) -> DataInfo {
    let mut hash = Fnv::new();
    hash.write(&(prepared.train.features as u64).to_le_bytes());
    prepared.train.x.iter().for_each(|x| hash.write(&x.to_bits().to_le_bytes()));
    match &prepared.train.y {
        Targets::Classes(y) => y.iter().for_each(|y| hash.write(&y.to_le_bytes())),
        Targets::Numbers(y) => y.iter().for_each(|y| hash.write(&y.to_bits().to_le_bytes())),
    }
    let classes = prepared.scheme.classes().unwrap_or_default().to_vec();
    DataInfo { mean_std: Vec::new(), border: 0.0, classes, fingerprint: hash.hex() }
}
