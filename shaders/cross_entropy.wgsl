// cross_entropy: losses = -sum over k of q[k] * log_softmax(logits)[k], q[k] = weight[k] * ((1 - smoothing) * (k == label) + smoothing/c)
//
// With LOSS also correct = (argmax == label); with GRADIENT dlogits[k] = dlosses * (softmax[k] * (sum of q) - q[k]).
// One invocation goes along the classes of one place, or of four neighbouring ones; see lib/label_losses.wgsl.
// grid  flat over places

//@use index
//@use lane
//@use label_losses

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

fn class_weight(c: u32) -> f32 {
    if WEIGHTED { return weight[c]; }
    return 1.0;
}

@compute @workgroup_size(WORKGROUP)
fn cross_entropy(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = flat_id(id, groups.x * WORKGROUP);
    if i >= dim.outer * dim.inner { return; }

    let first = i / dim.inner * dim.classes * dim.inner + i % dim.inner;
    var place = Scored();
    place.label = labels[i];
    place.top = logits[first];
    for (var c = 0u; c < dim.classes; c++) {
        place = highest(place, c, logits[first + c * dim.inner], class_weight(c));
    }
    for (var c = 0u; c < dim.classes; c++) {
        let x = logits[first + c * dim.inner];
        let e = exp_below(x - place.top);
        place = exceeding(place, c, x, e, class_weight(c));
        if GRADIENT { dlogits[first + c * dim.inner] = e; }
    }
    var asked = real(i, dim.groups, dim.n);
    if dim.ignores != 0u { asked = asked & (place.label != I(dim.ignore_index)); }
    place = counted(place, select(T(), T(1.0), asked), dim.classes, dim.smoothing, dim.nan);

    if LOSS {
        losses[i] = loss(place);
        correct[i] = hit(place);
    }
    if GRADIENT {
        let dy = select(T(), dlosses[i], asked);
        let scale = softmax_scale(place);
        for (var c = 0u; c < dim.classes; c++) {
            let at = first + c * dim.inner;
            dlogits[at] = dy * slope(place, c, dlogits[at], class_weight(c), scale);
        }
    }
}
