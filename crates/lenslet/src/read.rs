//! Reading images with a network: in batches, to class, probability and loss.

use crate::data::DataInfo;
use crate::train::network::ReadGraph;
use crate::{Error, Model, Result};
use datasets::Images;
use graph::plan::Planned;
use graph::{Data, Engine, Execution, Memory, Tensor};

/// What a network says of one image.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// The class with the largest probability, the first among equals.
    pub class: usize,
    /// Of every class, together 1.
    pub probabilities: Vec<f32>,
}

impl Prediction {
    /// Of its class.
    pub fn probability(&self) -> f32 {
        self.probabilities[self.class]
    }

    pub(crate) fn from_logits(logits: &[f32]) -> Self {
        let mut class = 0;
        for (at, &logit) in logits.iter().enumerate() {
            if logit > logits[class] || logits[class].is_nan() && !logit.is_nan() {
                class = at;
            }
        }
        let most = f64::from(logits[class]);
        let shares: Vec<f64> = logits.iter().map(|&logit| (f64::from(logit) - most).exp()).collect();
        let sum: f64 = shares.iter().sum();
        Prediction { class, probabilities: shares.iter().map(|share| (share / sum) as f32).collect() }
    }
}

/// How a network does on labelled images.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    /// Mean cross-entropy, in nats.
    pub loss: f64,
    /// What it says of each image, in order.
    pub predictions: Vec<Prediction>,
    /// `[truth][predicted]`, how often.
    pub confusion: Vec<Vec<u32>>,
}

impl Evaluation {
    /// Images read right.
    pub fn correct(&self) -> usize {
        (0..self.confusion.len()).map(|class| self.confusion[class][class] as usize).sum()
    }

    /// Share of the images read right.
    pub fn accuracy(&self) -> f64 {
        self.correct() as f64 / self.predictions.len().max(1) as f64
    }
}

/// Reads images, `batch` at a time.
#[derive(Debug)]
pub(crate) struct Reader {
    parts: ReadGraph,
    execution: Execution,
    batch: usize,
    classes: usize,
}

impl Reader {
    /// By what the memory holds, or by the averages that it holds of some parameters.
    pub(crate) fn new(
        engine: &Engine,
        memory: &Memory,
        model: &Model,
        data: &DataInfo,
        batch: usize,
        averaged: &[String],
    ) -> Result<Self> {
        let parts = ReadGraph::new(model, data, batch, averaged)?;
        let execution = engine.compile(parts.graph.clone(), &[parts.logits, parts.losses], memory)?;
        Ok(Reader { parts, execution, batch, classes: data.classes.len() })
    }

    /// What became of its graph on a device; `None` on the CPU.
    pub(crate) fn planned(&self) -> Option<&Planned> {
        self.execution.planned()
    }

    pub(crate) fn batch(&self) -> usize {
        self.batch
    }

    /// Logits and losses of images `[count, …]` in bytes with these labels, in order.
    fn logits(&mut self, pixels: &[u8], labels: &[u32]) -> Result<(Vec<f32>, Vec<f32>)> {
        let ty = self.parts.graph.ty(self.parts.images.pixels).clone();
        let size: usize = ty.shape[1..].iter().product();
        let (mut logits, mut losses) = (Vec::new(), Vec::new());
        let mut left = labels.len();
        for (pixels, labels) in pixels.chunks(self.batch * size).zip(labels.chunks(self.batch)) {
            // The last batch is filled up with zeros, whose results nobody reads.
            let mut pixels = pixels.to_vec();
            pixels.resize(self.batch * size, 0);
            let mut labels: Vec<i32> = labels.iter().map(|&label| label as i32).collect();
            labels.resize(self.batch, 0);
            self.execution.set(self.parts.images.pixels, &Tensor::u8(ty.shape.clone(), pixels)?)?;
            self.execution.set(self.parts.images.classes, &Tensor::i32([self.batch], labels)?)?;
            self.execution.run()?;
            while let Some(result) = self.execution.take()? {
                collect(&result, self.classes, &mut left, &mut logits, &mut losses)?;
            }
        }
        while let Some(result) = self.execution.wait()? {
            collect(&result, self.classes, &mut left, &mut logits, &mut losses)?;
        }
        Ok((logits, losses))
    }

    pub(crate) fn predict(&mut self, pixels: &[u8], count: usize) -> Result<Vec<Prediction>> {
        let (logits, _) = self.logits(pixels, &vec![0; count])?;
        Ok(logits.chunks_exact(self.classes).map(Prediction::from_logits).collect())
    }

    pub(crate) fn evaluate(&mut self, images: &Images) -> Result<Evaluation> {
        let (logits, losses) = self.logits(&images.pixels, &images.labels)?;
        let predictions: Vec<Prediction> = logits.chunks_exact(self.classes).map(Prediction::from_logits).collect();
        let mut confusion = vec![vec![0; self.classes]; self.classes];
        for (prediction, &truth) in predictions.iter().zip(&images.labels) {
            confusion[truth as usize][prediction.class] += 1;
        }
        let loss = losses.iter().map(|&loss| f64::from(loss)).sum::<f64>() / images.len().max(1) as f64;
        Ok(Evaluation { loss, predictions, confusion })
    }
}

/// Appends the part of a batch's results that is of real images.
fn collect(
    result: &[Tensor],
    classes: usize,
    left: &mut usize,
    logits: &mut Vec<f32>,
    losses: &mut Vec<f32>,
) -> Result<()> {
    let (Data::F32(l), Data::F32(e)) = (result[0].data(), result[1].data()) else {
        unreachable!("logits and losses are f32 by the ops' shape rules")
    };
    let count = (*left).min(e.len());
    logits.extend(&l[..count * classes]);
    losses.extend(&e[..count]);
    *left -= count;
    Ok(())
}

/// The error for images that a network cannot take.
pub(crate) fn wrong_size(got: usize, needs: usize) -> Error {
    Error::Setting(format!("an image of {got} bytes, the network takes {needs}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities() {
        let even = Prediction::from_logits(&[1.0, 1.0]);
        assert_eq!((even.class, &even.probabilities[..]), (0, &[0.5, 0.5][..]));
        let far = Prediction::from_logits(&[-1000.0, 1000.0, 0.0]);
        assert_eq!((far.class, far.probability()), (1, 1.0));
    }
}
