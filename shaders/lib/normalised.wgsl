// normalised: what stands behind a norm in its own launch: an activation, and max pooling of 2×2 blocks
//
// `x` here is the norm's result before both. Blocks lie batch-innermost: two rows of `row` elements, columns `line` apart.

//@use activate
//@use width4
//@use winner

const FUNCTION: u32 = 0u; //@set

fn activated(x: Element, alpha: f32, beta: f32) -> Element {
    if FUNCTION == 0u { return x; }
    return narrow(activate(FUNCTION, vec4<f32>(x), alpha, beta));
}

// The activation's slope at x.
fn slope_at(x: Element, alpha: f32, beta: f32) -> Element {
    if FUNCTION == 0u { return Element(1.0); }
    return narrow(slope_y(FUNCTION, activate(FUNCTION, vec4<f32>(x), alpha, beta), alpha, beta));
}
