//! A multi-layer perceptron: its drawing, its formulas, and how many numbers it learns.
//!
//! The counts are taken from the parameters of the graph that the engine runs, not from a formula of their own.

use std::sync::Arc;

use clap::Args;
use lenslet::graph::ops::Linear;
use lenslet::graph::{Graph, Init, Memory, Tensor, Type, UnaryFunction, Value};
use serde_json::json;

use super::activation::Activation;
use super::desk::{Desk, floats, usage};
use super::numbers::{LARGEST, short, showable, subscript};
use crate::pictures::network::{Layer, network_drawing};

/// A network of neurons: layers, weights, biases, and how many numbers it learns.
#[derive(Args, Debug)]
pub(crate) struct Mlp {
    /// Inputs, then neurons of each layer: `3-4-2`
    #[arg(default_value = "3-4-2", value_parser = layers)]
    layers: Layers,
    /// What each neuron makes of its sum
    #[arg(long, value_enum, default_value_t = Activation::Sigmoid)]
    activation: Activation,
    /// Inputs to send through it; each neuron then shows its output
    #[arg(long, num_args = 1.., value_delimiter = ',', allow_negative_numbers = true)]
    inputs: Vec<f32>,
    /// Draws the random weights
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    desk: Desk,
}

/// Sizes of the layers, inputs first.
#[derive(Clone, Debug)]
struct Layers(Vec<usize>);

/// More neurons or weights than these cannot be drawn.
const MOST: usize = 10_000;

fn layers(text: &str) -> Result<Layers, String> {
    let sizes: Result<Vec<usize>, _> = text.split('-').map(|word| word.trim().parse()).collect();
    match sizes {
        Ok(sizes) if sizes.len() >= 2 && sizes.iter().all(|size| (1..=MOST).contains(size)) => Ok(Layers(sizes)),
        _ => Err(format!("layers are written as 3-4-2: inputs, then the neurons of each layer, 1 to {MOST} each")),
    }
}

/// Adds a fully connected layer called `name` with Xavier's uniform first weights and biases of 0.
pub(super) fn dense(
    graph: &mut Graph,
    name: &str,
    x: Value,
    outputs: usize,
    activation: Option<UnaryFunction>,
) -> anyhow::Result<Value> {
    let inputs = graph.ty(x).shape.last().copied().unwrap_or(1);
    let bound = (6.0 / (inputs + outputs) as f32).sqrt();
    let weight = graph.parameter(&format!("{name}.weight"), Type::f32([outputs, inputs]), Init::Uniform(bound))?;
    let bias = graph.parameter(&format!("{name}.bias"), Type::f32([outputs]), Init::Fill(0.0))?;
    Ok(graph.push1(name, Linear { activation }, &[x, weight, bias])?)
}

impl Mlp {
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        let sizes = &self.layers.0;
        let products: usize = sizes.windows(2).map(|pair| pair[0] * pair[1]).sum();
        if products > MOST * 100 {
            return Err(usage(format!("{products} weights are too many to draw; at most {} are", MOST * 100)));
        }
        if !self.inputs.is_empty() && self.inputs.len() != sizes[0] {
            return Err(usage(format!("{} inputs given to a network of {}", self.inputs.len(), sizes[0])));
        }
        if !showable(&self.inputs) {
            return Err(usage(format!("--inputs are numbers from -{LARGEST} to {LARGEST}")));
        }
        let engine = self.desk.engine()?;
        let mut graph = Graph::new();
        let x = graph.input("x", Type::f32([1, sizes[0]]))?;
        let (mut value, mut outputs) = (x, Vec::new());
        for (i, size) in sizes[1..].iter().enumerate() {
            value = dense(&mut graph, &name(i, sizes.len() - 1), value, *size, self.activation.function())?;
            outputs.push(value);
        }
        let count = |kind: &str| -> usize {
            let all = graph.parameters().into_iter().filter(|v| graph.name(*v).ends_with(kind));
            all.map(|v| graph.ty(v).shape.count()).sum()
        };
        let (weights, biases) = (count(".weight"), count(".bias"));
        let neurons: usize = sizes[1..].iter().sum();
        let memory = Memory::new(&engine, self.seed);
        let graph = Arc::new(graph);
        let mut execution = engine.compile(graph, &outputs, &memory)?;
        let mut states = Vec::new();
        if !self.inputs.is_empty() {
            execution.set(x, &Tensor::f32([1, sizes[0]], self.inputs.clone())?)?;
            execution.run()?;
            states = floats(execution.wait()?)?;
        }

        let text: Vec<_> = sizes.iter().map(usize::to_string).collect();
        say!("The network {}\n", text.join("-"));
        say!("  {neurons:<4} neurons  (the {} inputs are not counted)", sizes[0]);
        say!("  {weights:<4} weights  = {}", joined(sizes, |pair| format!("{}·{}", pair[0], pair[1])));
        say!("  {biases:<4} biases   = {}", joined(sizes, |pair| pair[1].to_string()));
        say!("  {:<4} learnable parameters\n", weights + biases);
        let formulas = formulas(sizes.len() - 1, self.activation.sign());
        for (formula, pair) in formulas.iter().zip(sizes.windows(2)) {
            say!("  {formula:<28} W is {}×{}, b has {}", pair[1], pair[0], pair[1]);
        }
        if !states.is_empty() {
            say!("\nWith random weights (seed {}):", self.seed);
            say!("  x = ({})", self.inputs.iter().map(|v| short(*v)).collect::<Vec<_>>().join(", "));
            for (i, state) in states.iter().enumerate() {
                let numbers: Vec<_> = state.iter().map(|v| short(*v)).collect();
                say!("  {} = ({})", name(i, states.len()), numbers.join(", "));
            }
        }

        let counts = format!("{neurons} neurons, {weights} weights, {biases} biases: {} parameters", weights + biases);
        let note = format!("{counts}; red weights are above 0, blue below");
        let pictures = [self.desk.path("mlp.png"), self.desk.path("mlp.svg")];
        let texts: Vec<Vec<String>> =
            [&self.inputs].into_iter().chain(&states).map(|v| v.iter().map(|v| short(*v)).collect()).collect();
        let names: Vec<String> =
            (0..sizes.len()).map(|i| if i == 0 { "x".into() } else { name(i - 1, sizes.len() - 1) }).collect();
        let layer =
            |i: usize| Layer { name: &names[i], neurons: sizes[i], texts: texts.get(i).map_or(&[], Vec::as_slice) };
        let drawn: Vec<Layer<'_>> = (0..sizes.len()).map(layer).collect();
        let held: Vec<Vec<f32>> = (0..sizes.len() - 1)
            .map(|i| Ok(memory.get(&format!("{}.weight", name(i, sizes.len() - 1)))?.as_f32()?.to_vec()))
            .collect::<anyhow::Result<_>>()?;
        let gaps: Vec<&[f32]> = held.iter().map(Vec::as_slice).collect();
        let title = format!("{}   {}", text.join("-"), formulas.join(",   "));
        for path in &pictures {
            network_drawing(&title, &drawn, &gaps, &note, path)?;
        }
        let numbers = json!({
            "lesson": "mlp", "layers": sizes, "neurons": neurons, "weights": weights, "biases": biases,
            "parameters": weights + biases, "formulas": formulas, "seed": self.seed, "outputs": states, "weight_matrices": held,
        });
        self.desk.close(numbers, &pictures);
        Ok(())
    }
}

/// h (or h₁, h₂ …) for the hidden layers, y for the last of `count`.
fn name(i: usize, count: usize) -> String {
    match (i + 1 == count, count) {
        (true, _) => "y".into(),
        (false, 2) => "h".into(),
        _ => format!("h{}", subscript(i + 1)),
    }
}

/// `h = σ(W₁x + b₁)` and so on.
fn formulas(count: usize, sign: &str) -> Vec<String> {
    let formula = |i: usize| {
        let (from, at) = (if i == 0 { "x".into() } else { name(i - 1, count) }, subscript(i + 1));
        let sum = format!("W{at}{from} + b{at}");
        if sign.is_empty() {
            format!("{} = {sum}", name(i, count))
        } else {
            format!("{} = {sign}({sum})", name(i, count))
        }
    };
    (0..count).map(formula).collect()
}

fn joined(sizes: &[usize], part: impl Fn(&[usize]) -> String) -> String {
    sizes.windows(2).map(part).collect::<Vec<_>>().join(" + ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_of_one_two_and_three_layers() {
        assert_eq!(formulas(1, "σ"), ["y = σ(W₁x + b₁)"]);
        assert_eq!(formulas(2, "σ"), ["h = σ(W₁x + b₁)", "y = σ(W₂h + b₂)"]);
        assert_eq!(formulas(3, "")[1..], ["h₂ = W₂h₁ + b₂", "y = W₃h₂ + b₃"]);
        assert!(layers("3").is_err() && layers("3-0").is_err() && layers("a-b").is_err());
    }
}
