//! A model: the shape of its input and its layers, as plain data that reads and writes as a short text.
//!
//! `layer.rs` has the layers, `builder.rs` chains them, `text.rs` reads and writes TOML, `build.rs` makes a graph of
//! them, `summary.rs` counts, `presets.rs` has some that are known to work.

mod build;
mod builder;
mod layer;
mod presets;
mod summary;
mod text;

pub(crate) use build::activation;
pub use build::{Built, Mode};
pub use layer::{Conv2d, Layer, Padding, Pair, Pool2d, Rule};
pub use presets::{Preset, presets};
pub use summary::{Summary, SummaryRow};

use crate::Result;

/// A stack of layers, which may also take the outputs of named earlier ones.
///
/// ```
/// use lenslet::Model;
/// let model = Model::new([1, 28, 28]).conv2d(8, 5).relu().max_pool2d(2).flatten().linear(10);
/// assert_eq!(model.summary()?.parameters, 8 * 25 + 8 + 10 * (8 * 12 * 12) + 10);
/// assert_eq!(Model::from_text(&model.to_text())?, model);
/// # Ok::<(), lenslet::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    input: Vec<usize>,
    layers: Vec<Entry>,
}

/// A layer in its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// What it does.
    pub layer: Layer,
    /// Its name; by default its type and its number among those of its type, `conv2d1`.
    pub name: Option<String>,
    /// The layers whose outputs it takes; by default the one before. `input` is the model's input.
    pub from: Vec<String>,
}

impl Model {
    /// A model without layers, for inputs `[c, h, w]` or `[features]`.
    pub fn new(input: impl Into<Vec<usize>>) -> Self {
        Model { input: input.into(), layers: Vec::new() }
    }

    /// Shape of one input, `[c, h, w]` or `[features]`.
    pub fn input(&self) -> &[usize] {
        &self.input
    }

    /// The layers in order.
    pub fn layers(&self) -> &[Entry] {
        &self.layers
    }

    /// The layers' names in order, given or by default.
    pub fn names(&self) -> Vec<String> {
        let mut counts = std::collections::HashMap::new();
        let name = |entry: &Entry| {
            let count = counts.entry(entry.layer.kind()).or_insert(0);
            *count += 1;
            entry.name.clone().unwrap_or_else(|| format!("{}{count}", entry.layer.kind()))
        };
        self.layers.iter().map(name).collect()
    }

    /// Shape of one output.
    ///
    /// # Errors
    /// A layer that does not fit what comes before it.
    pub fn output(&self) -> Result<Vec<usize>> {
        let (graph, built) = self.sketch()?;
        Ok(built.last().map_or(self.input.clone(), |last| graph.ty(last.value).shape[1..].to_vec()))
    }

    /// The number of classes that it tells apart: the length of its output.
    ///
    /// # Errors
    /// A layer that does not fit, or an output of more than one axis.
    pub fn classes(&self) -> Result<usize> {
        let output = self.output()?;
        match (&output[..], self.names().pop()) {
            (&[classes], _) => Ok(classes),
            (_, name) => Err(crate::Error::Layer {
                position: self.layers.len(),
                layer: name.unwrap_or_else(|| "input".into()),
                why: format!(
                    "the model ends in {output:?}, but a classifier ends in one number a class: put flatten and \
                     linear at its end"
                ),
            }),
        }
    }
}
