// scale_up: y[i] = x[i] * factor + i * slope
//
// One invocation makes one y. Only for tests of the runtime.
// grid  flat over y

//@use index

struct Params {
    count: u32,
    factor: f32,
    slope: i32,
}

@group(0) @binding(0) var<storage, read>       x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<uniform>             dim: Params;

const WORKGROUP: u32 = 64u; //@set

@compute @workgroup_size(WORKGROUP)
fn scale_up(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = flat_id(id, groups.x * WORKGROUP);
    if i >= dim.count { return; }
    y[i] = x[i] * dim.factor + f32(i32(i) * dim.slope);
}
