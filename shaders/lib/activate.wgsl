// activate: functions of one number by their code, four at a time
//
// The code is a knob, so the driver drops all other cases. Names and codes are those of kernels/activation.rs.
// `slope_y` is the derivative from the result, for functions whose result tells it; the others' is in slope.wgsl.
// Comparisons are written so that NaN comes through.

//@use elementary

fn activate(code: u32, x: vec4<f32>, alpha: f32, beta: f32) -> vec4<f32> {
    switch code {
        case 1u: { return select(x, vec4<f32>(), x < vec4<f32>()); }
        case 2u: { return select(x * alpha, x, x > vec4<f32>()); }
        case 3u: { return sigmoid(x); }
        case 4u: { return tanh4(x); }
        case 5u: { return beta * select(alpha * expm1(x), x, x > vec4<f32>()); } // elu, selu
        case 6u: { return select(alpha * expm1(x / alpha), x, x > vec4<f32>()); } // celu
        case 7u: { return x * normal_cdf(x); } // gelu
        case 8u: { return x * sigmoid(2.0 * gelu_inner(x)); } // its approximation: (1 + tanh u) / 2 = sigmoid(2 u)
        case 9u: { return x * sigmoid(x); } // silu
        case 10u: { return hold(alpha * x + beta, 0.0, 1.0); } // hard sigmoid
        case 11u: { return x * hold(x / 6.0 + 0.5, 0.0, 1.0); } // hard swish
        case 12u: { return select(x, vec4<f32>(), x < vec4<f32>()) + log1p_unit(exp(-abs(x))); } // softplus
        case 13u: { return x / (1.0 + abs(x)); } // softsign
        case 14u: { return x * mish_tanh(x); }
        case 15u, 16u: { return hold(x, alpha, beta); } // clip, relu6
        case 17u: { return abs(x); }
        case 18u: { return -x; }
        case 19u: { return sqrt(x); }
        case 20u: { return exp(x); }
        case 21u: { return log4(x); }
        case 22u: { return 1.0 / x; }
        case 23u: { return sine(x, 0); }
        case 24u: { return sine(x, 1); } // cosine
        case 25u: { return floor(x); }
        case 26u: { return ceil(x); }
        case 27u: { return round(x); }
        case 28u: { return erf(x); }
        case 29u: { return select(select(x, vec4<f32>(1.0), x > vec4<f32>()), vec4<f32>(-1.0), x < vec4<f32>()); } // sign
        case 30u: { return x * x; }
        case 31u: { return select(vec4<f32>(), vec4<f32>(1.0), x == vec4<f32>()); } // not
        default: { return x; }
    }
}

fn slope_y(code: u32, y: vec4<f32>, alpha: f32, beta: f32) -> vec4<f32> {
    switch code {
        case 1u: { return select(vec4<f32>(), vec4<f32>(1.0), y > vec4<f32>()); }
        case 2u: { return select(vec4<f32>(alpha), vec4<f32>(1.0), y > vec4<f32>()); }
        case 3u: { return y * (1.0 - y); }
        case 4u: { return 1.0 - y * y; }
        case 5u: { return select(y + alpha * beta, vec4<f32>(beta), y > vec4<f32>()); }
        case 6u: { return select(1.0 + y / alpha, vec4<f32>(1.0), y > vec4<f32>()); }
        case 19u: { return 0.5 / y; }
        case 20u: { return y; }
        case 22u: { return -y * y; }
        default: { return vec4<f32>(1.0); }
    }
}

// x held between low and high; high where low is above it.
fn hold(x: vec4<f32>, low: f32, high: f32) -> vec4<f32> {
    let above = select(x, vec4<f32>(low), x < vec4<f32>(low));
    return select(above, vec4<f32>(high), above > vec4<f32>(high));
}

fn gelu_inner(x: vec4<f32>) -> vec4<f32> {
    return 0.7978845608 * (x + 0.044715 * x * x * x);
}

// tanh(log(1 + exp(x))) = (w² - 1) / (w² + 1) with w = 1 + exp(x), by the exponential that cannot overflow.
fn mish_tanh(x: vec4<f32>) -> vec4<f32> {
    let e = exp(-abs(x));
    let above = (1.0 + 2.0 * e) / (1.0 + 2.0 * e + 2.0 * e * e);
    let below = e * (e + 2.0) / (e * (e + 2.0) + 2.0);
    return select(below, above, x >= vec4<f32>());
}
