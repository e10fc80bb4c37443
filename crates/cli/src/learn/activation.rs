//! The activations that lessons offer, by the names that PyTorch gives them, with their formulas.

use clap::ValueEnum;
use lenslet::graph::UnaryFunction;

/// A neuron's activation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Activation {
    /// 1 / (1 + exp(−x)), from 0 to 1
    Sigmoid,
    /// Hyperbolic tangent, from −1 to 1
    Tanh,
    /// x where it is positive, else 0
    Relu,
    /// x where it is positive, else x / 100
    LeakyRelu,
    /// x as it is
    Identity,
}

impl Activation {
    /// As the engine knows it; none for the identity.
    pub(crate) fn function(self) -> Option<UnaryFunction> {
        match self {
            Activation::Sigmoid => Some(UnaryFunction::Sigmoid),
            Activation::Tanh => Some(UnaryFunction::Tanh),
            Activation::Relu => Some(UnaryFunction::Relu),
            Activation::LeakyRelu => Some(UnaryFunction::LeakyRelu { slope: 0.01 }),
            Activation::Identity => None,
        }
    }

    /// The sign used in formulas.
    pub(crate) fn sign(self) -> &'static str {
        match self {
            Activation::Sigmoid => "σ",
            Activation::Tanh => "tanh",
            Activation::Relu => "relu",
            Activation::LeakyRelu => "leaky_relu",
            Activation::Identity => "",
        }
    }

    /// `f(x) = …`.
    pub(crate) fn formula(self) -> &'static str {
        match self {
            Activation::Sigmoid => "σ(x) = 1 / (1 + exp(−x))",
            Activation::Tanh => "tanh(x) = (exp(x) − exp(−x)) / (exp(x) + exp(−x))",
            Activation::Relu => "relu(x) = max(0, x)",
            Activation::LeakyRelu => "leaky_relu(x) = max(x / 100, x)",
            Activation::Identity => "f(x) = x",
        }
    }
}
