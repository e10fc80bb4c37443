// softmax_dx: dx = y * (dy - sum of dy * y), or with LOG dx = dy - exp(y) * sum of dy
//
// One invocation goes along the axis, in one lane or in four neighbouring ones.
// grid  flat over lanes

//@use index
//@use lane
//@use log_sum_exp

struct Params {
    outer: u32, len: u32, inner: u32, // y, dy and dx are [outer, len, inner] of T
}

@group(0) @binding(0) var<storage, read>       y:   array<T>;
@group(0) @binding(1) var<storage, read>       dy:  array<T>;
@group(0) @binding(2) var<storage, read_write> dx:  array<T>;
@group(0) @binding(3) var<uniform>             dim: Params;

const WORKGROUP: u32 = 64u; //@set
const LOG: bool = false; //@set

@compute @workgroup_size(WORKGROUP)
fn softmax_dx(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = flat_id(id, groups.x * WORKGROUP);
    if i >= dim.outer * dim.inner { return; }

    let first = i / dim.inner * dim.len * dim.inner + i % dim.inner;
    let end = first + dim.len * dim.inner;
    var sum = T();
    for (var at = first; at < end; at += dim.inner) {
        if LOG { sum += dy[at]; } else { sum += dy[at] * y[at]; }
    }
    for (var at = first; at < end; at += dim.inner) {
        if LOG { dx[at] = dy[at] - exp_below(y[at]) * sum; } else { dx[at] = y[at] * (dy[at] - sum); }
    }
}
