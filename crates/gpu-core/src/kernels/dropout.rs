//! Dropout by counter: the mask number of an element is that of its row-major place, however it lies.

use crate::{Arg, Candidate, Launch, Order, params};

/// y = x / (1 - p) where the element's number is at least p, else 0.
pub struct Dropout {
    /// Length of the first axis.
    pub n: usize,
    /// Elements of one row along it.
    pub rest: usize,
    /// Neighbours in row-major order that share a number; divides `rest`.
    pub per: usize,
    /// How x and y lie.
    pub order: Order,
    /// Probability of being dropped.
    pub p: f32,
    /// The run's seed.
    pub seed: u64,
    /// The op's own number.
    pub stream: u32,
}

impl Dropout {
    /// Bindings: `x`, `step`, `y`.
    pub fn candidates(&self) -> Vec<Candidate> {
        let scale = if self.p < 1.0 { (1.0 / (1.0 - f64::from(self.p))) as f32 } else { 0.0 };
        let (per, p, stream) = (self.per, self.p, self.stream);
        let (seed_low, seed_high) = (self.seed as u32, (self.seed >> 32) as u32);
        let launch = match self.order {
            Order::Plain => {
                let count = (self.n * self.rest).div_ceil(4);
                Launch::flat(&shaders::DROPOUT, count, 64)
                    .set("SPATIAL", per > 1)
                    .params(params! { count, per, p, scale, seed_low, seed_high, stream })
            }
            Order::FirstInner => {
                let (inner, blocks) = (self.n.div_ceil(4), per == 1 && self.rest.is_multiple_of(4));
                let count = inner * if blocks { self.rest / 4 } else { self.rest };
                Launch::flat(&shaders::DROPOUT_INNER, count, 64)
                    .set("BLOCKS", blocks)
                    .params(params! { count, rest: self.rest, inner, per, p, scale, seed_low, seed_high, stream })
            }
        };
        vec![Candidate::one(launch.bind(&[Arg::Input(0), Arg::Input(1), Arg::Output(0)]))]
    }
}
