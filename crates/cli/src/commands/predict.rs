//! `predict`: class and probability of pictures.

use super::eval::{network, open};
use super::{onnx_model, table};
use crate::exit::{note, print, usage};
use clap::{Args, ValueEnum};
use lenslet::RunText;
use lenslet::datasets::{Polarity, image_file, polarity};
use serde_json::json;
use std::path::PathBuf;

/// Read pictures (PNG, JPEG, PNM, GIF, BMP, WebP), or the rows of tables, with a trained network.
#[derive(Args)]
pub(crate) struct Predict {
    /// Run folder, or an ONNX file
    run: PathBuf,
    /// Pictures; for a run over a table CSV files with its columns, in any order
    #[arg(required_unless_present = "input", value_name = "FILE")]
    images: Vec<PathBuf>,
    /// Whether to swap light and dark, so that the pictures look like those that the network learned from
    #[arg(long, value_enum, default_value = "auto")]
    polarity: Swap,
    /// Adapter to run on [default: the run's]
    #[arg(long, value_name = "NAME")]
    adapter: Option<String>,
    /// One line of JSON instead of text
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    raw: onnx_model::Raw,
}

#[derive(Clone, Copy, ValueEnum)]
enum Swap {
    /// Where the inverted border is nearer to the training images'
    Auto,
    /// Never
    AsIs,
    /// Always
    Inverted,
}

impl Predict {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        if let Ok(text) = RunText::read(&self.run)
            && text.table.is_some()
        {
            self.raw.none()?;
            let (text, checkpoint) = open(&self.run)?;
            return table::predict(&text, &checkpoint, &self.images, self.adapter.as_deref(), self.json);
        }
        if let Some(missing) = self.images.iter().find(|path| !path.exists()) {
            return Err(usage(format!("{}: there is no such file", missing.display())));
        }
        if onnx_model::is(&self.run) {
            let invert = matches!(self.polarity, Swap::Inverted);
            return onnx_model::predict(&self.run, &self.images, &self.raw, invert, self.adapter.as_deref(), self.json);
        }
        self.raw.none()?;
        let (text, checkpoint) = open(&self.run)?;
        let model = checkpoint.model()?;
        let shape = match *model.input() {
            [c, h, w] => [c, h, w],
            ref input => return Err(usage(format!("the run's model takes {input:?}, not pictures"))),
        };
        // All pictures are read before the device is opened: a bad one is found at once.
        let pictures = self.images.iter().map(|path| image_file(path, shape)).collect::<Result<Vec<_>, _>>()?;
        let (mut network, adapter) = network(&checkpoint, self.adapter.or(text.adapter).as_deref())?;
        let swap = match self.polarity {
            Swap::Auto => Polarity::Auto,
            Swap::AsIs => Polarity::AsIs,
            Swap::Inverted => Polarity::Inverted,
        };
        let mut rows = Vec::new();
        for (path, mut pixels) in self.images.iter().zip(pictures) {
            let inverted = swap.inverts(&pixels, shape, network.data().border);
            if inverted {
                polarity::invert(&mut pixels);
                note(format!("{}: light and dark swapped, as in the training images (--polarity)", path.display()));
            }
            let prediction = network.predict(&pixels)?;
            let class = network.data().classes[prediction.class].clone();
            if !self.json {
                print(format!("{}: {class} ({:.1} %)", path.display(), 100.0 * prediction.probability()))?;
            }
            rows.push(json!({
                "image": path.display().to_string(),
                "class": class,
                "probability": prediction.probability(),
                "probabilities": prediction.probabilities,
                "inverted": inverted,
            }));
        }
        if self.json { print(json!({ "adapter": adapter, "predictions": rows })) } else { Ok(()) }
    }
}
