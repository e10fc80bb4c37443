// conv_inner: y[k,p,q,n] = f(bias[k] + sum over c,r,s of weight[c,r,s,k] * x[c, p*stride + r*dilation - pad, …, n])
//
// Batch-innermost: a lane holds four images, so no edge lies inside a vector and weights are the same for all lanes.
// A subgroup of 8 makes O4*4 channels × ROWS × COLUMNS of y for 32 images. Weights are loaded one vec4 a lane and handed
// round; overhanging tiles are moved back and make the same values twice. With POOL the tile's 2×2 blocks leave their
// maximum alone, and `code` the place of each winner, a byte an image. With CARRY (stride_h = dilation_h) the rows of x
// move up a tile as r moves down.
// grid  (n / 32, tiles of p × q, groups × tiles of k)

//@use activate
//@use quad
//@use winner

struct Params {
    n4: u32, c: u32, k: u32, k4: u32,  // vec4s of images; channels of one group; kernels and their vec4s
    h: u32, w: u32, p: u32, q: u32,    // x is [groups * c, h, w, n4], y before pooling [k, p, q, n4]
    r: u32,
    stride_h: u32, dilation_h: u32, pad_h: u32, pad_w: u32,
    tiles_q: u32, tiles_k: u32, k4_group: u32, // tiles along q; tiles and vec4s of kernels in a group
    alpha: f32, beta: f32,
}

@group(0) @binding(0) var<storage, read>       x:      array<Quad>;
@group(0) @binding(1) var<storage, read>       weight: array<Quad>;
@group(0) @binding(2) var<storage, read>       bias:   array<Quad>; // the weight again where there is none
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
const CARRY: u32 = 0u; //@set
const PADDED: bool = true; //@set
const BIAS: bool = true; //@set
const FUNCTION: u32 = 0u; //@set
// Columns of x under the tile.
const REACH: u32 = (COLUMNS - 1u) * STRIDE + (S - 1u) * DILATION + 1u;

const v = 0u;
const m = 0u;
const j = 0u;
const o = 0u;
const s = 0u;
const l = 0u;
const i = 0u;
const u = 0u;
const a = 0u;
const e = 0u;

fn fetch(at_c: u32, row: u32, col: u32, n: u32) -> vec4<f32> {
    let near = quad(x[((at_c + min(row, dim.h - 1u)) * dim.w + min(col, dim.w - 1u)) * dim.n4 + n]);
    return select(vec4<f32>(), near, !PADDED || (row < dim.h && col < dim.w));
}

fn put(k: u32, at: u32, n: u32, live: bool, won: Winner, b: f32) {
    if live && k < dim.k {
        let i = (k * (dim.p >> POOL) * (dim.q >> POOL) + at) * dim.n4 + n;
        y[i] = activate(FUNCTION, won.value + b, dim.alpha, dim.beta);
        let place = won.place << vec4<u32>(0u, 8u, 16u, 24u);
        if POOL == 1u { code[i] = place.x | place.y | place.z | place.w; }
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
    var sum_o_m_i = mat4x4<f32>(); // a column for each of four kernels
    //@end
    //@end
    //@end
    let row0 = p0 * dim.stride_h - dim.pad_h; // both wrap in the padding: huge, they fail the tests below
    let col0 = q0 * STRIDE - dim.pad_w;
    // With CARRY the taps r are the inner loop, else the channels: the longer inner loop hands over its sums less often.
    let outer_end = select(dim.r, dim.c, CARRY == 1u);
    let inner_end = select(dim.c, dim.r, CARRY == 1u);
    for (var outer = 0u; outer < outer_end; outer++) {
        //@for m in 0..ROWS
        //@for j in 0..REACH
        var x_m_j = vec4<f32>();
        //@end
        //@end
        //@for m in 1..1+CARRY*(ROWS-1)
        //@for j in 0..REACH
        x_m_j = fetch((part * dim.c + outer) * dim.h, row0 + (m - 1u) * dim.stride_h, col0 + j, n);
        //@end
        //@end
        for (var inner = 0u; inner < inner_end; inner++) {
            let c = select(inner, outer, CARRY == 1u);
            let r = select(outer, inner, CARRY == 1u);
            //@for v in 0..(S*O4+7)/8
            let w_v = quad(weight[(c * dim.r + r) * S * dim.k4 + from_v]);
            //@end
            //@for m in 1..1+CARRY*(ROWS-1)
            //@for j in 0..REACH
            {
                let up = x_m_j;
                //@for i in m-1..m
                //@for m in i..i+1
                x_m_j = up;
                //@end
                //@end
            }
            //@end
            //@end
            //@for m in CARRY*(ROWS-1)..ROWS
            //@for j in 0..REACH
            x_m_j = fetch((part * dim.c + c) * dim.h, row0 + m * dim.stride_h + r * dim.dilation_h, col0 + j, n);
            //@end
            //@end
            // A sum's products stand together: drivers keep this order, and the sum in a register meanwhile.
            //@for o in 0..O4
            {
                //@for s in 0..S
                //@for v in (s*O4+o)/8..(s*O4+o)/8+1
                //@for l in (s*O4+o)%8..(s*O4+o)%8+1
                let t_s = subgroupShuffle(w_v, l);
                //@end
                //@end
                //@end
                //@for e in 0..4
                //@for m in 0..ROWS
                //@for i in 0..COLUMNS
                //@for s in 0..S
                //@for j in i*STRIDE+s*DILATION..i*STRIDE+s*DILATION+1
                sum_o_m_i[e] += t_s[e] * x_m_j;
                //@end
                //@end
                //@end
                //@end
                //@end
            }
            //@end
        }
    }

    let live = group.x * 8u + lane < dim.n4;
    //@for o in 0..O4
    {
        let k = (k0 + o) * 4u;
        var b = vec4<f32>();
        if BIAS { b = quad(bias[k0 + o]); }
        //@for once in 0..1-POOL
        //@for m in 0..ROWS
        //@for i in 0..COLUMNS
        {
            let at = (p0 + m) * dim.q + q0 + i;
            //@for e in 0..4
            put(k + e, at, n, live, Winner(sum_o_m_i[e], vec4<u32>()), b[e]);
            //@end
        }
        //@end
        //@end
        //@end
        //@for u in 0..POOL*ROWS/2
        //@for a in 0..COLUMNS/2
        {
            let at = (p0 / 2u + u) * (dim.q / 2u) + q0 / 2u + a;
            //@for m in u*2..u*2+1
            //@for i in a*2..a*2+1
            let c0 = sum_o_m_i;
            //@end
            //@for i in a*2+1..a*2+1+1
            let c1 = sum_o_m_i;
            //@end
            //@end
            //@for m in u*2+1..u*2+2
            //@for i in a*2..a*2+1
            let c2 = sum_o_m_i;
            //@end
            //@for i in a*2+1..a*2+1+1
            let c3 = sum_o_m_i;
            //@end
            //@end
            //@for e in 0..4
            put(k + e, at, n, live, winner(c0[e], c1[e], c2[e], c3[e]), b[e]);
            //@end
        }
        //@end
        //@end
    }
    //@end
}
