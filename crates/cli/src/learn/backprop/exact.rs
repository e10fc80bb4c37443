//! The same network in 64 bits, by the reference: what the engine's 32-bit numbers are checked against.

use lenslet::graph::{Graph, Rounding, Source, Tensor, Value, Wide, evaluate};

use super::Pass;
use super::network::Network;
use crate::learn::activation::Activation;

/// Error and derivatives, layer by layer.
pub(super) struct Exact {
    pub(super) error: f64,
    pub(super) dw: Vec<Vec<f64>>,
    pub(super) db: Vec<Vec<f64>>,
}

impl Exact {
    /// By the chain rule.
    pub(super) fn of(network: &Network) -> anyhow::Result<Exact> {
        let mut graph = Graph::new();
        let built = network.build(&mut graph)?;
        let wrt = [&built.w[..], &built.b].concat();
        let gradients = graph.gradients(built.error, &wrt)?;
        let roots = [&[built.error], &gradients[..]].concat();
        let values = evaluate(&graph, &roots, Rounding::None, |value| Ok(leaf(&graph, network, value)))?;
        let list = |values_of: &[Value]| values_of.iter().map(|v| values[v].iter().copied().collect()).collect();
        let (dw, db) = gradients.split_at(built.w.len());
        Ok(Exact { error: values[&built.error].iter().sum(), dw: list(dw), db: list(db) })
    }
}

impl Network {
    /// After one update.
    pub(super) fn updated(&self, exact: &Exact) -> Network {
        let mut network = self.clone();
        for (layer, (dw, db)) in network.layers.iter_mut().zip(exact.dw.iter().zip(&exact.db)) {
            for (w, slope) in layer.weights.iter_mut().flatten().zip(dw) {
                *w -= self.learning_rate * slope;
            }
            for (b, slope) in layer.bias.iter_mut().zip(db).filter(|_| self.update_biases) {
                *b -= self.learning_rate * slope;
            }
        }
        network
    }
}

/// The largest distance of the engine's derivatives by weights from central differences. An error where it is more
/// than 32 bits explain.
pub(super) fn differences(network: &Network, pass: &Pass) -> anyhow::Result<f64> {
    const STEP: f64 = 1e-5;
    let mut graph = Graph::new();
    let built = network.build(&mut graph)?;
    let error = |network: &Network| -> anyhow::Result<f64> {
        let values = evaluate(&graph, &[built.error], Rounding::None, |value| Ok(leaf(&graph, network, value)))?;
        Ok(values[&built.error].iter().sum())
    };
    let mut largest = 0f64;
    for (l, gradient) in pass.dw.iter().enumerate() {
        for (i, dw) in gradient.iter().enumerate() {
            let moved = |by: f64| {
                let mut network = network.clone();
                if let Some(w) = network.layers[l].weights.iter_mut().flatten().nth(i) {
                    *w += by;
                }
                error(&network)
            };
            let slope = (moved(STEP)? - moved(-STEP)?) / (2.0 * STEP);
            largest = largest.max((slope - f64::from(*dw)).abs());
        }
    }
    let scale = pass.dw.iter().flatten().fold(0f32, |most, dw| most.max(dw.abs()));
    // A kink (relu at 0) has no single slope; otherwise 32 bits carry seven digits.
    let smooth = !matches!(network.activation, Activation::Relu | Activation::LeakyRelu);
    anyhow::ensure!(
        !smooth || largest <= 1e-4 * f64::from(scale).max(1e-6),
        "the engine's gradients differ from central differences by {largest:.2e}, of at most {scale:.2e}"
    );
    Ok(largest)
}

/// A leaf's numbers as the text gives them, unrounded.
fn leaf(graph: &Graph, network: &Network, value: Value) -> Wide {
    let name = graph.name(value);
    let layer = |at: &str| at.parse().ok().and_then(|at: usize| network.layers.get(at));
    let numbers: Option<Vec<f64>> = match name.split_at(1) {
        ("x", "") => Some(network.inputs.clone()),
        ("t", "arget") => Some(network.targets.clone()),
        ("w", at) => layer(at).map(|layer| layer.weights.concat()),
        ("b", at) => layer(at).map(|layer| layer.bias.clone()),
        _ => None,
    };
    match (numbers, graph.source(value)) {
        (None, Source::Constant(tensor)) => tensor.to_reference(),
        (numbers, _) => {
            let mut wide = Tensor::zeros(graph.ty(value)).to_reference();
            wide.iter_mut().zip(numbers.unwrap_or_default()).for_each(|(to, number)| *to = number);
            wide
        }
    }
}
