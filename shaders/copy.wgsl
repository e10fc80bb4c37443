// copy: y[i] = x[i]
//
// One invocation moves one vec4 of words, whatever they mean.
// grid  flat over y in vec4s

//@use index

struct Params {
    count: u32, // vec4s
}

@group(0) @binding(0) var<storage, read>       x: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4<u32>>;
@group(0) @binding(2) var<uniform>             dim: Params;

const WORKGROUP: u32 = 64u; //@set

@compute @workgroup_size(WORKGROUP)
fn copy(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = flat_id(id, groups.x * WORKGROUP);
    if i >= dim.count { return; }
    y[i] = x[i];
}
