// binary_alike: y = f(a, b), both of the same shape
//
// One invocation makes one vec4.
// grid  flat over y in vec4s

//@use index

struct Params {
    count: u32, // vec4s
}

@group(0) @binding(0) var<storage, read>       a: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read>       b: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4<f32>>;
@group(0) @binding(3) var<uniform>             dim: Params;

const WORKGROUP: u32 = 64u; //@set
const FUNCTION: u32 = 0u; //@set

fn apply(a: vec4<f32>, b: vec4<f32>) -> vec4<f32> {
    switch FUNCTION {
        case 1u: { return a - b; }
        case 2u: { return a * b; }
        case 3u: { return a / b; }
        default: { return a + b; }
    }
}

@compute @workgroup_size(WORKGROUP)
fn binary_alike(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = flat_id(id, groups.x * WORKGROUP);
    if i >= dim.count { return; }
    y[i] = apply(a[i], b[i]);
}
