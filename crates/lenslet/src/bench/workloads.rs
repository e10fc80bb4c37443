//! The workloads by name: models, settings and data, as other engines' benches have them.

use crate::{Conv2d, Model, Optimiser, Result, Schedule, Settings};
use datasets::Images;

/// A model with its settings and data, by name.
#[derive(Clone, Debug)]
pub struct Workload {
    /// As `--filter` finds it.
    pub name: &'static str,
    /// What it is.
    pub about: &'static str,
    model: fn() -> Result<Model>,
    pub(super) task: Task,
}

/// What is done with the model.
#[derive(Clone, Debug)]
pub(super) enum Task {
    /// Steps of training.
    Train { settings: fn() -> Settings, images: fn() -> Result<Images> },
    /// Reading, this many images at a time.
    Read { batch: usize },
}

impl Workload {
    /// The model, as it begins.
    ///
    /// # Errors
    /// A layer does not fit, which a test excludes.
    pub fn model(&self) -> Result<Model> {
        (self.model)()
    }

    /// Images in a step.
    pub fn batch(&self) -> usize {
        match &self.task {
            Task::Train { settings, .. } => settings().batch,
            Task::Read { batch } => *batch,
        }
    }
}

/// All workloads.
pub fn workloads() -> Vec<Workload> {
    vec![
        Workload {
            name: "digits",
            about: "batch 64, conv 5×5 1→8, ReLU, max pool 2, conv 5×5 8→16, ReLU, max pool 2, linear 10, SGD 0.1 momentum 0.9",
            model: || Ok(digits_model(Model::relu)),
            task: Task::Train { settings: sgd, images: || Ok(datasets::digits()?.0) },
        },
        Workload {
            name: "digits-sigmoid",
            about: "digits with sigmoids",
            model: || Ok(digits_model(Model::sigmoid)),
            task: Task::Train { settings: sgd, images: || Ok(datasets::digits()?.0) },
        },
        Workload {
            name: "cifar",
            about: "batch 64, 3×32×32, twice two conv 3×3 with batch norm and ReLU, 32 then 64 wide, max pool 2, linear 10, Adam",
            model: || Ok(cifar_model()),
            task: Task::Train {
                settings: || Settings { optimiser: Optimiser::Adam, lr: 1e-3, ..sgd() },
                images: || noise([3, 32, 32], 2048, 10),
            },
        },
        Workload {
            name: "resnet18",
            about: "batch 64, 3×64×64, ResNet-18 with 1000 classes, SGD 0.1 momentum 0.9",
            model: || resnet18(64),
            task: Task::Train { settings: sgd, images: || noise([3, 64, 64], 256, CLASSES) },
        },
        Workload {
            name: "digits-inference",
            about: "the digits' model, one image at a time",
            model: || Ok(digits_model(Model::relu)),
            task: Task::Read { batch: 1 },
        },
        Workload {
            name: "resnet18-inference",
            about: "one image of 3×224×224 at a time, ResNet-18 with 1000 classes",
            model: || resnet18(224),
            task: Task::Read { batch: 1 },
        },
    ]
}

fn digits_model(activation: fn(Model) -> Model) -> Model {
    let block = |model: Model, channels| activation(model.conv2d(channels, 5)).max_pool2d(2);
    block(block(Model::new([1, 28, 28]), 8), 16).flatten().linear(10)
}

fn cifar_model() -> Model {
    let block = |model: Model, channels| model.conv(Conv2d::new(channels, 3).same()).batch_norm2d().relu();
    let mut model = Model::new([3, 32, 32]);
    for channels in [32, 64] {
        model = block(block(model, channels), channels).max_pool2d(2);
    }
    model.flatten().linear(10)
}

fn resnet18(side: usize) -> Result<Model> {
    Model::preset("resnet18", [3, side, side], CLASSES).expect("a preset is called that")
}

/// ImageNet's; which of them an image of noise is does not matter.
const CLASSES: usize = 1000;

fn sgd() -> Settings {
    Settings {
        epochs: 10_000, // time ends it
        batch: 64,
        lr: 0.1,
        schedule: Schedule::CONSTANT,
        optimiser: Optimiser::Sgd,
        momentum: 0.9,
        weight_decay: 0.0,
        label_smoothing: 0.0,
        ..Settings::default()
    }
}

/// Images of random bytes: what they show does not change how long they take.
fn noise(shape: [usize; 3], count: usize, classes: usize) -> Result<Images> {
    let size: usize = shape.iter().product();
    let mut word = 0x9E37_79B9_u32;
    let mut next = || {
        word = word.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (word >> 24) as u8
    };
    let pixels = (0..count * size).map(|_| next()).collect();
    let labels = (0..count as u32).map(|image| image % classes as u32).collect();
    Ok(Images::new(pixels, labels, shape, (0..classes).map(|class| class.to_string()).collect())?)
}
