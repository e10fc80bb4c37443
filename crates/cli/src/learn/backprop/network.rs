//! The small network as a text, checked, and as a graph.

use std::path::Path;

use lenslet::graph::ops::{Binary, Linear, Reduce, Unary};
use lenslet::graph::{Graph, Init, Tensor, Type, Value};
use serde::Deserialize;

use crate::learn::activation::Activation;

/// Two inputs, two hidden neurons, two outputs: the network that many textbooks work by hand.
pub(super) const EXAMPLE: &str = "\
# A network for `lenslet learn backprop`. E is the sum of ½ (output − target)².
inputs = [0.05, 0.10]
targets = [0.01, 0.99]
learning_rate = 0.5
activation = \"sigmoid\" # sigmoid, tanh, relu, leaky-relu or identity
update_biases = false

[[layers]] # one row of weights a neuron
weights = [[0.15, 0.20], [0.25, 0.30]]
bias = [0.35, 0.35]

[[layers]]
weights = [[0.40, 0.45], [0.50, 0.55]]
bias = [0.60, 0.60]
";

/// Weights above this number make a table that nobody reads.
const MOST: usize = 200;

/// What the text says.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Network {
    pub(super) inputs: Vec<f64>,
    pub(super) targets: Vec<f64>,
    pub(super) learning_rate: f64,
    #[serde(default = "sigmoid")]
    pub(super) activation: Activation,
    #[serde(default)]
    pub(super) update_biases: bool,
    pub(super) layers: Vec<Layer>,
}

/// A layer's weights `[outputs][inputs]` and biases.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Layer {
    pub(super) weights: Vec<Vec<f64>>,
    pub(super) bias: Vec<f64>,
}

/// Where a weight is.
pub(super) struct Placed {
    pub(super) layer: usize,
    pub(super) to: usize,
    pub(super) from: usize,
}

/// The network's values in a graph, layer by layer.
pub(super) struct Built {
    pub(super) error: Value,
    pub(super) z: Vec<Value>,
    pub(super) a: Vec<Value>,
    pub(super) w: Vec<Value>,
    pub(super) b: Vec<Value>,
}

/// As the engine takes them.
pub(super) fn narrow(values: &[f64]) -> Vec<f32> {
    values.iter().map(|value| *value as f32).collect()
}

fn sigmoid() -> Activation {
    Activation::Sigmoid
}

impl Network {
    pub(super) fn read(path: &Path) -> Result<Network, String> {
        Network::parse(&std::fs::read_to_string(path).map_err(|cause| format!("cannot be read: {cause}"))?)
    }

    pub(super) fn parse(text: &str) -> Result<Network, String> {
        let network: Network = toml::from_str(text).map_err(|error| error.to_string())?;
        network.check()?;
        Ok(network)
    }

    fn check(&self) -> Result<(), String> {
        let mut width = self.inputs.len();
        if width == 0 || self.layers.is_empty() {
            return Err("a network needs inputs and at least one [[layers]]".into());
        }
        for (l, layer) in self.layers.iter().enumerate() {
            let wrong = layer.weights.iter().position(|row| row.len() != width);
            if let Some(i) = wrong {
                let got = layer.weights[i].len();
                return Err(format!("layer {}, row {}: {got} weights for {width} inputs", l + 1, i + 1));
            }
            let (neurons, biases) = (layer.weights.len(), layer.bias.len());
            if neurons == 0 || neurons != biases {
                return Err(format!("layer {}: {neurons} rows of weights and {biases} biases must be as many", l + 1));
            }
            width = neurons;
        }
        if self.targets.len() != width {
            return Err(format!("{} targets for {width} outputs", self.targets.len()));
        }
        if self.weights() > MOST {
            return Err(format!("{} weights; this lesson shows each one, up to {MOST}", self.weights()));
        }
        let numbers = self.layers.iter().flat_map(|l| l.weights.iter().flatten().chain(&l.bias));
        let mut numbers = numbers.chain(&self.inputs).chain(&self.targets).chain([&self.learning_rate]);
        if numbers.any(|number| !(*number as f32).is_finite()) {
            return Err("all numbers must be finite in 32 bits".into());
        }
        if self.learning_rate <= 0.0 {
            return Err(format!("learning_rate is {}; it must be above 0", self.learning_rate));
        }
        Ok(())
    }

    /// How many weights there are.
    pub(super) fn weights(&self) -> usize {
        self.layers.iter().flat_map(|layer| &layer.weights).map(Vec::len).sum()
    }

    /// Where the `at`-th weight is, counted from 0 through all layers, row by row.
    pub(super) fn place(&self, mut at: usize) -> Placed {
        for (layer, l) in self.layers.iter().enumerate() {
            let (rows, columns) = (l.weights.len(), l.weights[0].len());
            if at < rows * columns {
                return Placed { layer, to: at / columns, from: at % columns };
            }
            at -= rows * columns;
        }
        unreachable!("the number of the weight was checked")
    }

    /// Appends the network with its error. Biases are parameters only where they are updated.
    pub(super) fn build(&self, graph: &mut Graph) -> anyhow::Result<Built> {
        let mut x = graph.constant("x", Tensor::f32([1, self.inputs.len()], narrow(&self.inputs))?);
        let mut built = Built { error: x, z: vec![], a: vec![], w: vec![], b: vec![] };
        for (i, layer) in self.layers.iter().enumerate() {
            let (rows, columns) = (layer.weights.len(), layer.weights[0].len());
            let weights = Tensor::f32([rows, columns], narrow(&layer.weights.concat()))?;
            let bias = Tensor::f32([rows], narrow(&layer.bias))?;
            let w = graph.parameter(&format!("w{i}"), weights.ty(), Init::Given(weights))?;
            let b = if self.update_biases {
                graph.parameter(&format!("b{i}"), Type::f32([rows]), Init::Given(bias))?
            } else {
                graph.constant(&format!("b{i}"), bias)
            };
            let z = graph.push1(&format!("z{i}"), Linear { activation: None }, &[x, w, b])?;
            let a = match self.activation.function() {
                Some(function) => graph.push1(&format!("a{i}"), Unary(function), &[z])?,
                None => z,
            };
            (built.w, built.b) = ([built.w, vec![w]].concat(), [built.b, vec![b]].concat());
            (built.z, built.a) = ([built.z, vec![z]].concat(), [built.a, vec![a]].concat());
            x = a;
        }
        let target = graph.constant("target", Tensor::f32([1, self.targets.len()], narrow(&self.targets))?);
        let half = graph.constant("half", Tensor::f32([1], vec![0.5])?);
        let away = graph.push1("away", Binary::Sub, &[x, target])?;
        let squared = graph.push1("squared", Binary::Mul, &[away, away])?;
        let halves = graph.push1("halves", Binary::Mul, &[squared, half])?;
        built.error = graph.push1("error", Reduce::sum(&[]), &[halves])?;
        Ok(built)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_are_named() {
        let error = |from: &str, to: &str| {
            assert!(EXAMPLE.contains(from));
            Network::parse(&EXAMPLE.replacen(from, to, 1)).unwrap_err()
        };
        assert_eq!(error("[0.25, 0.30]", "[0.25]"), "layer 1, row 2: 1 weights for 2 inputs");
        assert_eq!(error("targets = [0.01, 0.99]", "targets = [1]"), "1 targets for 2 outputs");
        assert_eq!(
            error("bias = [0.60, 0.60]", "bias = []"),
            "layer 2: 2 rows of weights and 0 biases must be as many"
        );
        assert_eq!(error("0.05", "inf"), "all numbers must be finite in 32 bits");
        assert!(error("learning_rate", "rate").contains("rate"));
        let network = Network::parse(EXAMPLE).unwrap();
        let Placed { layer, to, from } = network.place(6);
        assert_eq!((network.weights(), layer, to, from), (8, 1, 1, 0));
    }
}
