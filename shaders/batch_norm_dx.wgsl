// batch_norm_dx: dx = weight * inv_std * (g - dbias / count - x̂ * dweight / count), with x̂ = (x - mean) * inv_std
//
// One invocation adds the chunks of its channel, in order: dbias is the sum of g, dweight that of g * x̂. Then it makes
// every blocks-th element of dx. With statistics that are constants (TRAINING off) only g * weight * inv_std is left.
// g is dy times the slope of the activation behind the norm, if there is one; with POOL dy is the gradient behind a 2×2 max
// pooling of that, goes to each block's winner, and the invocation takes every blocks-th row of blocks.
// With WHOLE the blocks of a channel are a subgroup of 8, which takes the sums itself: one launch, and x and dy are still
// near when they are read again.
// grid  flat over channel, block

//@use index
//@use chunk_sums

struct Params {
    groups: u32, outer: u32, inner: u32, // x, dy, dx are [outer, groups, inner] elements, a group is a channel
    chunks: u32, blocks: u32,
    n: u32,                              // as in chunk_sums; with WHOLE only
    count: f32,                          // numbers in a channel
    eps: f32,
    rows: u32, columns: u32, line: u32,  // with POOL: rows and columns of blocks, and elements of a pixel
    alpha: f32, beta: f32,
}

@group(0) @binding(2) var<storage, read>       weight:     array<f32>;
@group(0) @binding(3) var<storage, read>       statistics: array<f32>; // [2, groups]: mean, then inv_std, or the variance unless TRAINING
@group(0) @binding(4) var<storage, read>       parts:      array<Part>; // [groups, chunks]: both sums, and the bias; with WHOLE the bias alone
@group(0) @binding(5) var<storage, read_write> dx:         array<Element>;
@group(0) @binding(6) var<storage, read_write> dweight:    array<f32>;
@group(0) @binding(7) var<storage, read_write> dbias:      array<f32>;
@group(0) @binding(8) var<uniform>             dim:        Params;

const WORKGROUP: u32 = 64u; //@set
const WHOLE: u32 = 0u; //@set
alias Part = vec4<f32>; //@set f32 with WHOLE
const TRAINING: bool = true; //@set

const l = 0u;

@compute @workgroup_size(WORKGROUP)
fn batch_norm_dx(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = flat_id(id, groups.x * WORKGROUP);
    if i >= dim.groups * dim.blocks { return; }

    let group = i / dim.blocks;
    let block = i % dim.blocks;
    let mean = statistics[group];
    var inv_std = statistics[dim.groups + group];
    if !TRAINING { inv_std = 1.0 / sqrt(inv_std + dim.eps); }
    let scale = weight[group] * inv_std;
    var sums = vec2<f32>();
    var shift = 0.0;
    //@for once in 0..1-WHOLE
    shift = vec4<f32>(parts[group * dim.chunks]).z;
    for (var k = 0u; k < dim.chunks; k++) {
        sums += vec4<f32>(parts[group * dim.chunks + k]).xy;
    }
    //@end
    //@for once in 0..WHOLE
    shift = vec4<f32>(parts[group]).x;
    let size = Channels(dim.groups, dim.outer, dim.inner, dim.n, dim.rows, dim.columns, dim.line, dim.alpha, dim.beta);
    sums = chunk_sums(size, Affine(mean, scale, shift), group, block, dim.blocks);
    sums.y *= inv_std;
    //@for l in 0..3
    sums += subgroupShuffleXor(sums, 1u << l); // both lanes of a pair get the same bits
    //@end
    //@end
    if block == 0u {
        dbias[group] = sums.x;
        dweight[group] = sums.y;
    }
    let offset = sums.x / dim.count;
    let slope = sums.y / dim.count * inv_std;
    //@for once in 0..1-POOL
    for (var e = block; e < dim.outer * dim.inner; e += dim.blocks) {
        var at = group * dim.inner + e;
        if OUTER { at = (e / dim.inner * dim.groups + group) * dim.inner + e % dim.inner; }
        var d = dy[at];
        if TRAINING || FUNCTION != 0u {
            let apart = x[at] - mean;
            d *= slope_at(apart * scale + shift, dim.alpha, dim.beta);
            if TRAINING { d -= offset + apart * slope; }
        }
        dx[at] = d * scale;
    }
    //@end
    //@for once in 0..POOL
    let row = dim.columns * 2u * dim.line;
    for (var p = block; p < dim.rows; p += dim.blocks) {
        for (var q = 0u; q < dim.columns; q++) {
            let at = group * dim.inner + p * 2u * row + q * 2u * dim.line;
            let spot = ((group * dim.rows + p) * dim.columns + q) * dim.line;
            for (var n = 0u; n < dim.line; n++) {
                let a = x[at + n] - mean;
                let b = x[at + dim.line + n] - mean;
                let c = x[at + row + n] - mean;
                let e = x[at + row + dim.line + n] - mean;
                let won = winner(a * scale + shift, b * scale + shift, c * scale + shift, e * scale + shift);
                let d = dy[spot + n] * slope_at(won.value, dim.alpha, dim.beta);
                dx[at + n] = (select(vec4<f32>(), d, won.place == vec4<u32>()) - (offset + a * slope)) * scale;
                dx[at + dim.line + n] = (select(vec4<f32>(), d, won.place == vec4<u32>(1u)) - (offset + b * slope)) * scale;
                dx[at + row + n] = (select(vec4<f32>(), d, won.place == vec4<u32>(2u)) - (offset + c * slope)) * scale;
                dx[at + row + dim.line + n] = (select(vec4<f32>(), d, won.place == vec4<u32>(3u)) - (offset + e * slope)) * scale;
            }
        }
    }
    //@end
}
