// conv_inner_dweight_few: dweight[c,r,s,k] = sum over p,q,n of dy[k,p,q,n] * x[c, p*stride + r*dilation - pad, …, n]
//
// conv_inner_dweight for few channels, as first layers have them: lanes are kernels, and the patch of x under COLUMNS
// windows is loaded one element a lane and handed round. A subgroup of 8 makes 8 kernels × R × S taps of one channel,
// and one part of the sum.
// grid  (tiles of k, c, groups × parts)

//@use quad

struct Params {
    n: u32, n4: u32, c: u32, k: u32, k4: u32, // images and their vec4s; channels and kernels of one group; vec4s of all kernels
    h: u32, w: u32, p: u32, q: u32,           // x is [groups * c, h, w, n4], dy before pooling [groups * k, p, q, n4]
    stride_h: u32, dilation_h: u32, pad_h: u32, pad_w: u32,
    parts: u32, rows: u32,                    // rows p of a part
    images: u32,                              // vec4s of images of a part
    weights4: u32,                            // vec4s of one part of dweight
}

@group(0) @binding(0) var<storage, read>       x:       array<Quad>;
@group(0) @binding(1) var<storage, read>       dy:      array<Quad>;
@group(0) @binding(2) var<storage, read>       code:    array<u32>;       // x again without POOL
@group(0) @binding(3) var<storage, read_write> dweight: array<f32>;
@group(0) @binding(4) var<storage, read_write> dbias:   array<f32>;       // written with BIAS only
@group(0) @binding(5) var<uniform>             dim:     Params;

const R: u32 = 1u; //@set
const S: u32 = 1u; //@set
const STRIDE: u32 = 1u; //@set
const DILATION: u32 = 1u; //@set
const COLUMNS: u32 = 2u; //@set
const POOL: u32 = 0u; //@set
const BIAS: bool = true; //@set
// The patch: R rows of so many columns.
const WIDTH: u32 = (COLUMNS - 1u) * STRIDE + (S - 1u) * DILATION + 1u;

const v = 0u;
const i = 0u;
const e = 0u;
const r = 0u;
const s = 0u;
const l = 0u;
const a = 0u;

@compute @workgroup_size(8)
fn conv_inner_dweight_few(@builtin(workgroup_id) group: vec3<u32>, @builtin(subgroup_invocation_id) lane: u32) {
    let g = group.z / dim.parts;
    let part = group.z % dim.parts;
    let k = group.x * 8u + lane;
    let at_k = g * dim.k + min(k, dim.k - 1u);
    let at_c = (g * dim.c + group.y) * dim.h;
    // The part's rows and images: parts run through rows first.
    let row_parts = (dim.p + dim.rows - 1u) / dim.rows;
    let first_p = part % row_parts * dim.rows;
    let first_n = part / row_parts * dim.images;

    //@for v in 0..(R*WIDTH+7)/8
    let e_v = min(v * 8u + lane, R * WIDTH - 1u);
    let down_v = e_v / WIDTH * dim.dilation_h - dim.pad_h; // both may wrap below zero
    let right_v = e_v % WIDTH - dim.pad_w;
    //@end
    //@for r in 0..R
    //@for s in 0..S
    var sum_r_s = 0.0;
    //@end
    //@end
    var bias = vec4<f32>();
    for (var p = first_p; p < min(first_p + dim.rows, dim.p); p++) {
        for (var q0 = 0u; q0 < dim.q; q0 += COLUMNS) {
            // Images innermost: neighbours share a cache line.
            for (var n = first_n; n < min(first_n + dim.images, dim.n4); n++) {
                // The last vec4 may hold images that are not there: their dy counts 0.
                let there = select(vec4<f32>(), vec4<f32>(1.0), vec4<u32>(n * 4u) + vec4<u32>(0u, 1u, 2u, 3u) < vec4<u32>(dim.n));
                //@for v in 0..(R*WIDTH+7)/8
                let row_v = p * dim.stride_h + down_v;
                let col_v = q0 * STRIDE + right_v;
                let near_v = quad(x[((at_c + min(row_v, dim.h - 1u)) * dim.w + min(col_v, dim.w - 1u)) * dim.n4 + n]);
                let x_v = select(vec4<f32>(), near_v, row_v < dim.h && col_v < dim.w);
                //@end
                //@for i in 0..COLUMNS
                var dy_i = vec4<f32>();
                //@end
                //@for once in 0..1-POOL
                //@for i in 0..COLUMNS
                let at_i = ((at_k * dim.p + p) * dim.q + min(q0 + i, dim.q - 1u)) * dim.n4 + n;
                dy_i = select(vec4<f32>(), quad(dy[at_i]) * there, q0 + i < dim.q);
                bias += dy_i;
                //@end
                //@end
                //@for once in 0..POOL
                //@for a in 0..COLUMNS/2
                let half_a = q0 / 2u + a;
                let spot_a = ((at_k * (dim.p / 2u) + min(p / 2u, dim.p / 2u - 1u)) * (dim.q / 2u)
                    + min(half_a, dim.q / 2u - 1u)) * dim.n4 + n;
                let won_a = select(vec4<f32>(), quad(dy[spot_a]) * there, half_a < dim.q / 2u && p / 2u < dim.p / 2u);
                let place_a = (vec4<u32>(code[spot_a]) >> vec4<u32>(0u, 8u, 16u, 24u)) & vec4<u32>(3u);
                //@end
                //@for i in 0..COLUMNS
                //@for a in i/2..i/2+1
                dy_i = select(vec4<f32>(), won_a, place_a == vec4<u32>((p & 1u) * 2u + i % 2u));
                bias += dy_i;
                //@end
                //@end
                //@end
                //@for r in 0..R
                {
                    //@for e in r*WIDTH..(r+1)*WIDTH
                    //@for v in e/8..e/8+1
                    //@for l in e%8..e%8+1
                    let t_e = subgroupShuffle(x_v, l);
                    //@end
                    //@end
                    //@end
                    //@for s in 0..S
                    //@for i in 0..COLUMNS
                    //@for e in r*WIDTH+i*STRIDE+s*DILATION..r*WIDTH+i*STRIDE+s*DILATION+1
                    sum_r_s += dot(t_e, dy_i);
                    //@end
                    //@end
                    //@end
                }
                //@end
            }
        }
    }

    // Padding of dweight stays zero.
    if k < (dim.k + 3u) / 4u * 4u {
        //@for r in 0..R
        //@for s in 0..S
        let at_r_s = part * dim.weights4 * 4u + ((group.y * R + r) * S + s) * dim.k4 * 4u + g * dim.k + k;
        dweight[at_r_s] = select(0.0, sum_r_s, k < dim.k);
        //@end
        //@end
    }
    if BIAS && group.y == 0u && k < dim.k {
        dbias[part * dim.k4 * 4u + g * dim.k + k] = dot(bias, vec4<f32>(1.0));
    }
}
