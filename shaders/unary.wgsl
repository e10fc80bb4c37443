// unary: y = f(x)
//
// One invocation makes one vec4.
// grid  flat over y in vec4s

//@use index
//@use activate

struct Params {
    count: u32, // vec4s
    alpha: f32, beta: f32,
}

@group(0) @binding(0) var<storage, read>       x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4<f32>>;
@group(0) @binding(2) var<uniform>             dim: Params;

const WORKGROUP: u32 = 64u; //@set
const FUNCTION: u32 = 1u; //@set

@compute @workgroup_size(WORKGROUP)
fn unary(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = flat_id(id, groups.x * WORKGROUP);
    if i >= dim.count { return; }
    y[i] = activate(FUNCTION, x[i], dim.alpha, dim.beta);
}
