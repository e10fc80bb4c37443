//! `train`: the main job. Data, model, device, run folder; then epochs; then a report and pictures.

use super::screen::Screen;
use super::{data, models, report};
use crate::exit::{Interrupted, note, print, usage};
use crate::pictures;
use clap::{Args, ValueEnum};
use lenslet::{
    Ended, Engine, Evaluation, Images, Optimiser, RunFolder, RunText, Schedule, Session, Settings, Trainer, engine,
    names,
};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Train a network; without arguments, a small CNN on the handwritten digits inside the program.
#[derive(Args)]
pub(crate) struct Train {
    /// Folder of IDX files (train-images-idx3-ubyte[.gz] and so on) instead of the embedded digits
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// A preset (`lenslet models` lists them) or a file of a model [default: lenet]
    #[arg(long, value_name = "MODEL", conflicts_with = "resume")]
    model: Option<String>,
    /// Times to go through the training set [default: 12]
    #[arg(long, value_name = "N", conflicts_with = "resume")]
    epochs: Option<u32>,
    /// Images in a batch [default: 64]
    #[arg(long, value_name = "N", conflicts_with = "resume")]
    batch: Option<usize>,
    /// Largest learning rate [default: 0.05, with adam 0.002]
    #[arg(long, value_name = "RATE", conflicts_with = "resume")]
    lr: Option<f64>,
    /// How the learning rate goes over the run [default: one-cycle]
    #[arg(long, value_enum, conflicts_with = "resume")]
    schedule: Option<Rates>,
    /// The rule of the update [default: sgd]
    #[arg(long, value_enum, conflicts_with = "resume")]
    optimiser: Option<Rule>,
    /// Momentum of sgd [default: 0.9]
    #[arg(long, value_name = "SHARE", conflicts_with = "resume")]
    momentum: Option<f64>,
    /// Nesterov's momentum
    #[arg(long, conflicts_with = "resume")]
    nesterov: bool,
    /// Pull of each weight towards zero [default: 0.001, with adam 0, with adamw 0.01]
    #[arg(long, value_name = "RATE", conflicts_with = "resume")]
    weight_decay: Option<f64>,
    /// Share of each target that is spread over all classes [default: 0.1]
    #[arg(long, value_name = "SHARE", conflicts_with = "resume")]
    label_smoothing: Option<f64>,
    /// Seed of first values, order and dropout [default: 0]
    #[arg(long, value_name = "N", conflicts_with = "resume")]
    seed: Option<u64>,
    /// Steps from one checkpoint to the next [default: one every 15 seconds, and one at each epoch's end]
    #[arg(long, value_name = "N", conflicts_with = "resume")]
    checkpoint_steps: Option<u64>,
    /// Folder for the run, made anew [default: runs/1, runs/2, …]
    #[arg(long, value_name = "RUN", conflicts_with = "resume")]
    out: Option<PathBuf>,
    /// Go on with the run in this folder from its last checkpoint
    #[arg(long, value_name = "RUN")]
    resume: Option<PathBuf>,
    /// Adapter to run on: `#1`, discrete, integrated, software, a backend, or part of its name
    #[arg(long, value_name = "NAME")]
    adapter: Option<String>,
    /// End with one line of JSON on stdout
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Rule {
    Sgd,
    Adam,
    Adamw,
}

#[derive(Clone, Copy, ValueEnum)]
enum Rates {
    Constant,
    Cosine,
    OneCycle,
}

impl Train {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let job = match self.resume.clone() {
            Some(folder) => self.resumed(folder)?,
            None => self.new_run()?,
        };
        let (engine, missing) = engine::open(job.text.adapter.as_deref())?;
        if let Some(why) = missing {
            note(format!("{why}; training on the CPU instead, which takes long"));
        }
        let model = lenslet::Model::from_text(&job.text.model)?;
        let (train, test) = (Arc::new(job.train), Arc::new(job.test));
        let trainer = Trainer::new(&engine, model, job.text.settings.clone(), train.clone())?;
        let mut session = Session::new(trainer, test.clone());
        let mut done = 0;
        let folder = if job.new {
            RunFolder::create(&job.folder, &job.text)?
        } else {
            if let Some(checkpoint) = RunFolder::checkpoint(&job.folder)? {
                done = checkpoint.header.step;
                session.resume(checkpoint)?.iter().for_each(|why| note(format!("note: {why}")));
            }
            RunFolder::resume(&job.folder, done)?
        };
        let settings = &job.text.settings;
        let steps = settings.steps(train.len());
        let parameters = session.trainer().parameters();
        note(format!(
            "{} images, {} parameters, on {}; run folder {}{}",
            report::thousands(train.len() as u64),
            report::thousands(parameters as u64),
            engine::adapter(&engine),
            job.folder.display(),
            if done > 0 { format!(", going on behind step {done} of {steps}") } else { String::new() },
        ));
        session = session.keep_in(folder);
        let mut screen = Screen::new(done, steps, settings.epochs, settings.batch)?;
        let ended = session.run(&mut screen);
        screen.finish();
        if ended? == Ended::Stopped {
            let folder = job.folder.display();
            note(format!(
                "stopped behind step {} of {steps}, saved; go on with: lenslet train --resume {folder}",
                session.done()
            ));
            return Err(Interrupted.into());
        }
        self.report(&mut session, &engine, &job.folder, &test)
    }

    fn resumed(&self, folder: PathBuf) -> anyhow::Result<Job> {
        if !folder.is_dir() {
            return Err(usage(format!("--resume {}: there is no such run folder", folder.display())));
        }
        let mut text = RunText::read(&folder)?;
        if self.data.is_some() {
            text.data = data::name(self.data.as_deref())?;
        }
        text.adapter = self.adapter.clone().or(text.adapter);
        let (train, test) = data::load(&text.data, text.settings.seed)?;
        Ok(Job { folder, text, train, test, new: false })
    }

    fn new_run(&self) -> anyhow::Result<Job> {
        let settings = self.settings();
        let name = data::name(self.data.as_deref())?;
        let (train, test) = data::load(&name, settings.seed)?;
        settings.check(train.len())?;
        let model = models::for_images(self.model.as_deref().unwrap_or("lenet"), train.shape(), train.classes.len())?;
        let folder = match &self.out {
            Some(out) => out.clone(),
            None => free_folder()?,
        };
        let text = RunText::new(&name, self.adapter.as_deref(), &model, &settings);
        Ok(Job { folder, text, train, test, new: true })
    }

    fn settings(&self) -> Settings {
        let default = Settings::default();
        let optimiser = match self.optimiser {
            None | Some(Rule::Sgd) => Optimiser::Sgd,
            Some(Rule::Adam) => Optimiser::Adam,
            Some(Rule::Adamw) => Optimiser::AdamW,
        };
        let schedule = match self.schedule {
            None => default.schedule,
            Some(Rates::Constant) => Schedule::Constant,
            Some(Rates::Cosine) => Schedule::Cosine,
            Some(Rates::OneCycle) => Schedule::OneCycle,
        };
        let (lr, decay) = match optimiser {
            Optimiser::Sgd => (default.lr, default.weight_decay),
            Optimiser::Adam => (0.002, 0.0),
            Optimiser::AdamW => (0.002, 0.01),
        };
        Settings {
            epochs: self.epochs.unwrap_or(default.epochs),
            batch: self.batch.unwrap_or(default.batch),
            lr: self.lr.unwrap_or(lr),
            schedule,
            seed: self.seed.unwrap_or(default.seed),
            optimiser,
            momentum: self.momentum.unwrap_or(default.momentum),
            nesterov: self.nesterov,
            weight_decay: self.weight_decay.unwrap_or(decay),
            label_smoothing: self.label_smoothing.unwrap_or(default.label_smoothing),
            checkpoint_steps: self.checkpoint_steps,
        }
    }

    fn report(&self, session: &mut Session, engine: &Engine, folder: &Path, test: &Images) -> anyhow::Result<()> {
        let digest = session.digest()?;
        let (seconds, pace, step) = (session.seconds(), session.images_per_second(), session.done());
        let evaluation = session.evaluation()?;
        draw(folder, test, evaluation)?;
        let (accuracy, correct) = (evaluation.accuracy(), evaluation.correct());
        let summary = format!(
            "test accuracy {:.2} % ({correct} of {} right), {seconds:.1} s of training, {} images/s\n\n{}\n\n\
             {}, {LEARNING_CURVE}, {CONFUSION} and {MISREAD} are in {}",
            100.0 * accuracy,
            test.len(),
            report::thousands(pace as u64),
            report::confusion(&evaluation.confusion, &test.classes),
            names::CHECKPOINT,
            folder.display(),
        );
        if !self.json {
            return print(summary);
        }
        note(summary);
        print(serde_json::json!({
            "test_accuracy": accuracy,
            "test_loss": evaluation.loss,
            "train_seconds": seconds,
            "images_per_second": pace,
            "adapter": engine::adapter(engine),
            "executor": if matches!(engine, Engine::Cpu) { "cpu" } else { "gpu" },
            "run": folder.display().to_string(),
            "digest": digest,
            "steps": step,
            "test_images": test.len(),
        }))
    }
}

/// What is to be done, where, with what.
struct Job {
    folder: PathBuf,
    text: RunText,
    train: Images,
    test: Images,
    new: bool,
}

const LEARNING_CURVE: &str = "learning_curve.png";
const CONFUSION: &str = "confusion.png";
const MISREAD: &str = "misread.png";

/// `runs/1`, or the first number that is free.
fn free_folder() -> anyhow::Result<PathBuf> {
    let taken = |n: &u32| Path::new("runs").join(n.to_string()).exists();
    let free = (1..=u32::MAX).find(|n| !taken(n));
    free.map(|n| Path::new("runs").join(n.to_string()))
        .ok_or_else(|| usage("runs/ is full; choose a folder with --out"))
}

/// The pictures of a finished run.
fn draw(folder: &Path, test: &Images, evaluation: &Evaluation) -> anyhow::Result<()> {
    use pictures::{confusion, learning_curve, misread, sheet::Image};
    let (epochs, steps) = RunFolder::measured(folder)?;
    let points: Vec<_> = epochs
        .iter()
        .map(|e| learning_curve::EpochPoint {
            epoch: e.epoch as usize,
            train_loss: e.train_loss,
            train_accuracy: e.train_accuracy,
            test_loss: e.test_loss,
            test_accuracy: e.test_accuracy,
        })
        .collect();
    if let Some(first) = epochs.first() {
        let per_epoch = first.step as f64 / first.epoch as f64;
        let steps: Vec<(f64, f64)> = steps.iter().map(|s| (s.step as f64 / per_epoch, s.loss)).collect();
        learning_curve::learning_curve(&points, &steps, &folder.join(LEARNING_CURVE))?;
    }
    confusion::confusion(&evaluation.confusion, &test.classes, &folder.join(CONFUSION))?;
    let wrong = evaluation.predictions.iter().enumerate().filter(|(at, p)| p.class != test.labels[*at] as usize);
    let mut wrong: Vec<usize> = wrong.map(|(at, _)| at).collect();
    let count = wrong.len();
    // The surest mistakes first: they say most about the network, or about the label.
    let sure = |at: &usize| evaluation.predictions[*at].probability();
    wrong.sort_by(|a, b| sure(b).total_cmp(&sure(a)).then(a.cmp(b)));
    wrong.truncate(MOST_MISREAD);
    let [c, h, w] = test.shape();
    if !matches!(c, 1 | 3) {
        return Ok(());
    }
    let shown: Vec<misread::Misread<'_>> = wrong
        .iter()
        .map(|&at| misread::Misread {
            image: Image::Bytes { c, h, w, pixels: test.image(at) },
            truth: &test.classes[test.labels[at] as usize],
            predicted: &test.classes[evaluation.predictions[at].class],
            probability: evaluation.predictions[at].probability().into(),
        })
        .collect();
    misread::misread(&shown, count, test.len(), &folder.join(MISREAD))
}

/// Misread images in the picture.
const MOST_MISREAD: usize = 40;
