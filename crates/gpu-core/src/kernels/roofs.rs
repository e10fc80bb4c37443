//! What a device can do at most, as launches: arithmetic out of registers, and words moved. Timed in `roofs.rs`.

use crate::{Arg, Launch, params};

/// Rounds of each invocation.
const ROUNDS: usize = 1024;
/// Chains that an invocation runs side by side: what AVX2's registers hold, and enough for a GPU's pipelines.
const CHAINS: usize = 3;
/// Multiply-adds of a chain in a round.
const UNROLLED: usize = 16;

/// Multiply-adds by `invocations`, and how many operations that is, multiply and add counted as two. Bindings: one vec4 with
/// factor and addend, y of a vec4 an invocation.
pub fn multiply_add(invocations: usize) -> (Launch, u64) {
    let launch = Launch::flat(&shaders::MULTIPLY_ADD, invocations, 64)
        .set("CHAINS", CHAINS as u32)
        .params(params! { count: invocations, rounds: ROUNDS })
        .bind(&[Arg::Input(0), Arg::Output(0)]);
    (launch, (invocations * ROUNDS * CHAINS * UNROLLED * 4 * 2) as u64)
}

/// y = x, so many words. Bindings: x, y.
pub fn copy(words: usize) -> Launch {
    let count = words.div_ceil(4);
    Launch::flat(&shaders::COPY, count, 64).params(params! { count }).bind(&[Arg::Input(0), Arg::Output(0)])
}
