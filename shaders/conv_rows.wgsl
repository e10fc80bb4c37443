// conv_rows: y[n,k,p,q] = f(bias[k] + sum over c,r,s of weight[c,r,s,k] * x[n, c, p*stride + r*dilation - pad, …])
//
// Row-major, for few images: lanes are pixels. x comes as conv_rows_x lays it out, padded rows one behind the other, so
// that a tap is a fixed distance along the plane and nothing has an edge; what is computed between rows is not stored.
// A subgroup of 8 makes O4*4 channels × BLOCKS × 32 neighbours along the plane. Weights are loaded one vec4 a lane and
// handed round; the columns to the right come from the next lane.
// grid  (tiles of the plane, tiles of k, images × groups)

//@use activate
//@use neighbours
//@use quad

struct Params {
    c: u32, k: u32, k4: u32,                  // channels of one group; kernels and their vec4s
    p: u32, q: u32, r: u32,
    len4: u32, w4: u32, last: u32,            // vec4s of a plane of x and of one of its rows; the last vec4 of x
    phases_h: u32, stride_h: u32, dilation_h: u32,
    groups: u32, k4_group: u32,               // groups, and vec4s of kernels in one
    alpha: f32, beta: f32,
}

@group(0) @binding(0) var<storage, read>       x:      array<Quad>;
@group(0) @binding(1) var<storage, read>       weight: array<Quad>;
@group(0) @binding(2) var<storage, read>       bias:   array<Quad>; // the weight again where there is none
@group(0) @binding(3) var<storage, read_write> y:      array<Y>;
@group(0) @binding(4) var<uniform>             dim:    Params;

alias Y = vec4<f32>; //@set or f32
const VEC_Y: u32 = 1u; //@set as Y says: q is a multiple of 4
const S: u32 = 1u; //@set
const STRIDE: u32 = 1u; //@set
const DILATION: u32 = 1u; //@set
const PHASES: u32 = 1u; //@set
const O4: u32 = 1u; //@set
const BLOCKS: u32 = 1u; //@set
const BIAS: bool = true; //@set
const FUNCTION: u32 = 0u; //@set

const v = 0u;
const f = 0u;
const m = 0u;
const o = 0u;
const s = 0u;
const l = 0u;
const e = 0u;

fn put(at: u32, count: u32, value: vec4<f32>) {
    const only = 0u;
    //@for only in 0..VEC_Y
    if count > 0u { y[at / 4u] = value; }
    //@end
    //@for only in VEC_Y..1
    if count > 0u { y[at] = Y(value.x); }
    if count > 1u { y[at + 1u] = Y(value.y); }
    if count > 2u { y[at + 2u] = Y(value.z); }
    if count > 3u { y[at + 3u] = Y(value.w); }
    //@end
}

@compute @workgroup_size(8)
fn conv_rows(@builtin(workgroup_id) group: vec3<u32>, @builtin(subgroup_invocation_id) lane: u32) {
    let a0 = group.x * BLOCKS * 8u;
    let image = group.z / dim.groups;
    let part = group.z % dim.groups;
    let k0 = part * dim.k4_group + min(group.y * O4, dim.k4_group - O4);

    // Lane e of load v brings tap e / O4, kernels e % O4.
    //@for v in 0..(S*O4+7)/8
    let e_v = min(v * 8u + lane, S * O4 - 1u);
    let from_v = e_v / O4 * dim.k4 + k0 + e_v % O4;
    //@end
    //@for o in 0..O4
    //@for m in 0..BLOCKS
    var sum_o_m = mat4x4<f32>(); // a column for each of four kernels
    //@end
    //@end
    let plane = dim.phases_h * PHASES * dim.len4; // of one channel
    for (var r = 0u; r < dim.r; r++) {
        let tap = r * dim.dilation_h;
        var base = group.z * dim.c * plane + tap % dim.stride_h * PHASES * dim.len4 + tap / dim.stride_h * dim.w4 + a0;
        for (var c = 0u; c < dim.c; c++) {
            //@for v in 0..(S*O4+7)/8
            let w_v = quad(weight[(c * dim.r + r) * S * dim.k4 + from_v]);
            //@end
            //@for f in 0..PHASES
            //@for m in 0..BLOCKS+1
            let x_f_m = quad(x[min(base + f * dim.len4 + m * 8u + lane * (1u - m / BLOCKS), dim.last)]); // the last: one for all
            //@end
            //@for e in 0..BLOCKS
            //@for m in e+1..e+2
            let beyond_f_e = subgroupShuffle(x_f_m, 0u);
            //@end
            //@for m in e..e+1
            let next_f_m = select(subgroupShuffle(x_f_m, (lane + 1u) % 8u), beyond_f_e, lane == 7u);
            //@end
            //@end
            //@end
            base += plane;
            //@for s in 0..S
            //@for f in s*DILATION%STRIDE..s*DILATION%STRIDE+1
            //@for m in 0..BLOCKS
            let tap_s_m = neighbours(x_f_m, next_f_m, s * DILATION / STRIDE);
            //@end
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
                //@for m in 0..BLOCKS
                //@for s in 0..S
                sum_o_m[e] += t_s[e] * tap_s_m;
                //@end
                //@end
                //@end
            }
            //@end
        }
    }

    //@for m in 0..BLOCKS
    {
        let a = a0 + m * 8u + lane;
        let p = a / dim.w4;
        let q = a % dim.w4 * 4u;
        let inside = select(0u, dim.q - min(q, dim.q), p < dim.p);
        //@for o in 0..O4
        {
            let k = (k0 + o) * 4u;
            var b = vec4<f32>();
            if BIAS { b = quad(bias[k0 + o]); }
            //@for e in 0..4
            {
                let value = activate(FUNCTION, sum_o_m[e] + b[e], dim.alpha, dim.beta);
                put(((image * dim.k + k + e) * dim.p + p) * dim.q + q, select(0u, inside, k + e < dim.k), value);
            }
            //@end
        }
        //@end
    }
    //@end
}
