// conv_rows_depthwise: y[n,k,p,q] = f(bias[k] + sum over r,s of weight[k,r,s] * x[n, k / multiple, p*stride + r*dilation - pad, …])
//
// conv_rows where every group has one channel of x: one kernel a subgroup, BLOCKS × 32 neighbours along the plane. x comes
// as conv_rows_x lays it out; a row of weights is loaded one a lane and handed round.
// grid  (tiles of the plane, kernels, images)

//@use activate
//@use neighbours

struct Params {
    k: u32, groups: u32, multiple: u32,       // kernels, channels of x, kernels a channel
    p: u32, q: u32, r: u32,
    len4: u32, w4: u32, last: u32,            // vec4s of a plane of x and of one of its rows; the last vec4 of x
    phases_h: u32, stride_h: u32, dilation_h: u32,
    alpha: f32, beta: f32,
}

@group(0) @binding(0) var<storage, read>       x:      array<vec4<f32>>;
@group(0) @binding(1) var<storage, read>       weight: array<f32>;
@group(0) @binding(2) var<storage, read>       bias:   array<f32>; // the weight again where there is none
@group(0) @binding(3) var<storage, read_write> y:      array<Y>;
@group(0) @binding(4) var<uniform>             dim:    Params;

alias Y = vec4<f32>; //@set or f32
const VEC_Y: u32 = 1u; //@set as Y says: q is a multiple of 4
const S: u32 = 1u; //@set
const STRIDE: u32 = 1u; //@set
const DILATION: u32 = 1u; //@set
const PHASES: u32 = 1u; //@set
const BLOCKS: u32 = 1u; //@set
const BIAS: bool = true; //@set
const FUNCTION: u32 = 0u; //@set

const f = 0u;
const m = 0u;
const s = 0u;
const e = 0u;

@compute @workgroup_size(8)
fn conv_rows_depthwise(@builtin(workgroup_id) group: vec3<u32>, @builtin(subgroup_invocation_id) lane: u32) {
    let a0 = group.x * BLOCKS * 8u;
    let k = group.y;
    //@for m in 0..BLOCKS
    var sum_m = vec4<f32>();
    //@end
    let plane = (group.z * dim.groups + k / dim.multiple) * dim.phases_h * PHASES * dim.len4;
    for (var r = 0u; r < dim.r; r++) {
        let tap = r * dim.dilation_h;
        let start = plane + tap % dim.stride_h * PHASES * dim.len4 + tap / dim.stride_h * dim.w4 + a0;
        let w = weight[(k * dim.r + r) * S + min(lane, S - 1u)];
        //@for f in 0..PHASES
        //@for m in 0..BLOCKS+1
        let x_f_m = x[min(start + f * dim.len4 + m * 8u + lane * (1u - m / BLOCKS), dim.last)]; // the last: one for all
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
        //@for s in 0..S
        //@for f in s*DILATION%STRIDE..s*DILATION%STRIDE+1
        let t_s = subgroupShuffle(w, s);
        //@for m in 0..BLOCKS
        sum_m += t_s * neighbours(x_f_m, next_f_m, s * DILATION / STRIDE);
        //@end
        //@end
        //@end
    }

    var b = 0.0;
    if BIAS { b = bias[k]; }
    //@for m in 0..BLOCKS
    {
        let a = a0 + m * 8u + lane;
        let p = a / dim.w4;
        let q = a % dim.w4 * 4u;
        let count = select(0u, dim.q - min(q, dim.q), p < dim.p);
        let value = activate(FUNCTION, sum_m + b, dim.alpha, dim.beta);
        let at = ((group.z * dim.k + k) * dim.p + p) * dim.q + q;
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
    //@end
}
