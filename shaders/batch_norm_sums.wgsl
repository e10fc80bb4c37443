// batch_norm_sums: sum of g and of g * x̂ over each chunk of each channel, with x̂ = (x - mean) * inv_std, g = dy * slope
//
// One invocation makes one chunk: every chunks-th element of its channel. The slope is that of the activation behind the
// norm, if there is one. With POOL dy is the gradient behind a 2×2 max pooling of that, and goes to each block's winner.
// grid  flat over channel, chunk

//@use index
//@use normalised
//@use width4

struct Params {
    groups: u32, outer: u32, inner: u32, // x and dy are [outer, groups, inner] elements, a group is a channel
    chunks: u32,
    n: u32,                              // numbers along the innermost axis, of which the last element may hold fewer than 4
    eps: f32,
    rows: u32, columns: u32, line: u32,  // with POOL: rows and columns of blocks, and elements of a pixel
    alpha: f32, beta: f32,
}

@group(0) @binding(0) var<storage, read>       x:          array<Element>;
@group(0) @binding(1) var<storage, read>       dy:         array<Element>;
@group(0) @binding(2) var<storage, read>       statistics: array<f32>; // [2, groups]: mean, then inv_std, or the variance unless TRAINING
@group(0) @binding(3) var<storage, read>       weight:     array<f32>; // this and bias: statistics again with nothing behind the norm
@group(0) @binding(4) var<storage, read>       bias:       array<f32>;
@group(0) @binding(5) var<storage, read_write> parts:      array<vec4<f32>>; // [groups, chunks]: both sums, and the bias
@group(0) @binding(6) var<uniform>             dim:        Params;

const WORKGROUP: u32 = 64u; //@set
const RAGGED: bool = false; //@set elements at the end of each n are partly padding
const OUTER: bool = true; //@set outer is more than 1
const POOL: u32 = 0u; //@set
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
    var sum = Element();
    var along = Element();
    //@for once in 0..1-POOL
    let row = (dim.n + WIDTH - 1u) / WIDTH;
    for (var e = i % dim.chunks; e < dim.outer * dim.inner; e += dim.chunks) {
        var at = group * dim.inner + e;
        if OUTER { at = (e / dim.inner * dim.groups + group) * dim.inner + e % dim.inner; }
        let apart = x[at] - mean;
        var d = dy[at] * slope_at(apart * scale + shift, dim.alpha, dim.beta);
        var product = d * apart;
        if RAGGED {
            let real = inside(e % row * WIDTH, dim.n);
            d = select(Element(), d, real);
            product = select(Element(), product, real);
        }
        sum += d;
        along += product;
    }
    //@end
    //@for once in 0..POOL
    let pitch = dim.columns * 2u * dim.line;
    for (var p = i % dim.chunks; p < dim.rows; p += dim.chunks) {
        for (var q = 0u; q < dim.columns; q++) {
            let at = group * dim.inner + p * 2u * pitch + q * 2u * dim.line;
            let spot = ((group * dim.rows + p) * dim.columns + q) * dim.line;
            for (var n = 0u; n < dim.line; n++) {
                let a = x[at + n] - mean;
                let b = x[at + dim.line + n] - mean;
                let c = x[at + pitch + n] - mean;
                let e = x[at + pitch + dim.line + n] - mean;
                let won = winner(a * scale + shift, b * scale + shift, c * scale + shift, e * scale + shift);
                let right = (won.place & vec4<u32>(1u)) != vec4<u32>();
                let apart = select(select(a, b, right), select(c, e, right), won.place > vec4<u32>(1u));
                let d = dy[spot + n] * slope_at(won.value, dim.alpha, dim.beta);
                let real = inside(n * WIDTH, dim.n);
                sum += select(Element(), d, real);
                along += select(Element(), d * apart, real);
            }
        }
    }
    //@end
    parts[i] = vec4<f32>(across(sum), across(along) * inv_std, shift, 0.0);
}
