// conv_inner_dx: dx[c,h,w,n] = slope(x) * sum over k,r,s of weight[c,r,s,k] * dy[k,p,q,n] where p*stride + r*dilation - pad = h, …
//
// Batch-innermost, as conv_inner with the channels' roles swapped: a subgroup of 8 makes CHANNELS × COLUMNS of one row
// of dx for 32 images. A weight's vec4 holds four kernels: each turn of `pick` takes one of them from all lanes.
// With POOL dy is the gradient behind a 2×2 max pooling and `code` its winners: dy is spread out on the fly. With a
// FUNCTION the result is multiplied by the slope of the activation that made x, told by x.
// grid  (n / 32, tiles of h × w, groups × tiles of c)

//@use activate
//@use quad

struct Params {
    n4: u32, c: u32, k: u32, k4: u32,  // vec4s of images; channels of one group; kernels of one group; vec4s of all kernels
    h: u32, w: u32, p: u32, q: u32,    // dx is [groups * c, h, w, n4], dy before pooling [groups * k, p, q, n4]
    r: u32,
    stride_h: u32, dilation_h: u32, pad_h: u32,
    tiles_w: u32, tiles_c: u32,
    alpha: f32, beta: f32,
}

@group(0) @binding(0) var<storage, read>       dy:     array<Quad>;
@group(0) @binding(1) var<storage, read>       weight: array<Quad>;
@group(0) @binding(2) var<storage, read>       code:   array<u32>;       // the weight again without POOL
@group(0) @binding(3) var<storage, read>       x:      array<Quad>; // the weight again without FUNCTION
@group(0) @binding(4) var<storage, read_write> dx:     array<vec4<f32>>;
@group(0) @binding(5) var<uniform>             dim:    Params;

const S: u32 = 1u; //@set
const STRIDE: u32 = 1u; //@set
const DILATION: u32 = 1u; //@set
const PAD: u32 = 0u; //@set
const CHANNELS: u32 = 1u; //@set
const COLUMNS: u32 = 1u; //@set
const POOL: u32 = 0u; //@set
const FUNCTION: u32 = 0u; //@set
// dy columns to the left of w0 / STRIDE that the tile needs, even so that pooled pairs stay together.
const LEFT: u32 = (((S - 1u) * DILATION + STRIDE - 1u) / STRIDE + 1u) / 2u * 2u;
const REACH: u32 = LEFT + (COLUMNS - 1u + PAD) / STRIDE + 1u;

const v = 0u;
const j = 0u;
const i = 0u;
const s = 0u;
const l = 0u;
const a = 0u;

@compute @workgroup_size(8)
fn conv_inner_dx(@builtin(workgroup_id) group: vec3<u32>, @builtin(subgroup_invocation_id) lane: u32) {
    let n = min(group.x * 8u + lane, dim.n4 - 1u);
    let h = group.y / dim.tiles_w;
    let w0 = group.y % dim.tiles_w * COLUMNS; // a multiple of STRIDE, and even with POOL
    let part = group.z / dim.tiles_c;
    let c0 = min(group.z % dim.tiles_c * CHANNELS, dim.c - CHANNELS);
    let q0 = w0 / STRIDE - LEFT;              // wraps: huge, and fails the tests below

    // Lane e of load v brings tap e / CHANNELS of channel e % CHANNELS.
    //@for v in 0..(S*CHANNELS+7)/8
    let e_v = min(v * 8u + lane, S * CHANNELS - 1u);
    let from_v = ((c0 + e_v % CHANNELS) * dim.r * S + e_v / CHANNELS) * dim.k4 + part * dim.k / 4u;
    //@end
    //@for a in 0..CHANNELS
    //@for i in 0..COLUMNS
    var sum_a_i = vec4<f32>();
    //@end
    //@end
    // Rows p whose windows reach h. No branch in the loop: masks cost more than a row of zeros (dilation only).
    let top = h + dim.pad_h;
    let span = (dim.r - 1u) * dim.dilation_h;
    let first_p = select(0u, (top - span + dim.stride_h - 1u) / dim.stride_h, top > span);
    for (var p = first_p; p < min(top / dim.stride_h + 1u, dim.p); p++) {
        let down = top - p * dim.stride_h;
        let r = down / dim.dilation_h;
        let hit = down % dim.dilation_h == 0u;
        for (var k4 = 0u; k4 * 4u < dim.k; k4++) {
            //@for v in 0..(S*CHANNELS+7)/8
            let four_v = quad(weight[from_v + r * S * dim.k4 + k4]);
            //@end
            var pick = vec4<f32>(1.0, 0.0, 0.0, 0.0);
            for (var k = k4 * 4u; k < min(k4 * 4u + 4u, dim.k); k++) {
                //@for v in 0..(S*CHANNELS+7)/8
                let w_v = dot(four_v, pick);
                //@end
                pick = vec4<f32>(0.0, pick.xyz);
                let row = (part * dim.k + k) * (dim.p >> POOL) + (p >> POOL);
                //@for j in 0..REACH
                var dy_j = vec4<f32>();
                //@end
                //@for once in 0..1-POOL
                //@for j in 0..REACH
                dy_j = select(vec4<f32>(), quad(dy[(row * dim.q + min(q0 + j, dim.q - 1u)) * dim.n4 + n]), hit && q0 + j < dim.q);
                //@end
                //@end
                //@for once in 0..POOL
                //@for a in 0..(REACH+1)/2
                let half_a = u32(i32(q0) >> 1u) + a; // q0 is even, and may be a wrapped negative
                let at_a = (row * (dim.q / 2u) + min(half_a, dim.q / 2u - 1u)) * dim.n4 + n;
                let inside_a = hit && half_a < dim.q / 2u && (p >> 1u) < dim.p / 2u;
                let won_a = select(vec4<f32>(), quad(dy[at_a]), inside_a);
                let place_a = (vec4<u32>(code[at_a]) >> vec4<u32>(0u, 8u, 16u, 24u)) & vec4<u32>(3u);
                //@end
                let below = (p & 1u) * 2u;
                //@for j in 0..REACH
                //@for a in j/2..j/2+1
                dy_j = select(vec4<f32>(), won_a, place_a == vec4<u32>(below + j % 2u));
                //@end
                //@end
                //@end
                //@for a in 0..CHANNELS
                {
                    //@for s in 0..S
                    //@for v in (s*CHANNELS+a)/8..(s*CHANNELS+a)/8+1
                    //@for l in (s*CHANNELS+a)%8..(s*CHANNELS+a)%8+1
                    let t_s = subgroupShuffle(w_v, l);
                    //@end
                    //@end
                    //@end
                    //@for i in 0..COLUMNS
                    //@for s in 0..S
                    //@for j in (i+PAD+LEFT*STRIDE-s*DILATION)/STRIDE..(i+PAD+LEFT*STRIDE-s*DILATION)/STRIDE+1-((i+PAD+LEFT*STRIDE-s*DILATION)%STRIDE+STRIDE-1)/STRIDE
                    sum_a_i += t_s * dy_j;
                    //@end
                    //@end
                    //@end
                }
                //@end
            }
        }
    }

    let live = group.x * 8u + lane < dim.n4;
    //@for a in 0..CHANNELS
    //@for i in 0..COLUMNS
    if live && w0 + i < dim.w {
        let at = (((part * dim.c + c0 + a) * dim.h + h) * dim.w + w0 + i) * dim.n4 + n;
        var slope = vec4<f32>(1.0);
        if FUNCTION != 0u { slope = slope_y(FUNCTION, quad(x[at]), dim.alpha, dim.beta); }
        dx[at] = sum_a_i * slope;
    }
    //@end
    //@end
}
