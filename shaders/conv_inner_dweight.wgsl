// conv_inner_dweight: dweight[c,r,s,k] = sum over p,q,n of dy[k,p,q,n] * x[c, p*stride + r*dilation - pad, …, n]
//
// Batch-innermost. Lanes are channels of x; a subgroup of 8 makes 8 channels × S taps of one r × O4*4 kernels, and one
// part of the sum: some rows p for some vec4s of images. dy is loaded one kernel a lane and handed round. Parts lie one
// behind the other and are added in order later. The subgroups of r = 0 and the first channels also sum dbias.
// With POOL dy is the gradient behind a 2×2 max pooling and `code` its winners; then COLUMNS is even.
// grid  (tiles of c × tiles of k, r, groups × parts)

//@use quad

struct Params {
    n: u32, n4: u32, c: u32, k: u32, k4: u32, // images and their vec4s; channels and kernels of one group; vec4s of all kernels
    h: u32, w: u32, p: u32, q: u32,           // x is [groups * c, h, w, n4], dy before pooling [groups * k, p, q, n4]
    r: u32,
    stride_h: u32, dilation_h: u32, pad_h: u32, pad_w: u32,
    tiles_k: u32, parts: u32, rows: u32,      // rows p of a part
    images: u32,                              // vec4s of images of a part
    weights4: u32,                            // vec4s of one part of dweight
}

@group(0) @binding(0) var<storage, read>       x:       array<Quad>;
@group(0) @binding(1) var<storage, read>       dy:      array<Quad>;
@group(0) @binding(2) var<storage, read>       code:    array<u32>;       // x again without POOL
@group(0) @binding(3) var<storage, read_write> dweight: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> dbias:   array<f32>;       // written with BIAS only
@group(0) @binding(5) var<uniform>             dim:     Params;

const S: u32 = 1u; //@set
const STRIDE: u32 = 1u; //@set
const DILATION: u32 = 1u; //@set
const O4: u32 = 2u; //@set
const COLUMNS: u32 = 2u; //@set
const POOL: u32 = 0u; //@set
const BIAS: bool = true; //@set

const u = 0u;
const i = 0u;
const j = 0u;
const o = 0u;
const s = 0u;
const l = 0u;
const a = 0u;
const e = 0u;

@compute @workgroup_size(8)
fn conv_inner_dweight(@builtin(workgroup_id) group: vec3<u32>, @builtin(subgroup_invocation_id) lane: u32) {
    let g = group.z / dim.parts;
    let part = group.z % dim.parts;
    let c = group.x / dim.tiles_k * 8u + lane;
    let k0 = group.x % dim.tiles_k * O4 * 4u;
    let r = group.y;
    let at_c = (g * dim.c + min(c, dim.c - 1u)) * dim.h;
    // The part's rows and images: parts run through rows first.
    let row_parts = (dim.p + dim.rows - 1u) / dim.rows;
    let first_p = part % row_parts * dim.rows;
    let first_n = part / row_parts * dim.images;

    //@for u in 0..(O4+1)/2
    let at_k_u = g * dim.k + min(k0 + u * 8u + lane, dim.k - 1u);
    var bias_u = vec4<f32>();
    //@end
    //@for o in 0..O4
    //@for s in 0..S
    //@for e in 0..4
    var sum_e_o_s = 0.0;
    //@end
    //@end
    //@end
    for (var p = first_p; p < min(first_p + dim.rows, dim.p); p++) {
        let row = p * dim.stride_h + r * dim.dilation_h - dim.pad_h; // wraps above the image: past all rows
        let above = row >= dim.h;
        let at_row = (at_c + min(row, dim.h - 1u)) * dim.w;
        for (var q0 = 0u; q0 < dim.q; q0 += COLUMNS) {
            // Images innermost: neighbours share a cache line.
            for (var n = first_n; n < min(first_n + dim.images, dim.n4); n++) {
                // The last vec4 may hold images that are not there: their dy counts 0.
                let there = select(vec4<f32>(), vec4<f32>(1.0), vec4<u32>(n * 4u) + vec4<u32>(0u, 1u, 2u, 3u) < vec4<u32>(dim.n));
                //@for j in 0..(COLUMNS-1)*STRIDE+(S-1)*DILATION+1
                let col_j = q0 * STRIDE + j - dim.pad_w;
                var x_j = quad(x[(at_row + min(col_j, dim.w - 1u)) * dim.n4 + n]);
                x_j = select(x_j, vec4<f32>(), above || col_j >= dim.w);
                //@end
                //@for u in 0..(O4+1)/2
                //@for i in 0..COLUMNS
                var dy_u_i = vec4<f32>();
                //@end
                //@for once in 0..1-POOL
                //@for i in 0..COLUMNS
                let at_u_i = ((at_k_u * dim.p + p) * dim.q + min(q0 + i, dim.q - 1u)) * dim.n4 + n;
                dy_u_i = select(vec4<f32>(), quad(dy[at_u_i]) * there, q0 + i < dim.q);
                bias_u += dy_u_i;
                //@end
                //@end
                //@for once in 0..POOL
                //@for a in 0..COLUMNS/2
                let half_u_a = q0 / 2u + a;
                let spot_u_a = ((at_k_u * (dim.p / 2u) + min(p / 2u, dim.p / 2u - 1u)) * (dim.q / 2u)
                    + min(half_u_a, dim.q / 2u - 1u)) * dim.n4 + n;
                let won_u_a = select(vec4<f32>(), quad(dy[spot_u_a]) * there, half_u_a < dim.q / 2u && p / 2u < dim.p / 2u);
                let place_u_a = (vec4<u32>(code[spot_u_a]) >> vec4<u32>(0u, 8u, 16u, 24u)) & vec4<u32>(3u);
                //@end
                //@for i in 0..COLUMNS
                //@for a in i/2..i/2+1
                dy_u_i = select(vec4<f32>(), won_u_a, place_u_a == vec4<u32>((p & 1u) * 2u + i % 2u));
                bias_u += dy_u_i;
                //@end
                //@end
                //@end
                //@end
                //@for o in 0..O4
                //@for u in o/2..o/2+1
                //@for e in 0..4
                {
                    //@for l in o%2*4+e..o%2*4+e+1
                    //@for i in 0..COLUMNS
                    let t_i = subgroupShuffle(dy_u_i, l);
                    //@end
                    //@end
                    //@for s in 0..S
                    //@for i in 0..COLUMNS
                    //@for j in i*STRIDE+s*DILATION..i*STRIDE+s*DILATION+1
                    sum_e_o_s += dot(t_i, x_j);
                    //@end
                    //@end
                    //@end
                }
                //@end
                //@end
                //@end
            }
        }
    }

    if c < dim.c {
        //@for o in 0..O4
        let k_o = k0 + o * 4u;
        if k_o < dim.k {
            //@for s in 0..S
            let at_o_s = part * dim.weights4 + ((c * dim.r + r) * S + s) * dim.k4 + (g * dim.k + k_o) / 4u;
            let sum_o_s = vec4<f32>(
                //@for e in 0..4
                sum_e_o_s,
                //@end
            );
            // Padding of dweight stays zero: lanes past the last kernel repeat it.
            let real_o_s = vec4<u32>(k_o) + vec4<u32>(0u, 1u, 2u, 3u) < vec4<u32>(dim.k);
            dweight[at_o_s] = select(vec4<f32>(), sum_o_s, real_o_s);
            //@end
        }
        //@end
    }
    if BIAS && r == 0u && group.x / dim.tiles_k == 0u {
        //@for u in 0..(O4+1)/2
        if u * 8u + lane < O4 * 4u && k0 + u * 8u + lane < dim.k {
            dbias[part * dim.k4 * 4u + g * dim.k + k0 + u * 8u + lane] = dot(bias_u, vec4<f32>(1.0));
        }
        //@end
    }
}
