// slope: derivatives of functions of one number from x, by their code, four at a time
//
// For functions whose result does not tell it; codes are those of activate.wgsl. At kinks the convention is
// PyTorch's: abs 0 at 0, relu6 and hard sigmoid 0 at both corners, clip 1 at both.

//@use activate

fn slope_x(code: u32, x: vec4<f32>, alpha: f32, beta: f32) -> vec4<f32> {
    let zero = vec4<f32>();
    let one = vec4<f32>(1.0);
    switch code {
        case 2u: { return select(vec4<f32>(alpha), one, x > zero); }
        case 5u: { return beta * select(alpha * exp(x), one, x > zero); }
        case 6u: { return select(exp(x / alpha), one, x > zero); }
        case 7u: { return normal_cdf(x) + x * 0.3989422804 * exp(-0.5 * x * x); }
        case 8u: { return gelu_tanh_slope(x); }
        case 9u: { return sigmoid(x) * (1.0 + x * sigmoid(-x)); }
        case 10u: {
            let y = alpha * x + beta;
            return select(zero, vec4<f32>(alpha), (y > zero) & (y < one));
        }
        case 11u: {
            let inner = select(one, x / 3.0 + 0.5, x < vec4<f32>(3.0));
            return select(inner, zero, x <= vec4<f32>(-3.0));
        }
        case 12u: { return sigmoid(x); }
        case 13u: { return 1.0 / ((1.0 + abs(x)) * (1.0 + abs(x))); }
        case 14u: { return mish_tanh(x) + x * sigmoid(x) * mish_rest(x); }
        case 15u: { return select(zero, one, (x >= vec4<f32>(alpha)) & (x <= vec4<f32>(beta))); }
        case 16u: { return select(zero, one, (x > vec4<f32>(alpha)) & (x < vec4<f32>(beta))); }
        case 17u: { return select(select(x, one, x > zero), -one, x < zero); }
        case 18u: { return -one; }
        case 21u: { return 1.0 / x; }
        case 23u: { return sine(x, 1); }
        case 24u: { return -sine(x, 0); }
        case 28u: { return 1.1283791671 * exp(-x * x); }
        case 30u: { return 2.0 * x; }
        default: { return one; }
    }
}

// (1 + t) / 2 = p and (1 - t²) / 2 = 2 p (1 - p), where t is the tangent and p the sigmoid of twice its argument.
fn gelu_tanh_slope(x: vec4<f32>) -> vec4<f32> {
    let u = 2.0 * gelu_inner(x);
    let p = sigmoid(u);
    return p + x * 2.0 * p * sigmoid(-u) * 0.7978845608 * (1.0 + 0.134145 * x * x);
}

// 1 - tanh²(log(1 + exp(x))), of the same exponential as mish_tanh.
fn mish_rest(x: vec4<f32>) -> vec4<f32> {
    let e = exp(-abs(x));
    let a = 1.0 + e;
    let above = a * a + e * e;
    let below = a * a + 1.0;
    return select(4.0 * a * a / (below * below), 4.0 * a * a * e * e / (above * above), x >= vec4<f32>());
}
