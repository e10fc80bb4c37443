//! Reading rows with a network: class and probabilities, or a number in the target's own unit; and how well it does.

use super::graph::{ReadGraph, matrix};
use crate::read::{Evaluation, Prediction};
use crate::train::network::small;
use crate::{Model, Result};
use datasets::table::{Examples, Scheme, Targets};
use graph::plan::Planned;
use graph::{Data, Engine, Execution, Memory};

/// How well numbers are predicted, in the target's own unit.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit {
    /// Mean squared error of the scaled numbers, which training minimises.
    pub loss: f64,
    /// 1 − (sum of squared errors) / (sum of squared distances from the mean): 1 is perfect, 0 no better than the mean.
    pub r2: f64,
    /// Root of the mean squared error.
    pub rmse: f64,
    /// Mean absolute error.
    pub mae: f64,
    /// Truth and prediction, row by row.
    pub pairs: Vec<(f64, f64)>,
}

/// How a network does on rows whose target is known.
#[derive(Clone, Debug, PartialEq)]
pub enum TableEvaluation {
    /// Classes: accuracy, confusion.
    Classes(Evaluation),
    /// Numbers.
    Numbers(Fit),
}

impl TableEvaluation {
    /// Mean loss: cross-entropy in nats, or squared error of scaled numbers.
    pub fn loss(&self) -> f64 {
        match self {
            TableEvaluation::Classes(evaluation) => evaluation.loss,
            TableEvaluation::Numbers(fit) => fit.loss,
        }
    }

    /// Share of rows read right, or R².
    pub fn score(&self) -> f64 {
        match self {
            TableEvaluation::Classes(evaluation) => evaluation.accuracy(),
            TableEvaluation::Numbers(fit) => fit.r2,
        }
    }

    fn of_classes(outputs: &[f32], classes: usize, truth: &[u32]) -> Self {
        let rows = outputs.chunks_exact(classes);
        let predictions: Vec<Prediction> = rows.clone().map(Prediction::from_logits).collect();
        let mut confusion = vec![vec![0; classes]; classes];
        let mut loss = 0.0;
        for ((prediction, row), &truth) in predictions.iter().zip(rows).zip(truth) {
            confusion[truth as usize][prediction.class] += 1;
            loss += cross_entropy(row, truth as usize);
        }
        let loss = loss / truth.len().max(1) as f64;
        TableEvaluation::Classes(Evaluation { loss, predictions, confusion })
    }

    fn of_numbers(outputs: &[f32], truth: &[f32], scheme: &Scheme) -> Self {
        let n = truth.len().max(1) as f64;
        let errors = outputs.iter().zip(truth).map(|(&y, &t)| f64::from(y) - f64::from(t));
        let loss = errors.map(|e| e * e).sum::<f64>() / n;
        let own = |y: &f32| scheme.unscaled(*y);
        let pairs: Vec<(f64, f64)> = truth.iter().zip(outputs).map(|(t, y)| (own(t), own(y))).collect();
        let mean = pairs.iter().map(|(t, _)| t).sum::<f64>() / n;
        let squares = pairs.iter().map(|(t, y)| (t - y) * (t - y)).sum::<f64>();
        let around = pairs.iter().map(|(t, _)| (t - mean) * (t - mean)).sum::<f64>();
        let mae = pairs.iter().map(|(t, y)| (t - y).abs()).sum::<f64>() / n;
        let r2 = if around > 0.0 { 1.0 - squares / around } else { f64::NAN };
        TableEvaluation::Numbers(Fit { loss, r2, rmse: (squares / n).sqrt(), mae, pairs })
    }
}

/// −log softmax(logits)[truth], in f64.
fn cross_entropy(logits: &[f32], truth: usize) -> f64 {
    let most = logits.iter().fold(f32::NEG_INFINITY, |most, &logit| most.max(logit));
    let sum: f64 = logits.iter().map(|&logit| f64::from(logit - most).exp()).sum();
    sum.ln() - f64::from(logits[truth] - most)
}

/// Reads rows, `batch` at a time.
#[derive(Debug)]
pub(crate) struct Reader {
    parts: ReadGraph,
    execution: Execution,
    batch: usize,
}

impl Reader {
    /// By what the memory holds, or by the averages that it holds of some parameters.
    pub(crate) fn new(
        engine: &Engine,
        memory: &Memory,
        model: &Model,
        scheme: &Scheme,
        batch: usize,
        averaged: &[String],
    ) -> Result<Self> {
        let parts = ReadGraph::new(model, scheme, batch, averaged)?;
        let execution = engine.compile_in(parts.graph.clone(), &[parts.output], memory, small(batch))?;
        Ok(Reader { parts, execution, batch })
    }

    /// What became of its graph on a device; `None` on the CPU.
    pub(super) fn planned(&self) -> Option<&Planned> {
        self.execution.planned()
    }

    /// The model's outputs for rows `[n, features]`, `[n, outputs]`.
    pub(crate) fn outputs(&mut self, x: &[f32], features: usize) -> Result<Vec<f32>> {
        let (mut outputs, all) = (Vec::new(), x.len() / features);
        for rows in x.chunks(self.batch * features) {
            // The last batch is filled up with zeros, whose results nobody reads.
            let mut rows = rows.to_vec();
            rows.resize(self.batch * features, 0.0);
            self.execution.set(self.parts.x, &matrix(self.batch, rows)?)?;
            self.execution.run()?;
            while let Some(result) = self.execution.wait()? {
                let Data::F32(y) = result[0].data() else { unreachable!("a model's output is f32") };
                outputs.extend_from_slice(y);
            }
        }
        outputs.truncate(all * self.parts.outputs);
        Ok(outputs)
    }

    pub(crate) fn evaluate(&mut self, examples: &Examples, scheme: &Scheme) -> Result<TableEvaluation> {
        let outputs = self.outputs(&examples.x, examples.features)?;
        Ok(match &examples.y {
            Targets::Classes(truth) => TableEvaluation::of_classes(&outputs, self.parts.outputs, truth),
            Targets::Numbers(truth) => TableEvaluation::of_numbers(&outputs, truth, scheme),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use datasets::table::{Options, builtin, prepare};

    #[test]
    fn numbers_are_judged_in_their_own_unit() {
        let options = Options { target: Some("petal_width_cm".into()), ..Options::default() };
        let iris = prepare(&builtin("iris").unwrap(), &options, 0.0, 1).unwrap();
        let Targets::Numbers(truth) = &iris.train.y else { panic!("numbers") };
        let TableEvaluation::Numbers(mean) = TableEvaluation::of_numbers(&vec![0.0; 150], truth, &iris.scheme) else {
            panic!("numbers")
        };
        // The mean of all: R² 0, and the published standard deviation of the petals' width, 0.7597 (of n).
        assert!(
            mean.r2.abs() < 1e-6 && (mean.rmse - 0.7597).abs() < 1e-3 && (mean.loss - 1.0).abs() < 1e-5,
            "{mean:?}"
        );
        let perfect = TableEvaluation::of_numbers(truth, truth, &iris.scheme);
        assert_eq!((perfect.score(), perfect.loss()), (1.0, 0.0));
    }

    #[test]
    fn even_logits_lose_log_of_the_classes() {
        let even = TableEvaluation::of_classes(&[1.0, 1.0, 3.0, 1.0], 2, &[1, 0]);
        let expected = (2f64.ln() + (1.0 + (-2f64).exp()).ln()) / 2.0;
        assert!((even.loss() - expected).abs() < 1e-9 && even.score() == 0.5, "{even:?}");
    }
}
