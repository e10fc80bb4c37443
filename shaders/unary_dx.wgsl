// unary_dx: dx = dy * f'(x), with f'(x) told by y = f(x) or by x
//
// One invocation makes one vec4. Lanes from `n` on in each run of `run` vec4s are padding and become 0: the
// slope at 0 need not be finite.
// grid  flat over dx in vec4s

//@use index
//@use slope

struct Params {
    count: u32, // vec4s
    n: u32, run: u32,
    alpha: f32, beta: f32,
}

@group(0) @binding(0) var<storage, read>       at: array<vec4<f32>>; // y or x
@group(0) @binding(1) var<storage, read>       dy: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> dx: array<vec4<f32>>;
@group(0) @binding(3) var<uniform>             dim: Params;

const WORKGROUP: u32 = 64u; //@set
const FUNCTION: u32 = 1u; //@set
const FROM_Y: bool = true; //@set
const PADDED: bool = false; //@set

@compute @workgroup_size(WORKGROUP)
fn unary_dx(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = flat_id(id, groups.x * WORKGROUP);
    if i >= dim.count { return; }
    var slope: vec4<f32>;
    if FROM_Y {
        slope = slope_y(FUNCTION, at[i], dim.alpha, dim.beta);
    } else {
        slope = slope_x(FUNCTION, at[i], dim.alpha, dim.beta);
    }
    let result = dy[i] * slope;
    if PADDED {
        let lane = vec4<u32>(i % dim.run * 4u) + vec4<u32>(0u, 1u, 2u, 3u);
        dx[i] = select(vec4<f32>(), result, lane < vec4<u32>(dim.n));
    } else {
        dx[i] = result;
    }
}
