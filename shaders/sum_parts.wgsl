// sum_parts: y[i] = sum over k of x[k, i], in the order of k
//
// One invocation makes one vec4.
// grid  flat over y in vec4s

//@use index

struct Params {
    count: u32, // vec4s of one part
    parts: u32,
}

@group(0) @binding(0) var<storage, read>       x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4<f32>>;
@group(0) @binding(2) var<uniform>             dim: Params;

const WORKGROUP: u32 = 64u; //@set

@compute @workgroup_size(WORKGROUP)
fn sum_parts(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = flat_id(id, groups.x * WORKGROUP);
    if i >= dim.count { return; }

    var sum = vec4<f32>();
    for (var k = 0u; k < dim.parts; k++) {
        sum += x[k * dim.count + i];
    }
    y[i] = sum;
}
