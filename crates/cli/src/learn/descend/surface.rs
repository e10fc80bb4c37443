//! Functions of two numbers as graphs, element by element, so that one graph serves a point that moves and a grid.

use clap::ValueEnum;
use lenslet::graph::ops::{Binary, Unary};
use lenslet::graph::{Graph, Tensor, UnaryFunction, Value};

/// What there is to go down, or up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Kind {
    /// A bowl four times as steep one way as the other
    Bowl,
    /// A curved, narrow valley
    Valley,
    /// A saddle between two minima
    Saddle,
    /// The loss of a network of two neurons, over its two weights
    Network,
    /// The log-likelihood of a logistic regression, to go up
    Likelihood,
}

/// The small network's and regression's data.
const INPUTS: [f32; 6] = [-2.0, -1.2, -0.4, 0.4, 1.2, 2.0];
const CLASSES: [f32; 6] = [-1.0, -1.0, 1.0, -1.0, 1.0, 1.0];

impl Kind {
    pub(super) fn title(self) -> &'static str {
        match self {
            Kind::Bowl => "Gradient descent in a bowl",
            Kind::Valley => "Gradient descent in a curved valley",
            Kind::Saddle => "Gradient descent from a saddle",
            Kind::Network => "Gradient descent on a network's loss",
            Kind::Likelihood => "Gradient ascent of a likelihood",
        }
    }

    pub(super) fn formula(self) -> &'static str {
        match self {
            Kind::Bowl => "f(x, y) = ½ x² + 2 y²",
            Kind::Valley => "f(x, y) = (1 − x)² + 5 (y − x²)²",
            Kind::Saddle => "f(x, y) = ½ x² − y² + ¼ y⁴",
            Kind::Network => "L(w₁, w₂) = mean of (w₂ tanh(w₁ x) − tanh(1.5 x))² over six x",
            Kind::Likelihood => "ℓ(w, b) = Σ log σ(t (w x + b)) over six x with classes t = ±1",
        }
    }

    /// What the height is called.
    pub(super) fn height(self) -> &'static str {
        match self {
            Kind::Network => "loss",
            Kind::Likelihood => "log-likelihood",
            _ => "f(x, y)",
        }
    }

    pub(super) fn axes(self) -> [&'static str; 2] {
        match self {
            Kind::Network => ["w₁", "w₂"],
            Kind::Likelihood => ["w", "b"],
            _ => ["x", "y"],
        }
    }

    /// −1 where what is minimised is the negative of the height.
    pub(super) fn sign(self) -> f32 {
        if self == Kind::Likelihood { -1.0 } else { 1.0 }
    }

    pub(super) fn ranges(self) -> [(f64, f64); 2] {
        match self {
            Kind::Bowl => [(-4.0, 4.0), (-2.5, 2.5)],
            Kind::Valley => [(-2.0, 2.0), (-1.0, 3.0)],
            Kind::Saddle => [(-3.0, 3.0), (-2.4, 2.4)],
            Kind::Network => [(-4.0, 4.0), (-2.5, 2.5)],
            Kind::Likelihood => [(-2.0, 5.0), (-3.0, 3.0)],
        }
    }

    pub(super) fn start(self) -> [f32; 2] {
        match self {
            Kind::Bowl => [-3.4, 1.9],
            Kind::Valley => [-1.6, 2.4],
            Kind::Saddle => [-2.6, 0.02],
            Kind::Network => [-0.6, 2.0],
            Kind::Likelihood => [-1.5, -2.2],
        }
    }

    /// Rates too small, right and too large for plain descent (0), momentum (1) and Adam (2).
    pub(super) fn rates(self, optimiser: usize) -> [f32; 3] {
        match (self, optimiser) {
            (Kind::Bowl, 0) => [0.005, 0.2, 0.502],
            (Kind::Bowl, 1) => [0.0005, 0.02, 0.96],
            (Kind::Bowl, _) => [0.01, 0.15, 8.0],
            (Kind::Valley, 0) => [0.001, 0.04, 0.05],
            (Kind::Valley, 1) => [0.0005, 0.03, 0.06],
            (Kind::Valley, _) => [0.01, 0.2, 4.0],
            (Kind::Saddle, 0) => [0.005, 0.15, 0.9],
            (Kind::Saddle, 1) => [0.0005, 0.15, 0.6],
            (Kind::Saddle, _) => [0.01, 0.2, 8.0],
            (Kind::Network, 0) => [0.005, 0.4, 2.5],
            (Kind::Network, 1) => [0.0005, 0.004, 1.0],
            (Kind::Network, _) => [0.01, 0.1, 2.5],
            (Kind::Likelihood, 0) => [0.005, 0.3, 4.0],
            (Kind::Likelihood, 1) => [0.0005, 0.1, 2.0],
            (Kind::Likelihood, _) => [0.01, 0.2, 30.0],
        }
    }

    /// What is minimised, for each element of x and y (of one shape).
    pub(super) fn build(self, graph: &mut Graph, x: Value, y: Value) -> anyhow::Result<Value> {
        let mut on = Terms { graph };
        Ok(match self {
            Kind::Bowl => {
                let (a, b) = (on.square(x)?, on.square(y)?);
                let (a, b) = (on.times(a, 0.5)?, on.times(b, 2.0)?);
                on.add(a, b)?
            }
            Kind::Valley => {
                let one = on.number(1.0)?;
                let a = on.op(Binary::Sub, one, x)?;
                let curve = on.square(x)?;
                let b = on.op(Binary::Sub, y, curve)?;
                let (a, b) = (on.square(a)?, on.square(b)?);
                let b = on.times(b, 5.0)?;
                on.add(a, b)?
            }
            Kind::Saddle => {
                let (a, b) = (on.square(x)?, on.square(y)?);
                let fourth = on.square(b)?;
                let (a, b, fourth) = (on.times(a, 0.5)?, on.times(b, -1.0)?, on.times(fourth, 0.25)?);
                let sum = on.add(a, b)?;
                on.add(sum, fourth)?
            }
            Kind::Network => {
                let mut sum = None;
                for input in INPUTS {
                    let product = on.times(x, input)?;
                    let hidden = on.graph.push1("hidden", Unary(UnaryFunction::Tanh), &[product])?;
                    let output = on.op(Binary::Mul, hidden, y)?;
                    let target = on.number((1.5 * input).tanh())?;
                    let away = on.op(Binary::Sub, output, target)?;
                    let loss = on.square(away)?;
                    sum = Some(on.sum(sum, loss)?);
                }
                let sum = sum.unwrap_or(x);
                on.times(sum, 1.0 / INPUTS.len() as f32)?
            }
            Kind::Likelihood => {
                let mut sum = None;
                for (input, class) in INPUTS.into_iter().zip(CLASSES) {
                    let product = on.times(x, input)?;
                    let score = on.add(product, y)?;
                    // −log σ(t s) = softplus(−t s)
                    let turned = on.times(score, -class)?;
                    let loss = on.graph.push1("softplus", Unary(UnaryFunction::Softplus), &[turned])?;
                    sum = Some(on.sum(sum, loss)?);
                }
                sum.unwrap_or(x)
            }
        })
    }
}

/// Short words for arithmetic in a graph.
struct Terms<'g> {
    graph: &'g mut Graph,
}

impl Terms<'_> {
    fn op(&mut self, op: Binary, a: Value, b: Value) -> anyhow::Result<Value> {
        Ok(self.graph.push1("term", op, &[a, b])?)
    }

    fn number(&mut self, number: f32) -> anyhow::Result<Value> {
        Ok(self.graph.constant("number", Tensor::f32([1], vec![number])?))
    }

    fn add(&mut self, a: Value, b: Value) -> anyhow::Result<Value> {
        self.op(Binary::Add, a, b)
    }

    fn sum(&mut self, so_far: Option<Value>, term: Value) -> anyhow::Result<Value> {
        so_far.map_or(Ok(term), |sum| self.add(sum, term))
    }

    fn square(&mut self, a: Value) -> anyhow::Result<Value> {
        self.op(Binary::Mul, a, a)
    }

    fn times(&mut self, a: Value, factor: f32) -> anyhow::Result<Value> {
        let factor = self.number(factor)?;
        self.op(Binary::Mul, a, factor)
    }
}
