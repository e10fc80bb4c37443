// batch_norm_sums: sum of g and of g * x̂ over each chunk of each channel, with x̂ = (x - mean) * inv_std, g = dy * slope
//
// One invocation makes one chunk. The slope is that of what stands behind the norm: see chunk_sums.
// grid  flat over channel, chunk

//@use index
//@use chunk_sums

struct Params {
    groups: u32, outer: u32, inner: u32, // x and dy are [outer, groups, inner] elements, a group is a channel
    chunks: u32,
    n: u32,                              // numbers along the innermost axis, of which the last element may hold fewer than 4
    eps: f32,
    rows: u32, columns: u32, line: u32,  // with POOL: rows and columns of blocks, and elements of a pixel
    alpha: f32, beta: f32,
}

@group(0) @binding(2) var<storage, read>       statistics: array<f32>; // [2, groups]: mean, then inv_std, or the variance unless TRAINING
@group(0) @binding(3) var<storage, read>       weight:     array<f32>; // this and bias: statistics again with nothing behind the norm
@group(0) @binding(4) var<storage, read>       bias:       array<f32>;
@group(0) @binding(5) var<storage, read_write> parts:      array<vec4<f32>>; // [groups, chunks]: both sums, and the bias
@group(0) @binding(6) var<uniform>             dim:        Params;

const WORKGROUP: u32 = 64u; //@set
const TRAINING: bool = true; //@set

@compute @workgroup_size(WORKGROUP)
fn batch_norm_sums(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = flat_id(id, groups.x * WORKGROUP);
    if i >= dim.groups * dim.chunks { return; }

    let group = i / dim.chunks;
    let mean = statistics[group];
    var inv_std = statistics[dim.groups + group];
    if !TRAINING { inv_std = 1.0 / sqrt(inv_std + dim.eps); }
    var scale = 1.0;
    var shift = 0.0;
    if FUNCTION != 0u || POOL == 1u {
        scale = inv_std * weight[group];
        shift = bias[group];
    }
    let size = Channels(dim.groups, dim.outer, dim.inner, dim.n, dim.rows, dim.columns, dim.line, dim.alpha, dim.beta);
    let sums = chunk_sums(size, Affine(mean, scale, shift), group, i % dim.chunks, dim.chunks);
    parts[i] = vec4<f32>(sums.x, sums.y * inv_std, shift, 0.0);
}
