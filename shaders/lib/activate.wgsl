// activate: functions of one number by their code, four at a time
//
// The code is a knob, so the driver drops all other cases. Names and codes are those of kernels/activation.rs.
// `slope_y` is the derivative from the result, for functions whose result tells it.

fn activate(code: u32, x: vec4<f32>, alpha: f32, beta: f32) -> vec4<f32> {
    switch code {
        case 1u: { return max(x, vec4<f32>()); }
        case 2u: { return select(x * alpha, x, x > vec4<f32>()); }
        case 3u: { return sigmoid(x); }
        case 4u: { return tanh4(x); }
        default: { return x; }
    }
}

fn slope_y(code: u32, y: vec4<f32>, alpha: f32, beta: f32) -> vec4<f32> {
    switch code {
        case 1u: { return select(vec4<f32>(), vec4<f32>(1.0), y > vec4<f32>()); }
        case 2u: { return select(vec4<f32>(alpha), vec4<f32>(1.0), y > vec4<f32>()); }
        case 3u: { return y * (1.0 - y); }
        case 4u: { return 1.0 - y * y; }
        default: { return vec4<f32>(1.0); }
    }
}

// By the sign, so that exp never overflows.
fn sigmoid(x: vec4<f32>) -> vec4<f32> {
    let e = exp(-abs(x));
    return select(e, vec4<f32>(1.0), x >= vec4<f32>()) / (1.0 + e);
}

// Near 0 the quotient loses its digits: there the series x - x³/3 + 2x⁵/15 - 17x⁷/315 is exact to an ulp.
fn tanh4(x: vec4<f32>) -> vec4<f32> {
    let e = exp(-2.0 * abs(x));
    let far = sign(x) * (1.0 - e) / (1.0 + e);
    let s = x * x;
    let near = x * (1.0 + s * (-0.33333334 + s * (0.13333334 + s * -0.053968254)));
    return select(far, near, s < vec4<f32>(0.02));
}
