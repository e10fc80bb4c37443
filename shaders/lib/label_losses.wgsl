// label_losses: cross-entropy of a place whose target is a class index, and its gradient, logit by logit
//
// The loss is -sum over k of q[k] * log_softmax(logits)[k], q[k] = weight[k] * ((1 - smoothing) * (k == label) + smoothing/c).
// Whoever uses it goes along the classes twice: `highest` takes each logit first, `exceeding` then the exponential of its
// distance from the largest. All differences are taken so that nothing cancels: a loss near 0 keeps its digits.

//@use lane
//@use log_sum_exp

struct Scored {
    label: I,
    top: T, best: I,        // the largest logit and its class, the first among equals
    own: T, own_weight: T,  // of the label: its logit and its weight
    rest: T,                // sum of exp(x - top) over all classes but the label
    mass: f32, spread: T,   // sums of the weights, and of weight * (top - x)
    sharp: T, flat: T,      // what the label's term and the terms of all classes count
    asked: T,               // 1, or 0 for ignored labels and padding
}

fn highest(s: Scored, c: u32, x: T, weight: f32) -> Scored {
    var next = s;
    let higher = !(x <= s.top) & (s.top == s.top); // NaN is the highest
    next.top = select(s.top, x, higher);
    next.best = select(s.best, I(i32(c)), higher);
    next.own = select(s.own, x, s.label == I(i32(c)));
    next.own_weight = select(s.own_weight, T(weight), s.label == I(i32(c)));
    return next;
}

// `e` is exp_below(x - top).
fn exceeding(s: Scored, c: u32, x: T, e: T, weight: f32) -> Scored {
    var next = s;
    next.rest += select(e, T(), s.label == I(i32(c)));
    next.mass += weight;
    next.spread += select(weight * (s.top - x), T(), T(weight) == T());
    return next;
}

// Labels out of range make NaN, which the caller brings since WGSL cannot write it.
fn counted(s: Scored, asked: T, classes: u32, smoothing: f32, nan: f32) -> Scored {
    var next = s;
    let valid = (s.label >= I()) & (s.label < I(i32(classes)));
    next.asked = asked;
    next.sharp = select(T(), select(T(nan), (1.0 - smoothing) * s.own_weight, valid), asked == T(1.0));
    next.flat = asked * (smoothing / f32(classes));
    return next;
}

fn loss(s: Scored) -> T {
    let log_sum = log1p(s.rest + (exp_below(s.own - s.top) - T(1.0)));
    return select(s.sharp * (log_sum + (s.top - s.own)), T(), s.sharp == T())
        + select(s.flat * (s.mass * log_sum + s.spread), T(), s.flat == T());
}

// 1 where the largest logit is the label's.
fn hit(s: Scored) -> T {
    return select(T(), s.asked, s.label == s.best);
}

// The gradient of the loss by logit c; `scale` is `softmax_scale`.
fn slope(s: Scored, c: u32, e: T, weight: f32, scale: T) -> T {
    let p = e * scale;
    return s.sharp * select(p, -s.rest * scale, s.label == I(i32(c)))
        + select(s.flat * (p * s.mass - weight), T(), s.flat == T());
}

fn softmax_scale(s: Scored) -> T {
    return T(1.0) / (s.rest + exp_below(s.own - s.top));
}
