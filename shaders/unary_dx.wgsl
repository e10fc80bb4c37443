// unary_dx: dx = dy * f'(x), with f'(x) from y = f(x)
//
// One invocation makes one vec4.
// grid  flat over dx in vec4s

//@use index
//@use activate

struct Params {
    count: u32, // vec4s
    alpha: f32, beta: f32,
}

@group(0) @binding(0) var<storage, read>       y:  array<vec4<f32>>;
@group(0) @binding(1) var<storage, read>       dy: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> dx: array<vec4<f32>>;
@group(0) @binding(3) var<uniform>             dim: Params;

const WORKGROUP: u32 = 64u; //@set
const FUNCTION: u32 = 1u; //@set

@compute @workgroup_size(WORKGROUP)
fn unary_dx(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = flat_id(id, groups.x * WORKGROUP);
    if i >= dim.count { return; }
    dx[i] = dy[i] * slope_y(FUNCTION, y[i], dim.alpha, dim.beta);
}
