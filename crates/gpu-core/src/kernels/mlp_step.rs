//! A whole step of a small multilayer perceptron on one row, in one launch of one workgroup.
//!
//! Layer by layer, such a step is a dozen launches of next to no work, and a launch costs tens of microseconds.

use super::activation::Activation;
use crate::{Arg, Candidate, Caps, Family, Launch, params};

/// One fully connected layer; offsets in words of the parameters' buffer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Layer {
    /// Numbers that go in.
    pub inputs: usize,
    /// Neurons.
    pub outputs: usize,
    /// First of W `[outputs, inputs]`.
    pub weight: usize,
    /// First of b `[outputs]`.
    pub bias: usize,
}

/// The step.
pub struct MlpStep {
    /// From the inputs on.
    pub layers: Vec<Layer>,
    /// Behind all layers but the last.
    pub hidden: Activation,
    /// Behind the last.
    pub output: Activation,
    /// Cross-entropy of the softmax rather than mean squared error.
    pub cross_entropy: bool,
    /// Factor on the learning rate of biases.
    pub bias_rate: f32,
    /// Length of the order.
    pub orders: usize,
    /// Rows of the schedule.
    pub schedule: usize,
}

/// Words of workgroup memory a neuron.
const WORDS: usize = 2;

impl MlpStep {
    /// Inputs and neurons together.
    fn neurons(&self) -> usize {
        self.layers[0].inputs + self.layers.iter().map(|layer| layer.outputs).sum::<usize>()
    }

    /// Inputs and neurons that one workgroup has memory for.
    pub fn most_neurons(caps: &Caps) -> usize {
        1 << (caps.workgroup_bytes as usize / (4 * WORDS)).ilog2()
    }

    /// The one way to do it, where the network fits a workgroup. Bindings: clock, x, targets, order, schedule, the
    /// parameters' buffer; the loss.
    pub fn candidates(&self, caps: &Caps) -> Vec<Candidate> {
        let neurons = self.neurons().next_power_of_two().max(64);
        if neurons > Self::most_neurons(caps) {
            return Vec::new();
        }
        let lanes: u32 = match caps.family {
            Family::Software => caps.subgroup.unwrap_or(8),
            Family::Gpu => 64,
        };
        let (hidden, output) = (self.hidden, self.output);
        let launch = Launch::new(&shaders::MLP_STEP, [1, 1, 1])
            .set("WORKGROUP", lanes)
            .set("NEURONS", neurons as u32)
            .set("CROSS_ENTROPY", self.cross_entropy)
            .params(params! {
                layers: self.layers.len(), orders: self.orders, schedule: self.schedule, bias_rate: self.bias_rate,
                hidden: hidden.code, hidden_alpha: hidden.alpha, hidden_beta: hidden.beta,
                output: output.code, output_alpha: output.alpha, output_beta: output.beta,
            });
        let mut args: Vec<Arg> = (0..6).map(Arg::Input).collect();
        args.extend([Arg::Output(0), Arg::Table(0)]);
        let mut candidate = Candidate::one(launch.bind(&args));
        let row = |layer: &Layer| [layer.inputs, layer.outputs, layer.weight, layer.bias].map(|word| word as u32);
        candidate.tables.push(self.layers.iter().flat_map(row).collect());
        vec![candidate]
    }
}
