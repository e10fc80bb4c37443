//! Train and run convolutional networks on any GPU, through wgpu.
//!
//! ```
//! use lenslet::{Model, Settings};
//!
//! let (train, test) = lenslet::digits()?;
//! let model = Model::new([1, 28, 28])
//!     .conv2d(8, 5).relu().max_pool2d(2)
//!     .conv2d(16, 5).relu().max_pool2d(2)
//!     .flatten().linear(10);
//! let few: Vec<u32> = (0..1600).collect(); // or all of them: `&train`
//! let mut network = model.train(&train.select(&few), Settings { epochs: 1, ..Settings::default() })?;
//! let digit = network.predict(test.image(0))?;
//! println!("a {}, {:.0} % sure", digit.class, 100.0 * digit.probability());
//! # Ok::<(), lenslet::Error>(())
//! ```
//!
//! A [`Model`] is a stack of layers, [`Settings`] say how to train it, [`Model::train`] does and gives a [`Network`],
//! which reads images. [`Session`] is the same with everything in sight: progress, a test set, checkpoints in a
//! [`RunFolder`]. For what no layer does, [`graph`] has the ops themselves.

pub mod bench;
mod checkpoint;
pub mod compare;
mod data;
pub mod engine;
mod error;
mod events;
mod explain;
mod files;
mod fnv;
mod kernels;
mod model;
mod network;
mod read;
mod run;
mod table;
mod train;
mod tune;

pub use checkpoint::{Checkpoint, FORMAT, Header, Sums, digest};
pub use data::{DataInfo, fingerprint};
pub use error::{Error, Result};
pub use explain::Explanation;
pub use model::{
    Built, Conv2d, Entry, Layer, Mode, Model, Padding, Pair, Pool2d, Preset, Rule, Summary, SummaryRow, presets,
};
pub use network::Network;
pub use read::{Evaluation, Prediction};
pub use run::{RunFolder, RunText, names};
pub use table::{
    Fit, Measured, Round, TableEvaluation, TableInfo, TableNetwork, TableSession, TableSettings, TableTrainer,
    TableWatch, Unit,
};
pub use train::{
    Ended, EpochResult, Group, Optimiser, Progress, SCHEDULES, Schedule, Seen, Session, Settings, StepResult, Trainer,
    Watch,
};

pub use tune::Work;

pub use cases;
pub use datasets::{self, Augment, Images, digits};
pub use graph::{self, Engine, gpu_core};
pub use onnx;

/// The guide's code, tested as documentation is.
#[cfg(doctest)]
mod guide {
    #[doc = include_str!("../../../docs/guide/src/1-neurons.md")]
    struct Neurons;
    #[doc = include_str!("../../../docs/guide/src/2-learning.md")]
    struct Learning;
    #[doc = include_str!("../../../docs/guide/src/3-descent.md")]
    struct Descent;
    #[doc = include_str!("../../../docs/guide/src/4-convolution.md")]
    struct Convolution;
    #[doc = include_str!("../../../docs/guide/src/5-features.md")]
    struct Features;
}
