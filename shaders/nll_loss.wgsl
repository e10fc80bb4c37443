// nll_loss: losses = -weight[label] * x[label], x being log-probabilities
//
// Ignored labels and padding give zeros, labels out of range NaN.
// One invocation goes along the classes of one place, or of four neighbouring ones.
// grid  flat over places

//@use index
//@use lane

struct Params {
    outer: u32, classes: u32, inner: u32, // x is [outer, classes, inner] of T, labels [outer, inner] of I
    groups: u32, n: u32,                  // of every 4 * groups places n are real
    ignores: u32, ignore_index: i32,      // whether some label is ignored, and which
    nan: f32,                             // WGSL cannot write it
}

@group(0) @binding(0) var<storage, read>       x:      array<T>;
@group(0) @binding(1) var<storage, read>       labels: array<I>;
@group(0) @binding(2) var<storage, read>       weight: array<f32>; // [classes]; x again without WEIGHTED
@group(0) @binding(3) var<storage, read_write> losses: array<T>;
@group(0) @binding(4) var<uniform>             dim:    Params;

const WORKGROUP: u32 = 64u; //@set
const WEIGHTED: bool = true; //@set

fn class_weight(c: u32) -> f32 {
    if WEIGHTED { return weight[c]; }
    return 1.0;
}

@compute @workgroup_size(WORKGROUP)
fn nll_loss(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = flat_id(id, groups.x * WORKGROUP);
    if i >= dim.outer * dim.inner { return; }

    let first = i / dim.inner * dim.classes * dim.inner + i % dim.inner;
    let label = labels[i];
    var loss = T(dim.nan);
    for (var c = 0u; c < dim.classes; c++) {
        let w = class_weight(c);
        // A class without weight adds nothing, even at -infinity.
        let own = select(T(-w) * x[first + c * dim.inner], T(), T(w) == T());
        loss = select(loss, own, label == I(i32(c)));
    }
    var asked = real(i, dim.groups, dim.n);
    if dim.ignores != 0u { asked = asked & (label != I(dim.ignore_index)); }
    losses[i] = select(T(), loss, asked);
}
