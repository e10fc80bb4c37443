// batch_norm: y = f((x - mean) / sqrt(var + eps) * weight + bias), channel by channel, over the batch's own statistics
//
// One invocation joins the chunks' moments of its channel, then normalises every blocks-th element of it. The first of
// each channel also leaves mean and 1 / sqrt(var + eps), and moves the running statistics: (1 - momentum) * old +
// momentum * new, the new variance over count - 1, as PyTorch does. With POOL only the largest of each 2×2 block is kept,
// batch-innermost, and the invocation takes every blocks-th row of them.
// With WHOLE the blocks of a channel are a subgroup of 8, which takes the moments itself: one launch, and x is still near
// when it is read again.
// grid  flat over channel, block

//@use index
//@use chunk_moments
//@use normalised

struct Params {
    groups: u32, outer: u32, inner: u32, // x is [outer, groups, inner] elements, a group is a channel
    chunks: u32, blocks: u32,
    n: u32,                               // as in chunk_moments; with WHOLE only
    eps: f32, momentum: f32,
    rows: u32, columns: u32, line: u32,  // with POOL: rows and columns of blocks, and elements of a pixel
    alpha: f32, beta: f32,
}

@group(0) @binding(1) var<storage, read>       weight:       array<f32>;
@group(0) @binding(2) var<storage, read>       bias:         array<f32>;
@group(0) @binding(3) var<storage, read>       parts:        array<vec4<f32>>; // [groups, chunks]; the weight again with WHOLE
@group(0) @binding(4) var<storage, read_write> y:            array<Element>;
@group(0) @binding(5) var<storage, read_write> statistics:   array<f32>; // [2, groups]
@group(0) @binding(6) var<storage, read_write> running_mean: array<f32>;
@group(0) @binding(7) var<storage, read_write> running_var:  array<f32>;
@group(0) @binding(8) var<uniform>             dim:          Params;

const WORKGROUP: u32 = 64u; //@set
const WHOLE: u32 = 0u; //@set
const POOL: u32 = 0u; //@set

const l = 0u;

@compute @workgroup_size(WORKGROUP)
fn batch_norm(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = flat_id(id, groups.x * WORKGROUP);
    if i >= dim.groups * dim.blocks { return; }

    let group = i / dim.blocks;
    let block = i % dim.blocks;
    var all = Moments();
    //@for once in 0..1-WHOLE
    for (var k = 0u; k < dim.chunks; k++) {
        let part = parts[group * dim.chunks + k];
        all = join(all, Moments(part.x, part.y, part.z));
    }
    //@end
    //@for once in 0..WHOLE
    all = chunk_moments(Extent(dim.groups, dim.outer, dim.inner, dim.n), group, block, dim.blocks);
    //@for l in 0..3
    {
        // Both lanes of a pair join in the same order, so that all end with the same bits.
        let other = Moments(subgroupShuffleXor(all.count, 1u << l), subgroupShuffleXor(all.mean, 1u << l),
            subgroupShuffleXor(all.squares, 1u << l));
        if (block >> l) % 2u == 0u { all = join(all, other); } else { all = join(other, all); }
    }
    //@end
    //@end
    let inv_std = 1.0 / sqrt(all.squares / all.count + dim.eps);
    if block == 0u {
        statistics[group] = all.mean;
        statistics[dim.groups + group] = inv_std;
        running_mean[group] = (1.0 - dim.momentum) * running_mean[group] + dim.momentum * all.mean;
        let unbiased = all.squares / (all.count - 1.0);
        running_var[group] = (1.0 - dim.momentum) * running_var[group] + dim.momentum * unbiased;
    }
    let scale = inv_std * weight[group];
    let shift = bias[group];
    //@for once in 0..1-POOL
    for (var e = block; e < dim.outer * dim.inner; e += dim.blocks) {
        var at = group * dim.inner + e;
        if OUTER { at = (e / dim.inner * dim.groups + group) * dim.inner + e % dim.inner; }
        y[at] = activated((x[at] - all.mean) * scale + shift, dim.alpha, dim.beta);
    }
    //@end
    //@for once in 0..POOL
    let row = dim.columns * 2u * dim.line;
    for (var p = block; p < dim.rows; p += dim.blocks) {
        for (var q = 0u; q < dim.columns; q++) {
            let at = group * dim.inner + p * 2u * row + q * 2u * dim.line;
            let to = ((group * dim.rows + p) * dim.columns + q) * dim.line;
            for (var n = 0u; n < dim.line; n++) {
                let won = winner((x[at + n] - all.mean) * scale + shift, (x[at + dim.line + n] - all.mean) * scale + shift,
                    (x[at + row + n] - all.mean) * scale + shift, (x[at + row + dim.line + n] - all.mean) * scale + shift);
                y[to + n] = activated(won.value, dim.alpha, dim.beta);
            }
        }
    }
    //@end
}
