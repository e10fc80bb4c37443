// softmax: y = exp(x - max) / sum of exp(x - max), or with LOG y = x - max - log(sum of exp(x - max))
//
// One invocation goes along the axis, in one lane or in four neighbouring ones.
// grid  flat over lanes

//@use index
//@use lane
//@use log_sum_exp

struct Params {
    outer: u32, len: u32, inner: u32, // x and y are [outer, len, inner] of T
}

@group(0) @binding(0) var<storage, read>       x:   array<T>;
@group(0) @binding(1) var<storage, read_write> y:   array<T>;
@group(0) @binding(2) var<uniform>             dim: Params;

const WORKGROUP: u32 = 64u; //@set
const LOG: bool = false; //@set

@compute @workgroup_size(WORKGROUP)
fn softmax(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = flat_id(id, groups.x * WORKGROUP);
    if i >= dim.outer * dim.inner { return; }

    let first = i / dim.inner * dim.len * dim.inner + i % dim.inner;
    let end = first + dim.len * dim.inner;
    var top = x[first];
    for (var at = first; at < end; at += dim.inner) {
        top = max(top, x[at]); // a NaN that max drops still makes the sum NaN
    }

    // 1, the first maximum's term, is left out: what is close to 0 beside it keeps its digits for log1p.
    var rest = T();
    var seen = T();
    for (var at = first; at < end; at += dim.inner) {
        let e = exp_below(x[at] - top);
        let first_top = (x[at] == top) & (seen == T());
        rest += e - select(T(), T(1.0), first_top);
        seen = select(seen, T(1.0), first_top);
        if !LOG { y[at] = e; }
    }
    if LOG {
        let log_sum = log1p(rest);
        for (var at = first; at < end; at += dim.inner) { y[at] = x[at] - top - log_sum; }
    } else {
        let scale = T(1.0) / (T(1.0) + rest);
        for (var at = first; at < end; at += dim.inner) { y[at] *= scale; }
    }
}
