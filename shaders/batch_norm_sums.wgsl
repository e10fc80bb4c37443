// batch_norm_sums: sum of dy and of dy * x̂ over each chunk of each channel, with x̂ = (x - mean) * inv_std
//
// One invocation makes one chunk: every chunks-th element of its channel.
// grid  flat over channel, chunk

//@use index
//@use width4

struct Params {
    groups: u32, outer: u32, inner: u32, // x and dy are [outer, groups, inner] elements, a group is a channel
    chunks: u32,
    n: u32,                              // numbers along the innermost axis, of which the last element may hold fewer than 4
    eps: f32,
}

@group(0) @binding(0) var<storage, read>       x:          array<Element>;
@group(0) @binding(1) var<storage, read>       dy:         array<Element>;
@group(0) @binding(2) var<storage, read>       statistics: array<f32>; // [2, groups]: mean, then inv_std, or the variance unless TRAINING
@group(0) @binding(3) var<storage, read_write> parts:      array<vec2<f32>>; // [groups, chunks]
@group(0) @binding(4) var<uniform>             dim:        Params;

const WORKGROUP: u32 = 64u; //@set
const RAGGED: bool = false; //@set elements at the end of each n are partly padding
const OUTER: bool = true; //@set outer is more than 1
const TRAINING: bool = true; //@set

@compute @workgroup_size(WORKGROUP)
fn batch_norm_sums(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = flat_id(id, groups.x * WORKGROUP);
    if i >= dim.groups * dim.chunks { return; }

    let group = i / dim.chunks;
    let mean = statistics[group];
    var inv_std = statistics[dim.groups + group];
    if !TRAINING { inv_std = 1.0 / sqrt(inv_std + dim.eps); }
    let row = (dim.n + WIDTH - 1u) / WIDTH;
    var sum = Element();
    var along = Element();
    for (var e = i % dim.chunks; e < dim.outer * dim.inner; e += dim.chunks) {
        var at = group * dim.inner + e;
        if OUTER { at = (e / dim.inner * dim.groups + group) * dim.inner + e % dim.inner; }
        var d = dy[at];
        var product = d * (x[at] - mean);
        if RAGGED {
            let real = inside(e % row * WIDTH, dim.n);
            d = select(Element(), d, real);
            product = select(Element(), product, real);
        }
        sum += d;
        along += product;
    }
    parts[i] = vec2<f32>(across(sum), across(along) * inv_std);
}
