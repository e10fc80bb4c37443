// unary: y = f(x)
//
// One invocation makes one vec4. Lanes from `n` on in each run of `run` vec4s are padding and become 0: f(0) need not
// even be finite.
// grid  flat over y in vec4s

//@use index
//@use activate

struct Params {
    count: u32, // vec4s
    n: u32, run: u32,
    alpha: f32, beta: f32,
}

@group(0) @binding(0) var<storage, read>       x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4<f32>>;
@group(0) @binding(2) var<uniform>             dim: Params;

const WORKGROUP: u32 = 64u; //@set
const FUNCTION: u32 = 1u; //@set
const PADDED: bool = false; //@set

@compute @workgroup_size(WORKGROUP)
fn unary(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = flat_id(id, groups.x * WORKGROUP);
    if i >= dim.count { return; }
    let result = activate(FUNCTION, x[i], dim.alpha, dim.beta);
    if PADDED {
        let lane = vec4<u32>(i % dim.run * 4u) + vec4<u32>(0u, 1u, 2u, 3u);
        y[i] = select(vec4<f32>(), result, lane < vec4<u32>(dim.n));
    } else {
        y[i] = result;
    }
}
