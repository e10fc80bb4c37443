// target_weight: y = weight[label], or 1 without WEIGHTED: what the mean of cross-entropy divides by, summed
//
// Ignored labels and padding give zeros, labels out of range NaN.
// One invocation makes one number, or four neighbouring ones.
// grid  flat over y

//@use index
//@use lane

struct Params {
    count: u32, classes: u32,        // of T
    groups: u32, n: u32,             // of every 4 * groups numbers n are real
    ignores: u32, ignore_index: i32, // whether some label is ignored, and which
    nan: f32,                        // WGSL cannot write it
}

@group(0) @binding(0) var<storage, read>       labels: array<I>;
@group(0) @binding(1) var<storage, read>       weight: array<f32>; // [classes]; unread without WEIGHTED
@group(0) @binding(2) var<storage, read_write> y:      array<T>;
@group(0) @binding(3) var<uniform>             dim:    Params;

const WORKGROUP: u32 = 64u; //@set
const WEIGHTED: bool = true; //@set

@compute @workgroup_size(WORKGROUP)
fn target_weight(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = flat_id(id, groups.x * WORKGROUP);
    if i >= dim.count { return; }

    let label = labels[i];
    let valid = (label >= I()) & (label < I(i32(dim.classes)));
    var own = select(T(dim.nan), T(1.0), valid);
    if WEIGHTED {
        for (var c = 0u; c < dim.classes; c++) { own = select(own, T(weight[c]), label == I(i32(c))); }
    }
    var asked = real(i, dim.groups, dim.n);
    if dim.ignores != 0u { asked = asked & (label != I(dim.ignore_index)); }
    y[i] = select(T(), own, asked);
}
