//! A batch out of a data set that lies on the device: bytes, or floats, become normalised floats on the way.

use crate::{Arg, Candidate, Launch, Order, params};

/// Pixels of an invocation, batch-innermost: where its images lie is looked up once for all of them.
const SPAN: usize = 16;

/// images `[count, rest]` → y `[batch, rest]` and their labels, by the order of an epoch.
#[derive(Clone, Debug, PartialEq)]
pub struct GatherBatch {
    /// Images in a batch.
    pub batch: usize,
    /// Batches in an epoch.
    pub steps: usize,
    /// Elements of an image.
    pub rest: usize,
    /// Elements of one of its channels.
    pub plane: usize,
    /// Whether images are floats; else bytes.
    pub floats: bool,
    /// Scale and offset of each channel.
    pub affine: Vec<(f32, f32)>,
    /// How y lies.
    pub order: Order,
    /// The step is the clock itself; a copy of it is made.
    pub clock: bool,
}

impl GatherBatch {
    /// Bindings: images, classes, order, step, the channels' table, y, labels, and with `clock` the step again.
    pub fn candidates(&self) -> Vec<Candidate> {
        let Self { batch, steps, rest, plane, .. } = *self;
        let mut words = params! { batch, steps, rest, plane };
        let (shader, count) = match self.order {
            Order::Plain => (&shaders::GATHER_BATCH, (batch * rest).div_ceil(4)),
            Order::FirstInner => {
                words.extend(params! { span: SPAN });
                (&shaders::GATHER_BATCH_INNER, batch.div_ceil(4) * rest.div_ceil(SPAN))
            }
        };
        let launch = Launch::flat(shader, count.max(batch.next_multiple_of(4)), 64)
            .set("ALIGNED", plane.is_multiple_of(4) && !self.floats)
            .set("FLOATS", self.floats)
            .set("CLOCK", self.clock)
            .params(words);
        let [images, classes, order, step] = [0, 1, 2, 3].map(Arg::Input);
        let now = if self.clock { Arg::Output(2) } else { Arg::Scratch(0) };
        let args = [images, classes, order, step, Arg::Table(0), Arg::Output(0), Arg::Output(1), now];
        let mut candidate = Candidate::one(launch.bind(&args));
        if !self.clock {
            candidate.scratch.push(4);
        }
        candidate
            .tables
            .push(self.affine.iter().flat_map(|(scale, offset)| [scale, offset]).map(|v| v.to_bits()).collect());
        vec![candidate]
    }
}
