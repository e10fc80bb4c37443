//! The network under the glass: a run's or an ONNX file's, as a graph that takes normalised images and can be asked for
//! anything on the way.
//!
//! A graph of its own for each question, since gradients are appended to it; all read the same weights.

use std::path::Path;
use std::sync::Arc;

use lenslet::datasets::polarity;
use lenslet::datasets::{Polarity, image_file};
use lenslet::graph::{Engine, Execution, Graph, Memory, Tensor, Type, Value};
use lenslet::onnx::{self, Options};
use lenslet::{Checkpoint, Mode, Model};

use crate::commands::{eval, onnx_model};
use crate::learn::desk::{unusable, usage};

/// A trained network for images.
pub(super) struct Seen {
    kind: Kind,
    /// `[c, h, w]`
    pub(super) shape: [usize; 3],
    /// Names of the classes; their numbers where the file has none.
    pub(super) classes: Vec<String>,
    /// Of each channel, of pixels between 0 and 1.
    mean_std: Vec<(f32, f32)>,
    /// Brightness of the training images' borders, where it is known.
    border: Option<f32>,
    /// What the run calls its data, and its seed.
    pub(super) data: Option<(String, u64)>,
    /// The run's adapter.
    pub(super) adapter: Option<String>,
}

enum Kind {
    Run { model: Box<Model>, checkpoint: Box<Checkpoint> },
    Onnx { model: Box<onnx::Model>, fixed: Option<usize>, softmax: bool },
}

/// The network over a batch of images.
pub(super) struct Asked {
    pub(super) graph: Graph,
    /// `[batch, c, h, w]`, normalised.
    pub(super) x: Value,
    /// `[batch, …]`, one a class.
    pub(super) scores: Value,
    pub(super) batch: usize,
}

impl Seen {
    /// A run folder's network, or an ONNX file's, which must be told how its images were normalised.
    pub(super) fn open(path: &Path, mean: &[f32], std: &[f32]) -> anyhow::Result<Seen> {
        if onnx_model::is(path) {
            return Seen::of_file(path, mean, std);
        }
        if !mean.is_empty() || !std.is_empty() {
            return Err(usage("--mean and --std are for ONNX files; a run folder knows its own data"));
        }
        let (text, checkpoint) = eval::open(path)?;
        if text.table.is_some() {
            return Err(usage(format!(
                "{} is a run over a table; features are of networks for images",
                path.display()
            )));
        }
        let model = checkpoint.model()?;
        let &[c, h, w] = model.input() else {
            return Err(usage(format!("the run's model takes {:?}, not images", model.input())));
        };
        let data = checkpoint.header.data.clone();
        Ok(Seen {
            kind: Kind::Run { model: Box::new(model), checkpoint: Box::new(checkpoint) },
            shape: [c, h, w],
            classes: data.classes,
            mean_std: data.mean_std,
            border: Some(data.border),
            data: Some((text.data, text.settings.seed)),
            adapter: text.adapter,
        })
    }

    fn of_file(path: &Path, mean: &[f32], std: &[f32]) -> anyhow::Result<Seen> {
        let model = onnx_model::read(path)?;
        let fixed = onnx_model::fixed_batch(&model);
        let Ok([batch, c, h, w]) = onnx_model::image_shape(&model) else {
            let why =
                "the model does not take one picture [n, c, h, w] of a fixed size; features are of networks for images";
            return Err(unusable(path, why));
        };
        let (mean, std) = onnx_model::mean_std(mean, std, c)?;
        let softmax = onnx_model::gives_shares(&model);
        let mut seen = Seen {
            kind: Kind::Onnx { model: Box::new(model), fixed, softmax },
            shape: [c, h, w],
            classes: Vec::new(),
            mean_std: mean.into_iter().zip(std).collect(),
            border: None,
            data: None,
            adapter: None,
        };
        let asked = seen.ask(batch)?;
        let shape = asked.graph.ty(asked.scores).shape.to_vec();
        let classes: usize = shape.get(1..).unwrap_or_default().iter().product();
        if shape.first() != Some(&asked.batch) || classes == 0 {
            return Err(usage(format!("the model's first output is {shape:?}, not scores of classes for each image")));
        }
        seen.classes = (0..classes).map(|class| format!("class {class}")).collect();
        Ok(seen)
    }

    /// The network over so many images, or over as many as a file's model is fixed to.
    pub(super) fn ask(&self, batch: usize) -> anyhow::Result<Asked> {
        let [c, h, w] = self.shape;
        match &self.kind {
            Kind::Run { model, .. } => {
                let mut graph = Graph::new();
                let x = graph.input("x", Type::f32([batch, c, h, w]))?;
                let scores = model.build(&mut graph, x, Mode::Eval)?;
                Ok(Asked { graph, x, scores, batch })
            }
            Kind::Onnx { model, fixed, .. } => {
                let batch = fixed.unwrap_or(batch);
                let imported = onnx::import(model, &Options { batch: Some(batch), ..Options::default() })?;
                let x = imported.inputs.first().and_then(|input| input.value);
                let scores = imported.outputs.first().and_then(|output| output.value());
                let (Some(x), Some(scores)) = (x, scores) else {
                    return Err(usage("the model's output does not depend on its input"));
                };
                Ok(Asked { graph: Graph::clone(&imported.graph), x, scores, batch })
            }
        }
    }

    /// Ready to run, with the trained weights.
    pub(super) fn compile(&self, engine: &Engine, graph: Graph, fetch: &[Value]) -> anyhow::Result<Execution> {
        let memory = Memory::new(engine, 0);
        let execution = engine.compile(Arc::new(graph), fetch, &memory)?;
        if let Kind::Run { checkpoint, .. } = &self.kind {
            for (name, _) in memory.list() {
                let tensor = checkpoint.tensor(&name).ok_or_else(|| anyhow::anyhow!("the checkpoint has no {name}"))?;
                memory.set(&name, tensor)?;
            }
        }
        Ok(execution)
    }

    /// What a constant or parameter of the graph holds.
    pub(super) fn weight(&self, graph: &Graph, value: Value) -> Option<Tensor> {
        use lenslet::graph::Source;
        match (graph.source(value), &self.kind) {
            (Source::Constant(tensor), _) => Some(tensor.clone()),
            (Source::Parameter(_), Kind::Run { checkpoint, .. }) => checkpoint.tensor(graph.name(value)).cloned(),
            _ => None,
        }
    }

    /// Shares of the classes, together 1, from one image's scores.
    pub(super) fn shares(&self, scores: &[f32]) -> Vec<f32> {
        if matches!(self.kind, Kind::Onnx { softmax: true, .. }) {
            return scores.to_vec();
        }
        let most = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let powers: Vec<f32> = scores.iter().map(|score| (score - most).exp()).collect();
        let sum: f32 = powers.iter().sum();
        powers.into_iter().map(|power| power / sum).collect()
    }

    /// A picture as the network takes it; light and dark are swapped where the training images were the other way round.
    pub(super) fn picture(&self, path: &Path) -> anyhow::Result<Vec<u8>> {
        if !path.is_file() {
            return Err(usage(format!("{}: there is no such file", path.display())));
        }
        let mut pixels = image_file(path, self.shape)?;
        if self.border.is_some_and(|border| Polarity::Auto.inverts(&pixels, self.shape, border)) {
            polarity::invert(&mut pixels);
            say!("{}: light and dark swapped, as in the training images", path.display());
        }
        Ok(pixels)
    }

    /// Bytes of images `[n, c, h, w]` as the network reads them.
    pub(super) fn normalised(&self, pixels: &[u8]) -> Vec<f32> {
        let (plane, c) = (self.shape[1] * self.shape[2], self.shape[0]);
        let value = |(i, byte): (usize, &u8)| {
            let (mean, std) = self.mean_std[i / plane % c];
            (f32::from(*byte) / 255.0 - mean) / std
        };
        pixels.iter().enumerate().map(value).collect()
    }

    /// The normalised values of black and of white in a channel.
    pub(super) fn range(&self, channel: usize) -> (f32, f32) {
        let (mean, std) = self.mean_std[channel];
        (-mean / std, (1.0 - mean) / std)
    }

    /// One image `[c, h, w]` as the network reads it, as bytes again.
    pub(super) fn bytes(&self, x: &[f32]) -> Vec<u8> {
        let plane = self.shape[1] * self.shape[2];
        let byte = |(i, x): (usize, &f32)| {
            let (low, high) = self.range(i / plane);
            ((x - low) / (high - low) * 255.0).round().clamp(0.0, 255.0) as u8
        };
        x.iter().enumerate().map(byte).collect()
    }
}
