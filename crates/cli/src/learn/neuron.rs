//! A neuron: y = f(w₁x₁ + w₂x₂ + … + b). Products, sum and activation come from the engine; so does the curve.

use clap::Args;
use lenslet::graph::ops::{Binary, Linear, Unary};
use lenslet::graph::{Graph, Tensor, Type};
use serde_json::json;

use super::activation::Activation;
use super::desk::{Desk, evaluate, given, usage};
use super::numbers::{LARGEST, bracketed, short, showable, subscript};
use crate::pictures::curves::{Mark, Plot, Series, curves};

/// A neuron: the weighted sum of its inputs, term by term, and its activation.
#[derive(Args, Debug)]
pub(crate) struct Neuron {
    /// One weight for each input: `-0.06 -2.5 0.002`, or joined by commas
    #[arg(long, num_args = 1.., value_delimiter = ',', allow_negative_numbers = true,
          default_values_t = [-0.06, -2.5, 0.002])]
    weights: Vec<f32>,
    /// The inputs
    #[arg(long, num_args = 1.., value_delimiter = ',', allow_negative_numbers = true,
          default_values_t = [2.7, -8.6, 1.4])]
    inputs: Vec<f32>,
    /// Added to the sum
    #[arg(long, allow_negative_numbers = true, default_value_t = 0.0)]
    bias: f32,
    /// What is made of the sum
    #[arg(long, value_enum, default_value_t = Activation::Sigmoid)]
    activation: Activation,
    #[command(flatten)]
    desk: Desk,
}

impl Neuron {
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        let (n, inputs) = (self.weights.len(), self.inputs.len());
        if n != inputs {
            return Err(usage(format!("{n} weights and {inputs} inputs: a neuron has one weight for each input")));
        }
        if !showable(self.weights.iter().chain(&self.inputs).chain([&self.bias])) {
            return Err(usage(format!("weights, inputs and bias are numbers from -{LARGEST} to {LARGEST}")));
        }
        let engine = self.desk.engine()?;
        let mut graph = Graph::new();
        let mut inputs = Vec::new();
        let x = given(&mut graph, &mut inputs, "x", Tensor::f32([1, n], self.inputs.clone())?)?;
        let w = given(&mut graph, &mut inputs, "w", Tensor::f32([1, n], self.weights.clone())?)?;
        let b = given(&mut graph, &mut inputs, "b", Tensor::f32([1], vec![self.bias])?)?;
        let terms = graph.push1("terms", Binary::Mul, &[w, x])?;
        let sum = graph.push1("sum", Linear { activation: None }, &[x, w, b])?;
        let y = match self.activation.function() {
            Some(function) => graph.push1("y", Unary(function), &[sum])?,
            None => sum,
        };
        let values = evaluate(&engine, graph, &inputs, &[terms, sum, y])?;
        let (terms, sum, y) = (&values[0], values[1][0], values[2][0]);

        say!("A neuron with {n} input{}: y = f(Σ wᵢ xᵢ + b)\n", if n == 1 { "" } else { "s" });
        for (i, ((w, x), term)) in self.weights.iter().zip(&self.inputs).zip(terms).enumerate() {
            let at = subscript(i + 1);
            say!("  w{at}·x{at} = {} · {} = {}", bracketed(*w), bracketed(*x), short(*term));
        }
        say!("  b     = {}", short(self.bias));
        say!("  sum   = {}", short(sum));
        say!("\n  {}\n  f({}) = {y:.8}", self.activation.formula(), short(sum));

        let path = self.desk.path("neuron.png");
        self.draw(&engine, (sum, y), &path)?;
        let numbers = json!({
            "lesson": "neuron", "weights": self.weights, "inputs": self.inputs, "bias": self.bias,
            "activation": self.activation.sign(), "terms": terms, "sum": sum, "output": y,
        });
        self.desk.close(numbers, &[path]);
        Ok(())
    }

    /// The activation with this neuron's point on it.
    fn draw(
        &self,
        engine: &lenslet::graph::Engine,
        (sum, y): (f32, f32),
        path: &std::path::Path,
    ) -> anyhow::Result<()> {
        let reach = (sum.abs() * 1.15).max(6.0);
        let steps = 800;
        let at: Vec<f32> = (0..=steps).map(|i| reach * (2.0 * i as f32 / steps as f32 - 1.0)).collect();
        let mut graph = Graph::new();
        let x = graph.input("x", Type::f32([at.len()]))?;
        let values = match self.activation.function() {
            Some(function) => {
                let y = graph.push1("y", Unary(function), &[x])?;
                let given = Tensor::f32([at.len()], at.clone())?;
                evaluate(engine, graph, &[(x, given)], &[y])?.swap_remove(0)
            }
            None => at.clone(),
        };
        let points: Vec<_> = at.iter().zip(&values).map(|(x, y)| (f64::from(*x), f64::from(*y))).collect();
        let text = format!("f({}) = {}", short(sum), short(y));
        let title = format!("A neuron's activation: {}", self.activation.formula());
        let plot = Plot {
            title: &title,
            x: "weighted sum x",
            y: "output f(x)",
            marks: &[Mark { at: (sum.into(), y.into()), text: &text }],
            ..Plot::default()
        };
        curves(&plot, &[Series { name: "f", points: &points }], path)
    }
}
