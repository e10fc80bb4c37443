//! What a model is made of, in numbers: output shapes, parameters, neurons.

use super::{Layer, Model};
use crate::Result;
use graph::{Graph, Value};

/// A model counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// One row a layer.
    pub rows: Vec<SummaryRow>,
    /// Units with weights of their own: outputs of linear layers, filters of convolutions.
    pub neurons: usize,
    /// Learned factors.
    pub weights: usize,
    /// Learned summands.
    pub biases: usize,
    /// All that is learned.
    pub parameters: usize,
}

/// A layer counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SummaryRow {
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: &'static str,
    /// Shape of one output.
    pub output: Vec<usize>,
    /// Outputs of a linear layer, filters of a convolution, else 0.
    pub neurons: usize,
    /// Learned factors.
    pub weights: usize,
    /// Learned summands.
    pub biases: usize,
}

impl Model {
    /// Counts.
    ///
    /// # Errors
    /// A layer that does not fit what comes before it.
    pub fn summary(&self) -> Result<Summary> {
        let (graph, built) = self.sketch()?;
        let rows: Vec<SummaryRow> = built
            .iter()
            .zip(&self.layers)
            .map(|(built, entry)| {
                let ending =
                    |end: &str| count(&graph, built.parameters.iter().filter(|&&p| graph.name(p).ends_with(end)));
                SummaryRow {
                    name: built.name.clone(),
                    kind: entry.layer.kind(),
                    output: graph.ty(built.value).shape[1..].to_vec(),
                    neurons: match entry.layer {
                        Layer::Linear { out_features, .. } => out_features,
                        Layer::Conv2d(conv) => conv.out_channels,
                        _ => 0,
                    },
                    weights: ending(".weight"),
                    biases: ending(".bias"),
                }
            })
            .collect();
        let sum = |of: fn(&SummaryRow) -> usize| rows.iter().map(of).sum();
        Ok(Summary {
            neurons: sum(|row| row.neurons),
            weights: sum(|row| row.weights),
            biases: sum(|row| row.biases),
            parameters: count(&graph, graph.parameters().iter()),
            rows,
        })
    }
}

fn count<'a>(graph: &Graph, values: impl Iterator<Item = &'a Value>) -> usize {
    values.map(|&v| graph.ty(v).shape.count()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lectures_network() {
        let model = Model::new([3]).linear(4).sigmoid().linear(2).sigmoid();
        let summary = model.summary().unwrap();
        let counts = (summary.neurons, summary.weights, summary.biases, summary.parameters);
        assert_eq!(counts, (6, 20, 6, 26));
    }

    #[test]
    fn sizes() {
        use crate::model::Conv2d;
        let output = |conv: Conv2d, input: [usize; 3]| Model::new(input).conv(conv).output().unwrap();
        assert_eq!(output(Conv2d::new(2, 3), [3, 6, 6]), [2, 4, 4]);
        assert_eq!(output(Conv2d::new(1, 3), [1, 7, 7]), [1, 5, 5]);
        assert_eq!(output(Conv2d::new(1, 3).stride(2), [1, 7, 7]), [1, 3, 3]);
        assert_eq!(output(Conv2d::new(1, 3).same(), [1, 7, 7]), [1, 7, 7]);
    }
}
