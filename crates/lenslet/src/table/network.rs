//! A network trained on a table, with the scheme that reads later tables as it read that one.

use super::reader::{Reader, TableEvaluation};
use super::settings::TableInfo;
use crate::read::Prediction;
use crate::{Checkpoint, Error, Model, Result};
use datasets::table::{Examples, Sheet};
use graph::{Engine, Memory};

/// A model with its parameters and the meaning of its inputs.
#[derive(Debug)]
pub struct TableNetwork {
    info: TableInfo,
    model: Model,
    reader: Reader,
}

/// Rows that are read at a time.
const READ_BATCH: usize = 256;

impl TableNetwork {
    /// The network of a checkpoint, on an engine.
    ///
    /// # Errors
    /// The checkpoint is of a network for images, or its tensors are not those of its model.
    pub fn load(engine: &Engine, checkpoint: &Checkpoint) -> Result<Self> {
        let Some(info) = checkpoint.header.table.clone() else {
            return Err(Error::Mismatch("the checkpoint is of a network for images, not for tables".into()));
        };
        let (model, memory) = (checkpoint.model()?, Memory::new(engine, 0));
        let reader = Reader::new(engine, &memory, &model, &info.scheme, READ_BATCH, &[])?;
        checkpoint.give(&memory)?;
        Ok(TableNetwork { info, model, reader })
    }

    /// The model.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// What the columns mean, and what was asked of the run.
    pub fn info(&self) -> &TableInfo {
        &self.info
    }

    /// What it says of each row of a sheet, whose columns are found by name: classes with probabilities.
    ///
    /// # Errors
    /// A column that is not there, a cell missing or of another kind; or it predicts numbers.
    pub fn classes(&mut self, sheet: &Sheet) -> Result<Vec<Prediction>> {
        let Some(classes) = self.info.scheme.classes().map(<[String]>::len) else {
            return Err(Error::Mismatch("the network predicts a number, not a class".into()));
        };
        let outputs = self.outputs(sheet)?;
        Ok(outputs.chunks_exact(classes).map(Prediction::from_logits).collect())
    }

    /// The same for a number, in the target's own unit.
    ///
    /// # Errors
    /// As [`classes`](Self::classes); or it predicts classes.
    pub fn numbers(&mut self, sheet: &Sheet) -> Result<Vec<f64>> {
        if self.info.scheme.classes().is_some() {
            return Err(Error::Mismatch("the network predicts a class, not a number".into()));
        }
        let outputs = self.outputs(sheet)?;
        Ok(outputs.into_iter().map(|y| self.info.scheme.unscaled(y)).collect())
    }

    fn outputs(&mut self, sheet: &Sheet) -> Result<Vec<f32>> {
        let x = self.info.scheme.inputs_of(sheet)?;
        self.reader.outputs(&x, self.model.input()[0])
    }

    /// How it does on rows whose target is known.
    ///
    /// # Errors
    /// The device is lost.
    pub fn evaluate(&mut self, examples: &Examples) -> Result<TableEvaluation> {
        self.reader.evaluate(examples, &self.info.scheme)
    }

    /// The rows of a sheet that has the target column too, as this network reads them.
    ///
    /// # Errors
    /// As [`classes`](Self::classes).
    pub fn examples(&self, sheet: &Sheet) -> Result<Examples> {
        let (x, y) = (self.info.scheme.inputs_of(sheet)?, self.info.scheme.targets_of(sheet)?);
        Ok(Examples { features: x.len() / sheet.len(), x, y })
    }
}
