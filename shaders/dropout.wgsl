// dropout: y[i] = x[i] / (1 - p) where uniform(seed, stream, step, i / per) >= p, else 0
//
// One invocation makes one vec4 of a row-major y. The mask is a function of its numbers, so the gradient is the same
// kernel on dy. A dropped NaN or infinity is 0 too.
// grid  flat over y in vec4s

//@use index
//@use random

struct Params {
    count: u32,  // vec4s
    per: u32,    // elements that share a mask number: 1, or a plane's for SPATIAL
    p: f32, scale: f32,
    seed_low: u32, seed_high: u32, stream: u32,
}

@group(0) @binding(0) var<storage, read>       x:    array<vec4<f32>>;
@group(0) @binding(1) var<storage, read>       step: array<u32>;
@group(0) @binding(2) var<storage, read_write> y:    array<vec4<f32>>;
@group(0) @binding(3) var<uniform>             dim:  Params;

const WORKGROUP: u32 = 64u; //@set
const SPATIAL: bool = false; //@set

fn number(seed: vec2<u32>, i: u32) -> f32 {
    return random_uniform(seed, dim.stream, step[0], i / dim.per);
}

@compute @workgroup_size(WORKGROUP)
fn dropout(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = flat_id(id, groups.x * WORKGROUP);
    if i >= dim.count { return; }

    let seed = vec2<u32>(dim.seed_low, dim.seed_high);
    var mask = vec4<f32>();
    if SPATIAL {
        let j = i * 4u;
        mask = vec4<f32>(number(seed, j), number(seed, j + 1u), number(seed, j + 2u), number(seed, j + 3u));
    } else {
        mask = random_uniform4(seed, dim.stream, step[0], i);
    }
    y[i] = select(vec4<f32>(), x[i] * dim.scale, mask >= vec4<f32>(dim.p));
}
