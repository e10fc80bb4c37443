// to_first_inner: y[j, n] = x[n, j], n padded with zeros to whole vec4s
//
// One invocation makes one vec4 of y: four neighbours along n. Words move, whatever they mean.
// grid  flat over y in vec4s

//@use index

struct Params {
    n: u32, rest: u32, // x is [n, rest], y is [rest, n/4] of vec4
}

@group(0) @binding(0) var<storage, read>       x: array<u32>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4<u32>>;
@group(0) @binding(2) var<uniform>             dim: Params;

const WORKGROUP: u32 = 64u; //@set

fn at(n: u32, j: u32) -> u32 {
    if n < dim.n { return x[n * dim.rest + j]; }
    return 0u;
}

@compute @workgroup_size(WORKGROUP)
fn to_first_inner(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = flat_id(id, groups.x * WORKGROUP);
    let inner = (dim.n + 3u) / 4u;
    if i >= dim.rest * inner { return; }

    let j = i / inner;
    let n = i % inner * 4u;
    y[i] = vec4<u32>(at(n, j), at(n + 1u, j), at(n + 2u, j), at(n + 3u, j));
}
