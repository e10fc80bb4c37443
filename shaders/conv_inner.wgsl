// conv_inner: y[k,p,q,n] = f(bias[k] + sum over c,r,s of weight[c,r,s,k] * x[c, p*stride + r*dilation - pad, …, n])
//
// Batch-innermost: a lane holds four images, so no edge lies inside a vector and weights are the same for all lanes.
// A subgroup of 8 makes O4*4 channels × ROWS × COLUMNS of y for 32 images. Weights are loaded one vec4 a lane and handed
// round; overhanging tiles are moved back and make the same values twice. With POOL the tile's 2×2 blocks leave their
// maximum alone, and `code` the place (0..3 in row order, the first among equals) of each winner, a byte an image.
// grid  (n / 32, tiles of p × q, groups × tiles of k)

//@use activate

struct Params {
    n4: u32, c: u32, k: u32, k4: u32,  // vec4s of images; channels of one group; kernels and their vec4s
    h: u32, w: u32, p: u32, q: u32,    // x is [groups * c, h, w, n4], y before pooling [k, p, q, n4]
    r: u32,
    stride_h: u32, dilation_h: u32, pad_h: u32, pad_w: u32,
    tiles_q: u32,                      // tiles along q
    tiles_k: u32, k4_group: u32,       // tiles of kernels in a group, vec4s of kernels in a group
    alpha: f32, beta: f32,
}

@group(0) @binding(0) var<storage, read>       x:      array<vec4<f32>>;
@group(0) @binding(1) var<storage, read>       weight: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read>       bias:   array<vec4<f32>>; // the weight again where there is none
@group(0) @binding(3) var<storage, read_write> y:      array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> code:   array<u32>;       // a byte an image; written with POOL only
@group(0) @binding(5) var<uniform>             dim:    Params;

const S: u32 = 1u; //@set
const STRIDE: u32 = 1u; //@set
const DILATION: u32 = 1u; //@set
const O4: u32 = 1u; //@set
const ROWS: u32 = 1u; //@set
const COLUMNS: u32 = 1u; //@set
const POOL: u32 = 0u; //@set
const PADDED: bool = true; //@set
const BIAS: bool = true; //@set
const FUNCTION: u32 = 0u; //@set

const v = 0u;
const m = 0u;
const j = 0u;
const o = 0u;
const s = 0u;
const l = 0u;
const i = 0u;
const u = 0u;
const a = 0u;

fn put(k: u32, at: u32, n: u32, live: bool, sum: vec4<f32>) {
    if live && k < dim.k {
        y[(k * dim.p * dim.q + at) * dim.n4 + n] = activate(FUNCTION, sum, dim.alpha, dim.beta);
    }
}

// Larger, or NaN: it spreads as in PyTorch.
fn beats(a: vec4<f32>, b: vec4<f32>) -> vec4<bool> {
    return (a > b) | (a != a);
}

fn put_winner(
    k: u32, at: u32, n: u32, live: bool,
    c0: vec4<f32>, c1: vec4<f32>, c2: vec4<f32>, c3: vec4<f32>, b: f32,
) {
    let right = beats(c1, c0);
    let right_below = beats(c3, c2);
    let above = select(c0, c1, right);
    let below = select(c2, c3, right_below);
    let lower = beats(below, above);
    let in_row = select(vec4<u32>(right), vec4<u32>(right_below) + 2u, lower);
    let place = in_row << vec4<u32>(0u, 8u, 16u, 24u);
    if live && k < dim.k {
        let i = (k * (dim.p / 2u) * (dim.q / 2u) + at) * dim.n4 + n;
        y[i] = activate(FUNCTION, select(above, below, lower) + b, dim.alpha, dim.beta);
        code[i] = place.x | place.y | place.z | place.w;
    }
}

@compute @workgroup_size(8)
fn conv_inner(@builtin(workgroup_id) group: vec3<u32>, @builtin(subgroup_invocation_id) lane: u32) {
    let n = min(group.x * 8u + lane, dim.n4 - 1u);
    let p0 = min(group.y / dim.tiles_q * ROWS, dim.p - ROWS);
    let q0 = min(group.y % dim.tiles_q * COLUMNS, dim.q - COLUMNS);
    let part = group.z / dim.tiles_k;
    let k0 = part * dim.k4_group + min(group.z % dim.tiles_k * O4, dim.k4_group - O4);

    // Lane e of load v brings tap e / O4, kernels e % O4.
    //@for v in 0..(S*O4+7)/8
    let e_v = min(v * 8u + lane, S * O4 - 1u);
    let from_v = e_v / O4 * dim.k4 + k0 + e_v % O4;
    //@end
    //@for o in 0..O4
    //@for m in 0..ROWS
    //@for i in 0..COLUMNS
    var sum_x_o_m_i = vec4<f32>();
    var sum_y_o_m_i = vec4<f32>();
    var sum_z_o_m_i = vec4<f32>();
    var sum_w_o_m_i = vec4<f32>();
    //@end
    //@end
    //@end
    let col0 = q0 * STRIDE - dim.pad_w; // wraps in the padding: huge, and fails the tests below
    for (var c = 0u; c < dim.c; c++) {
        for (var r = 0u; r < dim.r; r++) {
            let base = (c * dim.r + r) * S * dim.k4;
            //@for v in 0..(S*O4+7)/8
            let w_v = weight[base + from_v];
            //@end
            //@for m in 0..ROWS
            let row_m = (p0 + m) * dim.stride_h + r * dim.dilation_h - dim.pad_h;
            let at_m = (part * dim.c + c) * dim.h + min(row_m, dim.h - 1u);
            //@for j in 0..(COLUMNS-1)*STRIDE+(S-1)*DILATION+1
            var x_m_j = x[(at_m * dim.w + min(col0 + j, dim.w - 1u)) * dim.n4 + n];
            if PADDED { x_m_j = select(vec4<f32>(), x_m_j, row_m < dim.h && col0 + j < dim.w); }
            //@end
            //@end
            //@for s in 0..S
            //@for o in 0..O4
            //@for v in (s*O4+o)/8..(s*O4+o)/8+1
            //@for l in (s*O4+o)%8..(s*O4+o)%8+1
            {
                let t = subgroupShuffle(w_v, l);
                //@for m in 0..ROWS
                //@for i in 0..COLUMNS
                //@for j in i*STRIDE+s*DILATION..i*STRIDE+s*DILATION+1
                sum_x_o_m_i += t.x * x_m_j;
                sum_y_o_m_i += t.y * x_m_j;
                sum_z_o_m_i += t.z * x_m_j;
                sum_w_o_m_i += t.w * x_m_j;
                //@end
                //@end
                //@end
            }
            //@end
            //@end
            //@end
            //@end
        }
    }

    let live = group.x * 8u + lane < dim.n4;
    //@for o in 0..O4
    {
        let k = (k0 + o) * 4u;
        var b = vec4<f32>();
        if BIAS { b = bias[k0 + o]; }
        //@for once in 0..1-POOL
        //@for m in 0..ROWS
        //@for i in 0..COLUMNS
        {
            let at = (p0 + m) * dim.q + q0 + i;
            put(k, at, n, live, sum_x_o_m_i + b.x);
            put(k + 1u, at, n, live, sum_y_o_m_i + b.y);
            put(k + 2u, at, n, live, sum_z_o_m_i + b.z);
            put(k + 3u, at, n, live, sum_w_o_m_i + b.w);
        }
        //@end
        //@end
        //@end
        //@for u in 0..POOL*ROWS/2
        //@for a in 0..COLUMNS/2
        {
        //@for m in u*2..u*2+1
        //@for i in a*2..a*2+1
        let x0 = sum_x_o_m_i;
        let y0 = sum_y_o_m_i;
        let z0 = sum_z_o_m_i;
        let w0 = sum_w_o_m_i;
        //@end
        //@for i in a*2+1..a*2+1+1
        let x1 = sum_x_o_m_i;
        let y1 = sum_y_o_m_i;
        let z1 = sum_z_o_m_i;
        let w1 = sum_w_o_m_i;
        //@end
        //@end
        //@for m in u*2+1..u*2+2
        //@for i in a*2..a*2+1
        let x2 = sum_x_o_m_i;
        let y2 = sum_y_o_m_i;
        let z2 = sum_z_o_m_i;
        let w2 = sum_w_o_m_i;
        //@end
        //@for i in a*2+1..a*2+1+1
        let x3 = sum_x_o_m_i;
        let y3 = sum_y_o_m_i;
        let z3 = sum_z_o_m_i;
        let w3 = sum_w_o_m_i;
        //@end
        //@end
        let at = (p0 / 2u + u) * (dim.q / 2u) + q0 / 2u + a;
        put_winner(k, at, n, live, x0, x1, x2, x3, b.x);
        put_winner(k + 1u, at, n, live, y0, y1, y2, y3, b.y);
        put_winner(k + 2u, at, n, live, z0, z1, z2, z3, b.z);
        put_winner(k + 3u, at, n, live, w0, w1, w2, w3, b.w);
        }
        //@end
        //@end
    }
    //@end
}
