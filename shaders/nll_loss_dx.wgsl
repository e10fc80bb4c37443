// nll_loss_dx: dx[k] = -dlosses * weight[k] * (k == label)
//
// Ignored labels and padding give zeros, labels out of range NaN.
// One invocation goes along the classes of one place, or of four neighbouring ones.
// grid  flat over places

//@use index
//@use lane

struct Params {
    outer: u32, classes: u32, inner: u32, // dx is [outer, classes, inner] of T, labels [outer, inner] of I
    groups: u32, n: u32,                  // of every 4 * groups places n are real
    ignores: u32, ignore_index: i32,      // whether some label is ignored, and which
    nan: f32,                             // WGSL cannot write it
}

@group(0) @binding(0) var<storage, read>       labels:  array<I>;
@group(0) @binding(1) var<storage, read>       dlosses: array<T>;
@group(0) @binding(2) var<storage, read>       weight:  array<f32>; // [classes]; dlosses again without WEIGHTED
@group(0) @binding(3) var<storage, read_write> dx:      array<T>;
@group(0) @binding(4) var<uniform>             dim:     Params;

const WORKGROUP: u32 = 64u; //@set
const WEIGHTED: bool = true; //@set

fn class_weight(c: u32) -> f32 {
    if WEIGHTED { return weight[c]; }
    return 1.0;
}

@compute @workgroup_size(WORKGROUP)
fn nll_loss_dx(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = flat_id(id, groups.x * WORKGROUP);
    if i >= dim.outer * dim.inner { return; }

    let first = i / dim.inner * dim.classes * dim.inner + i % dim.inner;
    let label = labels[i];
    let dy = dlosses[i];
    var asked = real(i, dim.groups, dim.n);
    if dim.ignores != 0u { asked = asked & (label != I(dim.ignore_index)); }
    let valid = (label >= I()) & (label < I(i32(dim.classes)));
    let elsewhere = select(T(), select(T(dim.nan), T(), valid), asked);
    for (var c = 0u; c < dim.classes; c++) {
        let own = asked & (label == I(i32(c)));
        dx[first + c * dim.inner] = select(elsewhere, -dy * class_weight(c), own);
    }
}
