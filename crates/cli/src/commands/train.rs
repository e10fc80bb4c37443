//! `train`: the main job. What was asked, and on what: `train/images.rs` trains on images, `train/table.rs` on tables.

mod augment;
mod images;
mod table;
mod told;

use super::data::{Source, source};
use crate::exit::usage;
use clap::{Args, ValueEnum};
use lenslet::{Augment, Group, Optimiser, RunText, Schedule, Settings};
use std::path::{Path, PathBuf};

/// Train a network on images or a table; without arguments, a small CNN on the handwritten digits inside the program.
#[derive(Args)]
pub(crate) struct Train {
    /// A CSV file, a table inside the program (lecture, iris, wine, breast_cancer), or a folder of images: class
    /// folders (DIR/cat/1.png; also DIR/train/… and DIR/test/…) or IDX files [default: the embedded digits]
    #[arg(value_name = "DATA", conflicts_with = "resume")]
    name: Option<String>,
    /// The same; with --resume where the data is now
    #[arg(long, value_name = "DATA", conflicts_with = "name")]
    data: Option<String>,
    /// Height and width that pictures of a folder are read at: `64` or `48x64` [default: their own, or the median; at
    /// most 224]
    #[arg(long, value_name = "HxW", value_parser = size, conflicts_with = "resume")]
    size: Option<[usize; 2]>,
    /// A preset (`lenslet models` lists them) or a file of a model [default: lenet; for tables see --hidden]
    #[arg(long, value_name = "MODEL", conflicts_with = "resume")]
    model: Option<String>,
    /// Times to go through the training set [default: 12]
    #[arg(long, value_name = "N", conflicts_with = "resume")]
    epochs: Option<u32>,
    /// Images or rows in a batch [default: 64; of a table 32]
    #[arg(long, value_name = "N", conflicts_with = "resume")]
    batch: Option<usize>,
    /// Largest learning rate [default: 0.05, with adam 0.002, others by what is usual; for tables 0.01, with --per-instance 0.1, or 0.02 for a number]
    #[arg(long, value_name = "RATE", conflicts_with = "resume")]
    lr: Option<f64>,
    /// How the learning rate goes over the run [default: one-cycle; for tables constant]
    #[arg(long, value_name = "LIST", long_help = schedules(), conflicts_with = "resume")]
    schedule: Option<Schedule>,
    /// The rule of the update [default: sgd; for tables adam, with --per-instance sgd]
    #[arg(long, visible_alias = "optimizer", value_enum, conflicts_with = "resume")]
    optimiser: Option<Rule>,
    /// Momentum of sgd and rmsprop [default: 0.9; for tables 0]
    #[arg(long, value_name = "SHARE", conflicts_with = "resume")]
    momentum: Option<f64>,
    /// Nesterov's momentum
    #[arg(long, conflicts_with = "resume")]
    nesterov: bool,
    /// Pull of each weight towards zero [default: 0.001, with adam 0, with adamw 0.01; for tables 0]
    #[arg(long, value_name = "RATE", conflicts_with = "resume")]
    weight_decay: Option<f64>,
    /// Scale gradients so that their common norm is at most this
    #[arg(long, value_name = "NORM", conflicts_with_all = ["resume", "clip_value"])]
    clip_norm: Option<f64>,
    /// Hold every number of a gradient between minus this and this
    #[arg(long, value_name = "VALUE", conflicts_with = "resume")]
    clip_value: Option<f64>,
    /// Batches whose mean gradient makes one update: a batch N times as large without its memory; for images [default: 1]
    #[arg(long, value_name = "N", conflicts_with = "resume")]
    accumulate: Option<u32>,
    /// Keep an exponential moving average of the weights, such as 0.999: tested after each epoch, and what eval and predict
    /// take
    #[arg(long, value_name = "DECAY", conflicts_with = "resume")]
    ema: Option<f64>,
    /// Have parameters of some names learn otherwise: `*.bias:weight_decay=0`, `conv2d1.*:frozen`, `linear*:lr_scale=0.1`;
    /// may be given several times, the last one counts
    #[arg(long = "group", value_name = "PATTERN:SETTINGS", conflicts_with = "resume")]
    groups: Vec<Group>,
    /// Share of each target that is spread over all classes, which keeps the loss of training above that of the test
    /// [default: 0.1; for tables 0]
    #[arg(long, value_name = "SHARE", conflicts_with = "resume")]
    label_smoothing: Option<f64>,
    /// Change training images at random: flip, crop, shift, rotate, scale, erase, mixup, each with =AMOUNT [see --help]
    #[arg(long, value_name = "LIST", value_parser = augment::read, long_help = augment::help(), conflicts_with = "resume")]
    augment: Option<Augment>,
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
    /// Also write a file that TensorBoard reads: `tensorboard --logdir RUN`
    #[arg(long, conflicts_with = "resume")]
    tensorboard: bool,
    /// Adapter to run on: `#1`, discrete, integrated, software, a backend, or part of its name
    #[arg(long, value_name = "NAME")]
    adapter: Option<String>,
    /// First measure the kernels of the model's steps on this machine, and keep the fastest for this run and all later ones
    #[arg(long, conflicts_with = "resume")]
    tune: bool,
    /// End with one line of JSON on stdout
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    table: table::TableArgs,
}

#[derive(Clone, Copy, ValueEnum)]
enum Rule {
    Sgd,
    Adam,
    Adamw,
    Amsgrad,
    Lamb,
    Lion,
    Rmsprop,
    Adagrad,
    Adadelta,
}

fn schedules() -> String {
    format!(
        "How the learning rate goes over the run [default: one-cycle; for tables constant]\n\n{}",
        lenslet::SCHEDULES
    )
}

impl Train {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let Some(folder) = self.resume.clone() else {
            return match source(self.data_name())? {
                Source::Images(name) => {
                    self.table.none()?;
                    images::begin(&self, &name)
                }
                Source::Table(name) => table::begin(&self, &name),
            };
        };
        if !folder.is_dir() {
            return Err(usage(format!("--resume {}: there is no such run folder", folder.display())));
        }
        let text = RunText::read(&folder)?;
        match text.table.clone() {
            Some(table) => table::resume(&self, folder, text, table),
            None => images::resume(&self, folder, text),
        }
    }

    fn data_name(&self) -> Option<&str> {
        self.name.as_deref().or(self.data.as_deref())
    }

    /// What was asked for, over these defaults.
    fn settings(&self, default: Settings) -> Settings {
        let optimiser = match self.optimiser {
            None => default.optimiser,
            Some(Rule::Sgd) => Optimiser::Sgd,
            Some(Rule::Adam) => Optimiser::Adam,
            Some(Rule::Adamw) => Optimiser::AdamW,
            Some(Rule::Amsgrad) => Optimiser::Amsgrad,
            Some(Rule::Lamb) => Optimiser::Lamb,
            Some(Rule::Lion) => Optimiser::Lion,
            Some(Rule::Rmsprop) => Optimiser::Rmsprop,
            Some(Rule::Adagrad) => Optimiser::Adagrad,
            Some(Rule::Adadelta) => Optimiser::Adadelta,
        };
        let (lr, decay) = match optimiser {
            same if same == default.optimiser => (default.lr, default.weight_decay),
            Optimiser::Sgd => (0.05, 0.0),
            Optimiser::Adam | Optimiser::Amsgrad | Optimiser::Rmsprop => (0.002, 0.0),
            Optimiser::AdamW => (0.002, 0.01),
            Optimiser::Lamb | Optimiser::Adagrad => (0.01, 0.0),
            Optimiser::Lion => (0.0003, 0.0),
            Optimiser::Adadelta => (1.0, 0.0),
        };
        Settings {
            epochs: self.epochs.unwrap_or(default.epochs),
            batch: self.batch.unwrap_or(default.batch),
            lr: self.lr.unwrap_or(lr),
            schedule: self.schedule.clone().unwrap_or(default.schedule),
            seed: self.seed.unwrap_or(default.seed),
            optimiser,
            momentum: self.momentum.unwrap_or(default.momentum),
            nesterov: self.nesterov,
            weight_decay: self.weight_decay.unwrap_or(decay),
            clip_norm: self.clip_norm.or(default.clip_norm),
            clip_value: self.clip_value.or(default.clip_value),
            accumulate: self.accumulate.unwrap_or(default.accumulate),
            ema: self.ema.or(default.ema),
            groups: self.groups.clone(),
            label_smoothing: self.label_smoothing.unwrap_or(default.label_smoothing),
            augment: self.augment.clone().or(default.augment),
            checkpoint_steps: self.checkpoint_steps,
        }
    }
}

const LEARNING_CURVE: &str = "learning_curve.png";
const CONFUSION: &str = "confusion.png";

/// `64` or `48x64`.
fn size(text: &str) -> Result<[usize; 2], String> {
    let sides: Result<Vec<usize>, _> = text.split(['x', '×']).map(str::parse).collect();
    match sides.as_deref() {
        Ok(&[side]) if side > 0 => Ok([side; 2]),
        Ok(&[h, w]) if h > 0 && w > 0 => Ok([h, w]),
        _ => Err("a size is height and width in pixels, such as 48x64, or one number for both".into()),
    }
}

/// `runs/1`, or the first number that is free.
fn free_folder() -> anyhow::Result<PathBuf> {
    let taken = |n: &u32| Path::new("runs").join(n.to_string()).exists();
    let free = (1..=u32::MAX).find(|n| !taken(n));
    free.map(|n| Path::new("runs").join(n.to_string()))
        .ok_or_else(|| usage("runs/ is full; choose a folder with --out"))
}
