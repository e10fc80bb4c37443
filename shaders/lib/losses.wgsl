// losses: of a prediction x against a target t, and their slopes along x
//
// The code is a knob, so the driver drops all other cases. Names and codes are those of kernels/loss.rs; definitions are
// PyTorch's, and torchvision's for focal loss. `a` and `b` are a loss's parameters.

//@use lane
//@use log_sum_exp

fn loss_of(code: u32, x: T, t: T, a: f32, b: f32) -> T {
    let error = x - t;
    let far = abs(error);
    switch code {
        case 0u: { return error * error; }
        case 1u: { return far; }
        case 2u: { return select(a * (far - 0.5 * a), 0.5 * error * error, far < T(a)); }
        case 3u: { return select(far - 0.5 * a, 0.5 * error * error / a, far < T(a)); }
        case 4u: { return -(t * from_minus_100(log_from_zero(x)) + (1.0 - t) * from_minus_100(log1p(-x))); }
        case 5u: { return a * t * softplus(-x) + (1.0 - t) * softplus(x); }
        case 6u: { return select(t * (log(t) - x), T(), t == T()); }
        case 7u: { return exp(t) * (t - x); }
        case 8u: { return select(1.0 - t * x, T(), t * x >= T(1.0)); }
        default: {
            let entropy = t * softplus(-x) + (1.0 - t) * softplus(x);
            return focal_weight(a, t) * entropy * power(missed(x, t), b);
        }
    }
}

fn slope_of(code: u32, x: T, t: T, a: f32, b: f32) -> T {
    let error = x - t;
    let far = abs(error);
    switch code {
        case 0u: { return 2.0 * error; }
        case 1u: { return sign(error); }
        case 2u: { return select(a * sign(error), error, far < T(a)); }
        case 3u: { return select(sign(error), error / a, far < T(a)); }
        case 4u: {
            let width = (1.0 - x) * x;
            return error / select(width, T(1e-12), width < T(1e-12));
        }
        case 5u: { return (1.0 - t) * logistic(x) - a * t * logistic(-x); }
        case 6u: { return -t; }
        case 7u: { return -exp(t); }
        case 8u: { return select(-t, T(), t * x >= T(1.0)); }
        default: {
            let entropy = t * softplus(-x) + (1.0 - t) * softplus(x);
            let p = logistic(x);
            let q = logistic(-x);
            let m = missed(x, t);
            let m_slope = (1.0 - 2.0 * t) * p * q;
            let by_entropy = ((1.0 - t) * p - t * q) * power(m, b);
            let by_weight = select(entropy * b * power(m, b - 1.0) * m_slope, T(), m_slope == T());
            return focal_weight(a, t) * (by_entropy + select(by_weight, T(), b == 0.0));
        }
    }
}

// PyTorch keeps the loss of a certain but wrong probability finite this way.
fn from_minus_100(logarithm: T) -> T {
    return select(logarithm, T(-100.0), logarithm < T(-100.0));
}

// By the sign, so that exp never overflows.
fn logistic(x: T) -> T {
    let e = exp(-abs(x));
    return select(e, T(1.0), x >= T()) / (1.0 + e);
}

// log(1 + exp(x)), by the exponential that cannot overflow; NaN stays.
fn softplus(x: T) -> T {
    return select(x, T(), x < T()) + log1p(exp(-abs(x)));
}

// The probability not given to the truth.
fn missed(x: T, t: T) -> T {
    return t * logistic(-x) + (1.0 - t) * logistic(x);
}

// WGSL leaves 0 to the power of 0 open.
fn power(x: T, y: f32) -> T {
    if y == 0.0 { return T(1.0); }
    return select(pow(x, T(y)), T(), x == T());
}

fn focal_weight(alpha: f32, t: T) -> T {
    if alpha < 0.0 { return T(1.0); }
    return alpha * t + (1.0 - alpha) * (1.0 - t);
}
