// batch_norm_dx: dx = weight * inv_std * (dy - dbias / count - x̂ * dweight / count), with x̂ = (x - mean) * inv_std
//
// One invocation adds the chunks of its channel, in order: dbias is the sum of dy, dweight that of dy * x̂. Then it makes
// every blocks-th element of dx. With statistics that are constants (TRAINING off) only dy * weight * inv_std is left.
// grid  flat over channel, block

//@use index
//@use width4

struct Params {
    groups: u32, outer: u32, inner: u32, // x, dy, dx are [outer, groups, inner] elements, a group is a channel
    chunks: u32, blocks: u32,
    count: f32,                          // numbers in a channel
    eps: f32,
}

@group(0) @binding(0) var<storage, read>       x:          array<Element>;
@group(0) @binding(1) var<storage, read>       dy:         array<Element>;
@group(0) @binding(2) var<storage, read>       weight:     array<f32>;
@group(0) @binding(3) var<storage, read>       statistics: array<f32>; // [2, groups]: mean, then inv_std, or the variance unless TRAINING
@group(0) @binding(4) var<storage, read>       parts:      array<vec2<f32>>; // [groups, chunks]
@group(0) @binding(5) var<storage, read_write> dx:         array<Element>;
@group(0) @binding(6) var<storage, read_write> dweight:    array<f32>;
@group(0) @binding(7) var<storage, read_write> dbias:      array<f32>;
@group(0) @binding(8) var<uniform>             dim:        Params;

const WORKGROUP: u32 = 64u; //@set
const OUTER: bool = true; //@set outer is more than 1
const TRAINING: bool = true; //@set

@compute @workgroup_size(WORKGROUP)
fn batch_norm_dx(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = flat_id(id, groups.x * WORKGROUP);
    if i >= dim.groups * dim.blocks { return; }

    let group = i / dim.blocks;
    let block = i % dim.blocks;
    var sums = vec2<f32>();
    for (var k = 0u; k < dim.chunks; k++) {
        sums += parts[group * dim.chunks + k];
    }
    if block == 0u {
        dbias[group] = sums.x;
        dweight[group] = sums.y;
    }
    let mean = statistics[group];
    var inv_std = statistics[dim.groups + group];
    if !TRAINING { inv_std = 1.0 / sqrt(inv_std + dim.eps); }
    let scale = weight[group] * inv_std;
    let offset = sums.x / dim.count;
    let slope = sums.y / dim.count * inv_std;
    for (var e = block; e < dim.outer * dim.inner; e += dim.blocks) {
        var at = group * dim.inner + e;
        if OUTER { at = (e / dim.inner * dim.groups + group) * dim.inner + e % dim.inner; }
        var d = dy[at];
        if TRAINING { d -= offset + (x[at] - mean) * slope; }
        dx[at] = d * scale;
    }
}
