// cross_entropy: losses = -sum over k of q[k] * log_softmax(logits)[k], q[k] = weight[k] * ((1 - smoothing) * (k == label) + smoothing/c)
//
// With LOSS also correct = (argmax == label); with GRADIENT dlogits[k] = dlosses * (softmax[k] * (sum of q) - q[k]).
// All differences are from the largest logit and taken so that nothing cancels: a loss near 0 keeps its digits.
// Ignored labels and padding give zeros, labels out of range NaN.
// One invocation goes along the classes of one place, or of four neighbouring ones.
// grid  flat over places

//@use index
//@use lane
//@use log_sum_exp

struct Params {
    outer: u32, classes: u32, inner: u32, // logits is [outer, classes, inner] of T, labels [outer, inner] of I
    groups: u32, n: u32,                  // of every 4 * groups places n are real
    smoothing: f32,
    ignores: u32, ignore_index: i32,      // whether some label is ignored, and which
    nan: f32,                             // WGSL cannot write it
}

@group(0) @binding(0) var<storage, read>       logits:  array<T>;
@group(0) @binding(1) var<storage, read>       labels:  array<I>;
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
const SMOOTHED: bool = true; //@set

fn class_weight(c: u32) -> f32 {
    if WEIGHTED { return weight[c]; }
    return 1.0;
}

@compute @workgroup_size(WORKGROUP)
fn cross_entropy(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = flat_id(id, groups.x * WORKGROUP);
    if i >= dim.outer * dim.inner { return; }

    let first = i / dim.inner * dim.classes * dim.inner + i % dim.inner;
    let label = labels[i];

    var top = logits[first];
    var best = I();
    var own = T(); // of the label: its logit and its weight
    var own_weight = T();
    for (var c = 0u; c < dim.classes; c++) {
        let x = logits[first + c * dim.inner];
        let higher = !(x <= top) & (top == top); // NaN is the highest
        top = select(top, x, higher);
        best = select(best, I(i32(c)), higher);
        own = select(own, x, label == I(i32(c)));
        own_weight = select(own_weight, T(class_weight(c)), label == I(i32(c)));
    }

    var rest = T();   // sum of exp(x - top) over all classes but the label
    var mass = 0.0;   // sum of the weights
    var spread = T(); // sum of weight * (top - x)
    for (var c = 0u; c < dim.classes; c++) {
        let x = logits[first + c * dim.inner];
        let e = exp_below(x - top);
        rest += select(e, T(), label == I(i32(c)));
        if GRADIENT { dlogits[first + c * dim.inner] = e; }
        if SMOOTHED {
            let w = class_weight(c);
            mass += w;
            spread += select(w * (top - x), T(), T(w) == T());
        }
    }

    var asked = real(i, dim.groups, dim.n);
    if dim.ignores != 0u { asked = asked & (label != I(dim.ignore_index)); }
    let valid = (label >= I()) & (label < I(i32(dim.classes)));
    // What the label's term and the terms of all classes count.
    let sharp = select(T(), select(T(dim.nan), (1.0 - dim.smoothing) * own_weight, valid), asked);
    let flat = select(T(), T(dim.smoothing / f32(dim.classes)), asked);
    let e_own = exp_below(own - top);

    if LOSS {
        let log_sum = log1p(rest + (e_own - T(1.0)));
        var loss = select(sharp * (log_sum + (top - own)), T(), sharp == T());
        if SMOOTHED { loss += select(flat * (mass * log_sum + spread), T(), flat == T()); }
        losses[i] = loss;
        correct[i] = select(T(), T(1.0), asked & (label == best));
    }
    if GRADIENT {
        let dy = select(T(), dlosses[i], asked);
        let scale = T(1.0) / (rest + e_own);
        for (var c = 0u; c < dim.classes; c++) {
            let at = first + c * dim.inner;
            let p = dlogits[at] * scale;
            var slope = sharp * select(p, -rest * scale, label == I(i32(c)));
            if SMOOTHED { slope += flat * (p * mass - class_weight(c)); }
            dlogits[at] = dy * slope;
        }
    }
}
