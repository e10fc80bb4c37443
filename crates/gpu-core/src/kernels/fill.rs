//! One word everywhere.

use crate::{Arg, Launch, params};

/// Sets `elements` words of binding `y`, rounded up to whole `vec4`s, to `value`.
pub fn fill(elements: usize, value: u32, y: Arg) -> Launch {
    let count = elements.div_ceil(4);
    Launch::flat(&shaders::FILL, count, 64).params(params! { count, value }).bind(&[y])
}
