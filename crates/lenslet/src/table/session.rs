//! A run over a table as users know it: told round by round at first, then measured now and then, kept in a folder.

use super::reader::TableEvaluation;
use super::trace::Round;
use super::trainer::TableTrainer;
use crate::checkpoint::{Checkpoint, FORMAT, Header, Sums};
use crate::engine::adapter;
use crate::kernels;
use crate::train::Ended;
use crate::{Error, Result, RunFolder};
use datasets::table::{Examples, Targets};
use graph::plan::Planned;
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};

/// From one checkpoint to the next, where the settings do not say.
const BETWEEN_CHECKPOINTS: Duration = Duration::from_secs(15);
/// How long a submission should take: long against its cost, short against patience.
const SUBMISSION: Duration = Duration::from_millis(100);
/// Measurements in a run.
const MEASUREMENTS: u64 = 100;
/// Rows that a measurement within a run takes of each set; the last takes all.
const MEASURED_ROWS: usize = 4096;

/// What was measured after some step. Accuracies are shares of 1; a number's score is R².
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measured {
    /// Steps done.
    pub step: u64,
    /// Mean loss over the rows trained on.
    pub train_loss: f64,
    /// On the rows trained on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub train_accuracy: Option<f64>,
    /// On the rows trained on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub train_r2: Option<f64>,
    /// Mean loss over the rows held out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test_loss: Option<f64>,
    /// On the rows held out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test_accuracy: Option<f64>,
    /// On the rows held out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test_r2: Option<f64>,
}

/// Who looks on. Everything has a default.
pub trait TableWatch {
    /// A round was told.
    fn round(&mut self, _round: &Round) {}
    /// So many steps are done.
    fn steps(&mut self, _done: u64) {}
    /// Something was measured.
    fn measured(&mut self, _measured: &Measured) {}
    /// Whether to stop here: the state is saved first.
    fn stop(&mut self) -> bool {
        false
    }
}

/// Nobody looks on.
impl TableWatch for () {}

/// A run under way.
///
/// ```
/// use lenslet::datasets::table;
/// use lenslet::{Model, Optimiser, Schedule, Settings, TableSession, TableSettings, TableTrainer, engine};
///
/// let asked = TableSettings { steps: 200, ..TableSettings::default() };
/// let iris = asked.prepare(&table::builtin("iris")?, 0)?;
/// let model = Model::new([4]).linear(8).sigmoid().linear(3);
/// let (optimiser, schedule) = (Optimiser::Adam, Schedule::CONSTANT);
/// let settings = Settings { batch: 32, lr: 0.05, optimiser, schedule, weight_decay: 0.0, ..Settings::default() };
/// let (engine, _) = engine::open(None)?;
/// let mut session = TableSession::new(TableTrainer::new(&engine, model, settings, asked, iris)?);
/// session.run(0, &mut ())?;
/// assert!(session.evaluation()?.score() > 0.8);
/// # Ok::<(), lenslet::Error>(())
/// ```
#[derive(Debug)]
pub struct TableSession {
    trainer: TableTrainer,
    folder: Option<RunFolder>,
    /// Steps of this session and seconds in them, measurements left out.
    pace: (u64, f64),
    seconds: f64,
}

impl TableSession {
    /// A run from its first step, that keeps nothing.
    pub fn new(trainer: TableTrainer) -> Self {
        TableSession { trainer, folder: None, pace: (0, 0.0), seconds: 0.0 }
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
    /// The checkpoint is of another model, other settings or another table.
    pub fn resume(&mut self, checkpoint: &Checkpoint) -> Result<Option<String>> {
        let (header, own) = (&checkpoint.header, self.header());
        let learning = |header: &Header| crate::Settings { checkpoint_steps: None, ..header.settings.clone() };
        if header.data.fingerprint != own.data.fingerprint {
            let why = "the table is not what the run began with; give the same file with --data";
            return Err(Error::Mismatch(why.into()));
        }
        if header.model != own.model || learning(header) != learning(&own) || header.table != own.table {
            return Err(Error::Mismatch("the checkpoint is of another model or other settings than the run".into()));
        }
        self.trainer.restore(header.step, &checkpoint.tensors)?;
        Ok(if header.adapter != own.adapter {
            let (begun, own) = (&header.adapter, &own.adapter);
            Some(format!("begun on {begun}, going on on {own}: bits may differ from an unbroken run"))
        } else {
            kernels::changes(&header.kernels, &self.plans())
        })
    }

    /// Trains to the end, or until `watch` says stop; tells the steps up to number `trace`.
    ///
    /// # Errors
    /// A loss that is not finite, a device that is lost, a disk that is full: the last checkpoint is as it was.
    pub fn run(&mut self, trace: u64, watch: &mut dyn TableWatch) -> Result<Ended> {
        let (began, steps) = (Instant::now(), self.trainer.steps());
        let every = (steps / MEASUREMENTS).max(1);
        let saves = self.trainer.settings.checkpoint_steps;
        if self.trainer.done() == 0 {
            self.measure(watch)?;
        }
        if self.trainer.done() < trace.min(steps) {
            let mut tracing = self.trainer.tracing()?;
            while self.trainer.done() < trace.min(steps) && !watch.stop() {
                let round = self.trainer.round(&mut tracing)?;
                watch.round(&round);
                if is_mark(self.trainer.done(), every) || self.trainer.done() == steps {
                    self.measure(watch)?;
                }
            }
            if self.trainer.done() == steps {
                self.save()?;
            }
        }
        let (mut saved, mut some) = (Instant::now(), 1);
        let mut ended = Ended::Finished;
        while self.trainer.done() < steps {
            let done = self.trainer.done();
            let to = |every: u64| (done / every + 1) * every - done;
            let early = (done + 1).next_power_of_two() - done;
            let most = some.min(to(every)).min(early).min(saves.map_or(u64::MAX, to));
            let start = Instant::now();
            let ran = self.trainer.run(most)?;
            let took = start.elapsed();
            self.pace = (self.pace.0 + ran, self.pace.1 + took.as_secs_f64());
            if ran == some && took < SUBMISSION / 2 {
                some *= 2;
            } else if took > SUBMISSION * 2 {
                some = (some / 2).max(1);
            }
            let done = self.trainer.done();
            watch.steps(done);
            if is_mark(done, every) || done == steps {
                self.measure(watch)?;
            }
            let stop = watch.stop();
            let due = saves.map_or(saved.elapsed() > BETWEEN_CHECKPOINTS, |every| done.is_multiple_of(every));
            if stop || due || done == steps {
                self.save()?;
                saved = Instant::now();
            }
            if stop && done < steps {
                ended = Ended::Stopped;
                break;
            }
        }
        self.seconds += began.elapsed().as_secs_f64();
        Ok(ended)
    }

    fn measure(&mut self, watch: &mut dyn TableWatch) -> Result<()> {
        let step = self.trainer.done();
        let most = if step == self.trainer.steps() { usize::MAX } else { MEASURED_ROWS };
        let (train, test) = (first(self.trainer.train(), most), first(self.trainer.held_out(), most));
        let of_train = self.trainer.evaluate(&train)?;
        let of_test = if test.is_empty() { None } else { Some(self.trainer.evaluate(&test)?) };
        if !of_train.loss().is_finite() {
            // Names the first parameter that is not finite, if there is one.
            self.trainer.state()?;
            return Err(Error::NotFinite { step, what: format!("the loss is {}", of_train.loss()) });
        }
        let classes = matches!(of_train, TableEvaluation::Classes(_));
        let accuracy = |e: &TableEvaluation| classes.then(|| e.score());
        let r2 = |e: &TableEvaluation| (!classes && e.score().is_finite()).then(|| e.score());
        let measured = Measured {
            step,
            train_loss: of_train.loss(),
            train_accuracy: accuracy(&of_train),
            train_r2: r2(&of_train),
            test_loss: of_test.as_ref().map(TableEvaluation::loss),
            test_accuracy: of_test.as_ref().and_then(accuracy),
            test_r2: of_test.as_ref().and_then(r2),
        };
        if let Some(folder) = &mut self.folder {
            folder.line(&serde_json::to_value(measured).unwrap_or_default())?;
        }
        watch.measured(&measured);
        Ok(())
    }

    fn save(&mut self) -> Result<()> {
        let tensors = self.trainer.state()?;
        let header = self.header();
        match &mut self.folder {
            Some(folder) => folder.save(&Checkpoint { header, tensors }),
            None => Ok(()),
        }
    }

    /// The plans of training and of reading.
    fn plans(&self) -> [Option<&Planned>; 2] {
        [self.trainer.execution.planned(), self.trainer.reader.planned()]
    }

    fn header(&self) -> Header {
        Header {
            format: FORMAT,
            model: self.trainer.model.to_text(),
            settings: self.trainer.settings.clone(),
            data: self.trainer.data.clone(),
            step: self.trainer.done(),
            epoch: Sums::default(),
            adapter: adapter(&self.trainer.engine),
            plateau: None,
            kernels: kernels::recorded(&self.plans()),
            table: Some(self.trainer.info.clone()),
        }
    }

    /// How the network does now: on the rows held out, or where there are none on those trained on.
    ///
    /// # Errors
    /// The device is lost.
    pub fn evaluation(&mut self) -> Result<TableEvaluation> {
        let held_out = self.trainer.held_out().clone();
        let rows = if held_out.is_empty() { self.trainer.train().clone() } else { held_out };
        self.trainer.evaluate(&rows)
    }

    /// Hash of the parameters now.
    ///
    /// # Errors
    /// The device is lost.
    pub fn digest(&mut self) -> Result<String> {
        let state = self.trainer.state()?;
        crate::checkpoint::digest(&self.trainer.model, &state)
    }

    /// Seconds that this session trained, measurements and checkpoints included.
    pub fn seconds(&self) -> f64 {
        self.seconds
    }

    /// Updates a second in this session, measurements and told rounds left out.
    pub fn steps_per_second(&self) -> f64 {
        if self.pace.1 > 0.0 { self.pace.0 as f64 / self.pace.1 } else { 0.0 }
    }

    /// The trainer.
    pub fn trainer(&mut self) -> &mut TableTrainer {
        &mut self.trainer
    }
}

/// Whether is measured after this step: now and then, and more often at first, when most is learned.
fn is_mark(done: u64, every: u64) -> bool {
    done.is_multiple_of(every) || done < every && done.is_power_of_two()
}

/// At most so many rows, from the first on.
fn first(examples: &Examples, most: usize) -> Examples {
    let n = examples.len().min(most);
    let y = match &examples.y {
        Targets::Classes(y) => Targets::Classes(y[..n].to_vec()),
        Targets::Numbers(y) => Targets::Numbers(y[..n].to_vec()),
    };
    Examples { x: examples.x[..n * examples.features].to_vec(), features: examples.features, y }
}
