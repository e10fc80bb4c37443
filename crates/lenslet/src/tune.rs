//! Tuning a model's kernels on a device: what is measured to be the fastest is kept in the user's cache folder, by adapter,
//! driver, texts and shapes, and every program there takes it from then on.

use crate::data::DataInfo;
use crate::train::network::{ReadGraph, TrainGraph, small};
use crate::{Engine, Error, Model, Result, Settings};
use cases::{Proofs, Tuning};
use graph::plan::Request;

/// What the kernels are tuned for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Steps of training.
    Training,
    /// Reading, this many images at a time.
    Reading(usize),
}

impl Model {
    /// Measures the kernels of every node of a training step under these settings, or of reading, and keeps the fastest.
    /// `progress` is told how many nodes of how many are done.
    ///
    /// # Errors
    /// There is no adapter; a layer that does not fit; the device is lost or out of memory.
    pub fn tune(
        &self,
        engine: &Engine,
        settings: &Settings,
        work: Work,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<Vec<Tuning>> {
        let Engine::Gpu(device) = engine else {
            return Err(Error::Setting("there is nothing to tune on the CPU: its ops have one kernel each".into()));
        };
        let proofs = Proofs::attached(device).ok_or_else(|| {
            Error::Setting("open the device with engine::open: kernels are proved before they are timed".into())
        })?;
        let data = DataInfo::of_anything(self)?;
        let (graph, fetch, batch) = match work {
            Work::Training => {
                let settings = Settings { epochs: 1, ..settings.clone() };
                let parts = TrainGraph::new(self, &data, &settings, settings.batch, true)?;
                (parts.graph, vec![parts.losses, parts.correct], settings.batch)
            }
            Work::Reading(batch) => {
                let parts = ReadGraph::new(self, &data, batch, &[])?;
                (parts.graph, vec![parts.logits, parts.losses], batch)
            }
        };
        let request = Request { fetch: &fetch, caps: device.caps(), order: small(batch), choose: None };
        Ok(proofs.tune(device, &graph, &request, progress)?)
    }
}
