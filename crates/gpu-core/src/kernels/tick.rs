//! The clock of a training program.

use crate::{Arg, Candidate, Launch};

/// step = clock, clock = clock + 1. Bindings: `step`, `clock`.
pub fn tick() -> Candidate {
    Candidate::one(Launch::new(&shaders::TICK, [1, 1, 1]).bind(&[Arg::Output(0), Arg::Output(1)]))
}
