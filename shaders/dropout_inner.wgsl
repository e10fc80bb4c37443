// dropout_inner: dropout of x [rest, n/4] of vec4, with the mask numbers of the row-major [n, rest]
//
// Four neighbours along n draw from four blocks of the generator. Where rest is whole blocks (BLOCKS), one invocation
// makes four neighbours along rest too, so that it uses all sixteen numbers that it draws; else one vec4.
// grid  flat over y in vec4s, or in fours of them along rest

//@use index
//@use random

struct Params {
    count: u32,  // invocations
    rest: u32, inner: u32, // inner = n/4
    per: u32,    // elements of a row that share a mask number; divides rest
    p: f32, scale: f32,
    seed_low: u32, seed_high: u32, stream: u32,
}

@group(0) @binding(0) var<storage, read>       x:    array<vec4<f32>>;
@group(0) @binding(1) var<storage, read>       step: array<u32>;
@group(0) @binding(2) var<storage, read_write> y:    array<vec4<f32>>;
@group(0) @binding(3) var<uniform>             dim:  Params;

const WORKGROUP: u32 = 64u; //@set
const BLOCKS: bool = true; //@set

fn put(i: u32, mask: vec4<f32>) {
    y[i] = select(vec4<f32>(), x[i] * dim.scale, mask >= vec4<f32>(dim.p));
}

@compute @workgroup_size(WORKGROUP)
fn dropout_inner(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = flat_id(id, groups.x * WORKGROUP);
    if i >= dim.count { return; }

    let seed = vec2<u32>(dim.seed_low, dim.seed_high);
    let now = step[0];
    let row = i / dim.inner;        // of four where BLOCKS
    let n = i % dim.inner * 4u;
    if BLOCKS {
        let blocks = dim.rest / 4u;
        let first = n * blocks + row;
        let a = random_uniform4(seed, dim.stream, now, first);
        let b = random_uniform4(seed, dim.stream, now, first + blocks);
        let c = random_uniform4(seed, dim.stream, now, first + blocks * 2u);
        let d = random_uniform4(seed, dim.stream, now, first + blocks * 3u);
        let at = row * 4u * dim.inner + i % dim.inner;
        put(at, vec4<f32>(a.x, b.x, c.x, d.x));
        put(at + dim.inner, vec4<f32>(a.y, b.y, c.y, d.y));
        put(at + dim.inner * 2u, vec4<f32>(a.z, b.z, c.z, d.z));
        put(at + dim.inner * 3u, vec4<f32>(a.w, b.w, c.w, d.w));
    } else {
        let numbers = dim.rest / dim.per;
        let first = n * numbers + row / dim.per;
        put(i, vec4<f32>(
            random_uniform(seed, dim.stream, now, first),
            random_uniform(seed, dim.stream, now, first + numbers),
            random_uniform(seed, dim.stream, now, first + numbers * 2u),
            random_uniform(seed, dim.stream, now, first + numbers * 3u),
        ));
    }
}
