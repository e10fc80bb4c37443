//! A run as users know it: epochs, evaluation, checkpoints, messages, around the trainer's steps.

use super::plateau::Seen;
use super::trainer::{StepResult, Trainer};
use crate::checkpoint::{Checkpoint, FORMAT, Header, Sums};
use crate::engine::adapter;
use crate::kernels;
use crate::read::Evaluation;
use crate::run::RunFolder;
use crate::{Error, Result, Settings};
use datasets::Images;
use graph::plan::Planned;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// From one checkpoint to the next, where the settings do not say.
const BETWEEN_CHECKPOINTS: Duration = Duration::from_secs(15);

/// What was measured at the end of an epoch. Accuracies are shares of 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpochResult {
    /// Its number, from 1.
    pub epoch: u64,
    /// Steps done.
    pub step: u64,
    /// Mean loss of its steps, each before its update.
    pub train_loss: f64,
    /// Of its steps, each before its update.
    pub train_accuracy: f64,
    /// Mean loss over the test set.
    pub test_loss: f64,
    /// On the test set.
    pub test_accuracy: f64,
}

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// Steps whose results are known.
    pub step: u64,
    /// Steps of the whole run.
    pub steps: u64,
    /// Number of the epoch, from 1.
    pub epoch: u64,
    /// Epochs of the whole run.
    pub epochs: u64,
    /// Mean loss of the epoch so far.
    pub loss: f64,
    /// Share of the epoch's images read right so far.
    pub accuracy: f64,
}

/// Who looks on. Everything has a default.
pub trait Watch {
    /// A step is done.
    fn step(&mut self, _progress: &Progress) {}
    /// An epoch is done.
    fn epoch(&mut self, _result: &EpochResult) {}
    /// The learning rates to come are the schedule's times this, for the test loss did not fall.
    fn reduced(&mut self, _factor: f64) {}
    /// Whether to stop after this step: the state is saved first.
    fn stop(&mut self) -> bool {
        false
    }
}

/// Nobody looks on.
impl Watch for () {}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// All epochs are done.
    Finished,
    /// It was asked to stop, and can go on from its checkpoint.
    Stopped,
}

/// A run under way.
#[derive(Debug)]
pub struct Session {
    trainer: Trainer,
    test: Arc<Images>,
    folder: Option<RunFolder>,
    epoch: Sums,
    plateau: Option<Seen>,
    last: Option<Evaluation>,
    /// Of the steps of this session: images and seconds, evaluations left out.
    pace: (u64, f64),
    seconds: f64,
}

impl Session {
    /// A run from its first step, tested on `test` after each epoch, that keeps nothing.
    pub fn new(trainer: Trainer, test: Arc<Images>) -> Self {
        let (epoch, pace) = (Sums::default(), (0, 0.0));
        let plateau = trainer.settings.schedule.plateau().map(|_| Seen::default());
        Session { trainer, test, folder: None, epoch, plateau, last: None, pace, seconds: 0.0 }
    }

    /// Keeps metrics and checkpoints in a folder.
    pub fn keep_in(mut self, folder: RunFolder) -> Self {
        self.folder = Some(folder);
        self
    }

    /// Goes on from a checkpoint. Returns what may make its bits differ from those of an unbroken run, if anything; the run's
    /// kernels are taken again where [`engine::go_on`](crate::engine::go_on) came before the trainer.
    ///
    /// # Errors
    /// The checkpoint is of another model, other settings or other data.
    pub fn resume(&mut self, checkpoint: Checkpoint) -> Result<Option<String>> {
        let (header, own) = (&checkpoint.header, self.header(0, Vec::new()));
        if header.model != own.model {
            return Err(Error::Mismatch("the checkpoint is of another model than the run".into()));
        }
        let learning = |settings: &Settings| Settings { checkpoint_steps: None, ..settings.clone() };
        if learning(&header.settings) != learning(&own.settings) {
            return Err(Error::Mismatch("the checkpoint is of other settings than the run".into()));
        }
        if header.data.fingerprint != own.data.fingerprint {
            let why = "the training data is not what the run began with; give the same --data";
            return Err(Error::Mismatch(why.into()));
        }
        self.trainer.restore(header.step, &checkpoint.tensors)?;
        self.epoch = header.epoch;
        if let Some(seen) = header.plateau {
            self.plateau = Some(seen);
            self.trainer.scale_rates(seen.factor)?;
        }
        Ok(if header.adapter != own.adapter {
            Some(format!(
                "begun on {}, going on on {}: bits may differ from an unbroken run",
                header.adapter, own.adapter
            ))
        } else {
            kernels::changes(&header.kernels, &self.plans())
        })
    }

    /// Trains to the end, or until `watch` says stop.
    ///
    /// # Errors
    /// A loss that is not finite, a device that is lost, a disk that is full: the last checkpoint is as it was.
    pub fn run(&mut self, watch: &mut dyn Watch) -> Result<Ended> {
        let (steps, per_epoch) = (self.trainer.steps(), self.trainer.steps_per_epoch());
        let began = Instant::now();
        let mut saved = began;
        let mut since = began;
        let every = self.trainer.settings.checkpoint_steps;
        let mut ended = Ended::Finished;
        while self.trainer.submitted() < steps {
            self.trainer.submit()?;
            self.collect(watch)?;
            let step = self.trainer.submitted();
            let ends_epoch = step.is_multiple_of(per_epoch);
            let stop = watch.stop();
            let due = every.map_or(saved.elapsed() > BETWEEN_CHECKPOINTS, |every| step.is_multiple_of(every));
            if ends_epoch || stop || due {
                self.trainer.wait()?;
                self.collect(watch)?;
                self.pace.1 += since.elapsed().as_secs_f64();
                if ends_epoch {
                    self.end_epoch(watch, step)?;
                }
                self.save(step)?;
                saved = Instant::now();
                since = saved;
            }
            if stop && step < steps {
                ended = Ended::Stopped;
                break;
            }
        }
        self.seconds += began.elapsed().as_secs_f64();
        Ok(ended)
    }

    /// Takes the results that are there.
    fn collect(&mut self, watch: &mut dyn Watch) -> Result<()> {
        while let Some(result) = self.trainer.result()? {
            self.epoch.steps += 1;
            self.epoch.loss += result.loss;
            self.epoch.correct += u64::from(result.correct);
            self.pace.0 += self.trainer.settings.batch as u64;
            if let Some(folder) = &mut self.folder {
                folder.step(&result)?;
            }
            watch.step(&self.progress(&result));
        }
        Ok(())
    }

    fn progress(&self, result: &StepResult) -> Progress {
        let (loss, accuracy) = self.means();
        Progress {
            step: result.step,
            steps: self.trainer.steps(),
            epoch: (result.step - 1) / self.trainer.steps_per_epoch() + 1,
            epochs: u64::from(self.trainer.settings.epochs),
            loss,
            accuracy,
        }
    }

    fn means(&self) -> (f64, f64) {
        let steps = self.epoch.steps.max(1) as f64;
        (self.epoch.loss / steps, self.epoch.correct as f64 / (steps * self.trainer.settings.batch as f64))
    }

    fn end_epoch(&mut self, watch: &mut dyn Watch, step: u64) -> Result<()> {
        let began = Instant::now();
        let test = self.test.clone();
        let evaluation = self.trainer.evaluate(&test)?;
        let (train_loss, train_accuracy) = self.means();
        let epoch = step / self.trainer.steps_per_epoch();
        let (test_loss, test_accuracy) = (evaluation.loss, evaluation.accuracy());
        let result = EpochResult { epoch, step, train_loss, train_accuracy, test_loss, test_accuracy };
        let times = serde_json::json!({
            "epoch": epoch,
            "images": self.pace.0,
            "seconds": self.pace.1,
            "images_per_second": self.images_per_second(),
            "test_seconds": began.elapsed().as_secs_f64(),
        });
        if let Some(folder) = &mut self.folder {
            folder.epoch(&result)?;
            folder.timing(&times)?;
        }
        watch.epoch(&result);
        if let (Some(seen), Some(plateau)) = (&mut self.plateau, self.trainer.settings.schedule.plateau())
            && seen.see(plateau, test_loss)
        {
            self.trainer.scale_rates(seen.factor)?;
            watch.reduced(seen.factor);
        }
        self.last = Some(evaluation);
        self.epoch = Sums::default();
        Ok(())
    }

    fn save(&mut self, step: u64) -> Result<()> {
        let tensors = self.trainer.state()?;
        if self.folder.is_some() {
            let header = self.header(step, kernels::recorded(&self.plans()));
            if let Some(folder) = &mut self.folder {
                folder.save(&Checkpoint { header, tensors })?;
            }
        }
        Ok(())
    }

    fn header(&self, step: u64, kernels: Vec<String>) -> Header {
        Header {
            format: FORMAT,
            model: self.trainer.model.to_text(),
            settings: self.trainer.settings.clone(),
            data: self.trainer.data.clone(),
            step,
            epoch: self.epoch,
            adapter: adapter(&self.trainer.engine),
            plateau: self.plateau,
            kernels,
            table: None,
        }
    }

    /// The plans of training and of reading.
    fn plans(&self) -> [Option<&Planned>; 2] {
        [self.trainer.execution.planned(), self.trainer.reader.planned()]
    }

    /// How the network does on the test set now.
    ///
    /// # Errors
    /// The device is lost.
    pub fn evaluation(&mut self) -> Result<&Evaluation> {
        let test = self.test.clone();
        let last = match self.last.take() {
            Some(last) => last,
            None => self.trainer.evaluate(&test)?,
        };
        Ok(self.last.insert(last))
    }

    /// Hash of the parameters now.
    ///
    /// # Errors
    /// The device is lost.
    pub fn digest(&mut self) -> Result<String> {
        let state = self.trainer.state()?;
        crate::checkpoint::digest(&self.trainer.model, &state)
    }

    /// Seconds that this session trained, evaluations and checkpoints included.
    pub fn seconds(&self) -> f64 {
        self.seconds
    }

    /// Images trained on a second in this session, evaluations and checkpoints left out.
    pub fn images_per_second(&self) -> f64 {
        if self.pace.1 > 0.0 { self.pace.0 as f64 / self.pace.1 } else { 0.0 }
    }

    /// Steps done, over all sessions of the run.
    pub fn done(&self) -> u64 {
        self.trainer.submitted()
    }

    /// The trainer.
    pub fn trainer(&mut self) -> &mut Trainer {
        &mut self.trainer
    }

    /// The trainer, when the run is over.
    pub fn into_trainer(self) -> Trainer {
        self.trainer
    }
}
