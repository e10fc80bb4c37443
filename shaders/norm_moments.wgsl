// norm_moments: number, mean and sum of squared distances from it, of each chunk of each group of x
//
// A group is what one mean and variance are taken over: a channel. One invocation makes one chunk.
// grid  flat over group, chunk

//@use index
//@use chunk_moments

struct Params {
    groups: u32, outer: u32, inner: u32, // x is [outer, groups, inner] elements
    chunks: u32,
    n: u32,                              // numbers along the innermost axis, of which the last element may hold fewer than 4
}

@group(0) @binding(1) var<storage, read_write> parts: array<vec4<f32>>; // [groups, chunks]
@group(0) @binding(2) var<uniform>             dim:   Params;

const WORKGROUP: u32 = 64u; //@set

@compute @workgroup_size(WORKGROUP)
fn norm_moments(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = flat_id(id, groups.x * WORKGROUP);
    if i >= dim.groups * dim.chunks { return; }

    let group = i / dim.chunks;
    let chunk = i % dim.chunks;
    let part = chunk_moments(Extent(dim.groups, dim.outer, dim.inner, dim.n), group, chunk, dim.chunks);
    parts[i] = vec4<f32>(part.count, part.mean, part.squares, 0.0);
}
