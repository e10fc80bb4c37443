// fold: what a reduction does with each element, with two results, and in the end
//
// Codes are knobs, so the driver drops all other cases; kernels/reduce.rs names them. NaN wins max and min. `none`
// is what changes nothing: 0 for a sum, 1 for a product, -infinity for max, infinity for min. WGSL has no literal
// for the infinities, so it comes from Params.

// The element as it is, |x|, x², exp(x - shift).
fn fold_map(code: u32, x: vec4<f32>, shift: vec4<f32>) -> vec4<f32> {
    switch code {
        case 1u: { return abs(x); }
        case 2u: { return x * x; }
        case 3u: { return exp(x - fold_shift(shift)); }
        default: { return x; }
    }
}

// Sum, max, min, product.
fn fold(code: u32, a: vec4<f32>, b: vec4<f32>) -> vec4<f32> {
    switch code {
        case 1u: { return select(a, b, (b > a) | is_nan(b)); }
        case 2u: { return select(a, b, (b < a) | is_nan(b)); }
        case 3u: { return a * b; }
        default: { return a + b; }
    }
}

// The result as it is, over `count`, its root, its logarithm, shift + its logarithm.
fn fold_finish(code: u32, a: vec4<f32>, count: f32, shift: vec4<f32>) -> vec4<f32> {
    switch code {
        case 1u: { return a / count; }
        case 2u: { return sqrt(a); }
        case 3u: { return log_of_sum(a); }
        case 4u: { return fold_shift(shift) + log_of_sum(a); }
        default: { return a; }
    }
}

// WGSL leaves the logarithm of 0 open: -infinity, by its bits.
fn log_of_sum(a: vec4<f32>) -> vec4<f32> {
    return select(log(a), bitcast<vec4<f32>>(bitcast<vec4<u32>>(a) | vec4<u32>(0xff800000u)), a == vec4<f32>());
}

// An infinite maximum is not taken out: exp(infinity - infinity) would be NaN.
fn fold_shift(shift: vec4<f32>) -> vec4<f32> {
    let infinite = (bitcast<vec4<u32>>(shift) & vec4<u32>(0x7fffffffu)) == vec4<u32>(0x7f800000u);
    return select(shift, vec4<f32>(), infinite);
}

// By its bits: compilers may take x != x for false.
fn is_nan(x: vec4<f32>) -> vec4<bool> {
    return (bitcast<vec4<u32>>(x) & vec4<u32>(0x7fffffffu)) > vec4<u32>(0x7f800000u);
}
