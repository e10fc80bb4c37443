// to_plain: y[n, j] = x[j, n], the padding of n left behind
//
// One invocation makes one word of y, whatever it means.
// grid  flat over y

//@use index

struct Params {
    n: u32, rest: u32, // x is [rest, n/4] of vec4, y is [n, rest]
}

@group(0) @binding(0) var<storage, read>       x: array<u32>;
@group(0) @binding(1) var<storage, read_write> y: array<u32>;
@group(0) @binding(2) var<uniform>             dim: Params;

const WORKGROUP: u32 = 64u; //@set

@compute @workgroup_size(WORKGROUP)
fn to_plain(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = flat_id(id, groups.x * WORKGROUP);
    if i >= dim.n * dim.rest { return; }

    let inner = (dim.n + 3u) / 4u * 4u;
    y[i] = x[i % dim.rest * inner + i / dim.rest];
}
