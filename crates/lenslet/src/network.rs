//! A trained network: a model with its parameters where it runs, to read images.

use crate::checkpoint::Checkpoint;
use crate::data::DataInfo;
use crate::read::{Evaluation, Prediction, Reader, wrong_size};
use crate::train::Trainer;
use crate::{Error, Model, Result, Session, Settings, engine};
use datasets::Images;
use graph::{Engine, Memory};
use std::sync::Arc;

/// A model with its parameters.
#[derive(Debug)]
pub struct Network {
    engine: Engine,
    memory: Memory,
    model: Model,
    data: DataInfo,
    /// Parameters whose averages count.
    averaged: Vec<String>,
    readers: Vec<Reader>,
}

impl Model {
    /// Trains on labelled images, on the best adapter, or on the CPU where there is none.
    ///
    /// For progress, a test set, checkpoints or a certain adapter, see [`Session`].
    ///
    /// # Errors
    /// Model, settings and images that do not fit each other, a loss that is not finite.
    pub fn train(&self, images: &Images, settings: Settings) -> Result<Network> {
        if settings.schedule.plateau().is_some() {
            let why = "the schedule's plateau needs images to test on: train with a Session";
            return Err(Error::Setting(why.into()));
        }
        let (engine, missing) = engine::open(None)?;
        if let Some(why) = missing {
            log::warn!("{why}; training on the CPU");
        }
        let images = Arc::new(images.clone());
        let trainer = Trainer::new(&engine, self.clone(), settings, images.clone())?;
        let few: Vec<u32> = (0..images.len().min(1) as u32).collect();
        let mut session = Session::new(trainer, Arc::new(images.select(&few)));
        session.run(&mut ())?;
        Ok(Network::of(session.into_trainer()))
    }
}

impl Network {
    /// What a trainer has made of its model so far; the averages of what it learned, where it keeps them.
    pub fn of(trainer: Trainer) -> Self {
        let Trainer { engine, memory, model, data, graph, .. } = trainer;
        Network { engine, memory, model, data, averaged: graph.averaged, readers: Vec::new() }
    }

    /// The network of a checkpoint, on an engine: by averages where it has them.
    ///
    /// # Errors
    /// The checkpoint's tensors are not those of its model.
    pub fn load(engine: &Engine, checkpoint: &Checkpoint) -> Result<Self> {
        let (model, data) = (checkpoint.model()?, checkpoint.header.data.clone());
        let memory = Memory::new(engine, 0);
        let reader = Reader::new(engine, &memory, &model, &data, 1, &[])?;
        checkpoint.give(&memory)?;
        Ok(Network { engine: engine.clone(), memory, model, data, averaged: Vec::new(), readers: vec![reader] })
    }

    /// The model.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Names of the classes and how images are normalised.
    pub fn data(&self) -> &DataInfo {
        &self.data
    }

    fn reader(&mut self, batch: usize) -> Result<&mut Reader> {
        let at = match self.readers.iter().position(|reader| reader.batch() == batch) {
            Some(at) => at,
            None => {
                let Network { engine, memory, model, data, averaged, .. } = &*self;
                let reader = Reader::new(engine, memory, model, data, batch, averaged)?;
                self.readers.push(reader);
                self.readers.len() - 1
            }
        };
        Ok(&mut self.readers[at])
    }

    /// What it says of one image, bytes `[c, h, w]`.
    ///
    /// # Errors
    /// The image is of another size than the model's input.
    pub fn predict(&mut self, pixels: &[u8]) -> Result<Prediction> {
        let size: usize = self.model.input().iter().product();
        if pixels.len() != size {
            return Err(wrong_size(pixels.len(), size));
        }
        Ok(self.reader(1)?.predict(pixels, 1)?.remove(0))
    }

    /// How it does on labelled images.
    ///
    /// # Errors
    /// Images of another size than the model's input, or with classes that it does not know.
    pub fn evaluate(&mut self, images: &Images) -> Result<Evaluation> {
        let (known, classes) = (self.data.classes.len(), images.classes.len());
        let size: usize = self.model.input().iter().product();
        if images.image_bytes() != size || classes > known || images.is_empty() {
            return Err(Error::Setting(format!(
                "the network takes images of {:?} and knows {known} classes, got {} images of {:?} with {classes} classes",
                self.model.input(),
                images.len(),
                images.shape(),
            )));
        }
        self.reader(256.min(images.len()))?.evaluate(images)
    }
}
