// fill: y[i] = value
//
// One invocation sets one vec4 of words, whatever they mean.
// grid  flat over y in vec4s

//@use index

struct Params {
    count: u32, // vec4s
    value: u32, // the bits of it
}

@group(0) @binding(0) var<storage, read_write> y: array<vec4<u32>>;
@group(0) @binding(1) var<uniform>             dim: Params;

const WORKGROUP: u32 = 64u; //@set

@compute @workgroup_size(WORKGROUP)
fn fill(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = flat_id(id, groups.x * WORKGROUP);
    if i >= dim.count { return; }
    y[i] = vec4<u32>(dim.value);
}
