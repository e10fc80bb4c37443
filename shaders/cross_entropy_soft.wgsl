// cross_entropy_soft: losses = -sum over k of q[k] * log_softmax(logits)[k], q[k] = weight[k] * ((1 - smoothing) * probabilities[k] + smoothing/c)
//
// With LOSS also correct = (argmax of logits == argmax of probabilities); with GRADIENT dlogits = dlosses * (softmax * (sum of q) - q).
// Differences are from the largest logit. Classes whose q is 0 add nothing, even at a logit of -infinity.
// One invocation goes along the classes of one place, or of four neighbouring ones.
// grid  flat over places

//@use index
//@use lane
//@use log_sum_exp

struct Params {
    outer: u32, classes: u32, inner: u32, // logits and probabilities are [outer, classes, inner] of T
    smoothing: f32,
}

@group(0) @binding(0) var<storage, read>       logits:  array<T>;
@group(0) @binding(1) var<storage, read>       probabilities: array<T>;
@group(0) @binding(2) var<storage, read>       dlosses: array<T>;   // the logits again without GRADIENT
@group(0) @binding(3) var<storage, read>       weight:  array<f32>; // [classes]; the logits again without WEIGHTED
@group(0) @binding(4) var<storage, read_write> losses:  array<T>;
@group(0) @binding(5) var<storage, read_write> correct: array<T>;
@group(0) @binding(6) var<storage, read_write> dlogits: array<T>;
@group(0) @binding(7) var<uniform>             dim:     Params;

const WORKGROUP: u32 = 64u; //@set
const LOSS: bool = true; //@set
const GRADIENT: bool = true; //@set
const WEIGHTED: bool = true; //@set

fn coefficient(c: u32, probability: T) -> T {
    let q = (1.0 - dim.smoothing) * probability + dim.smoothing / f32(dim.classes);
    if WEIGHTED { return weight[c] * q; }
    return q;
}

@compute @workgroup_size(WORKGROUP)
fn cross_entropy_soft(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = flat_id(id, groups.x * WORKGROUP);
    if i >= dim.outer * dim.inner { return; }

    let first = i / dim.inner * dim.classes * dim.inner + i % dim.inner;
    var top = logits[first];
    var best = I();
    var likeliest = probabilities[first];
    var truth = I();
    for (var c = 0u; c < dim.classes; c++) {
        let x = logits[first + c * dim.inner];
        let higher = !(x <= top) & (top == top); // NaN is the highest
        top = select(top, x, higher);
        best = select(best, I(i32(c)), higher);
        let t = probabilities[first + c * dim.inner];
        let likelier = !(t <= likeliest) & (likeliest == likeliest);
        likeliest = select(likeliest, t, likelier);
        truth = select(truth, I(i32(c)), likelier);
    }

    var rest = T();   // sum of exp(x - top) over all classes but the best
    var mass = T();   // sum of q
    var spread = T(); // sum of q * (top - x)
    for (var c = 0u; c < dim.classes; c++) {
        let at = first + c * dim.inner;
        let x = logits[at];
        let q = coefficient(c, probabilities[at]);
        rest += exp_below(x - top) - select(T(), T(1.0), best == I(i32(c)));
        mass += q;
        spread += select(q * (top - x), T(), q == T());
    }

    if LOSS {
        let log_sum = log1p(rest);
        losses[i] = select(mass * log_sum, T(), mass == T()) + spread;
        correct[i] = select(T(), T(1.0), best == truth);
    }
    if GRADIENT {
        let dy = dlosses[i];
        let scale = mass / (T(1.0) + rest);
        for (var c = 0u; c < dim.classes; c++) {
            let at = first + c * dim.inner;
            dlogits[at] = dy * (exp_below(logits[at] - top) * scale - coefficient(c, probabilities[at]));
        }
    }
}
