// conv_inner_dx_row: dx[c,h,w,n] = slope(x) * sum over k,r,s of weight[c,r,s,k] * dy[k, h + pad - r, w + pad - s, n]
//
// conv_inner_dx for narrow images and stride 1: a subgroup of 8 makes whole rows, COLUMNS wide, of CHANNELS for 32 images.
// Which taps reach which of the Q columns of dy is in the text, so that nothing is multiplied by what lies outside.
// grid  (n / 32, h, groups × tiles of c)

//@use activate

struct Params {
    n4: u32, c: u32, k: u32, k4: u32,  // vec4s of images; channels of one group; kernels of one group; vec4s of all kernels
    h: u32, p: u32,                    // dx is [groups * c, h, COLUMNS, n4], dy before pooling [groups * k, p, Q, n4]
    r: u32, pad_h: u32,
    tiles_c: u32,
    alpha: f32, beta: f32,
}

@group(0) @binding(0) var<storage, read>       dy:     array<vec4<f32>>;
@group(0) @binding(1) var<storage, read>       weight: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read>       code:   array<u32>;       // the weight again without POOL
@group(0) @binding(3) var<storage, read>       x:      array<vec4<f32>>; // the weight again without FUNCTION
@group(0) @binding(4) var<storage, read_write> dx:     array<vec4<f32>>;
@group(0) @binding(5) var<uniform>             dim:    Params;

const S: u32 = 1u; //@set
const PAD: u32 = 0u; //@set
const Q: u32 = 1u; //@set even with POOL
const CHANNELS: u32 = 1u; //@set
const COLUMNS: u32 = 1u; //@set
const POOL: u32 = 0u; //@set
const FUNCTION: u32 = 0u; //@set

const v = 0u;
const j = 0u;
const i = 0u;
const s = 0u;
const l = 0u;
const a = 0u;

@compute @workgroup_size(8)
fn conv_inner_dx_row(@builtin(workgroup_id) group: vec3<u32>, @builtin(subgroup_invocation_id) lane: u32) {
    let n = min(group.x * 8u + lane, dim.n4 - 1u);
    let h = group.y;
    let part = group.z / dim.tiles_c;
    let c0 = min(group.z % dim.tiles_c * CHANNELS, dim.c - CHANNELS);

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
    let top = h + dim.pad_h;
    for (var p = max(top + 1u, dim.r) - dim.r; p < min(top + 1u, dim.p); p++) {
        let r = top - p;
        for (var k4 = 0u; k4 * 4u < dim.k; k4++) {
            //@for v in 0..(S*CHANNELS+7)/8
            let four_v = weight[from_v + r * S * dim.k4 + k4];
            //@end
            var pick = vec4<f32>(1.0, 0.0, 0.0, 0.0);
            for (var k = k4 * 4u; k < min(k4 * 4u + 4u, dim.k); k++) {
                //@for v in 0..(S*CHANNELS+7)/8
                let w_v = dot(four_v, pick);
                //@end
                pick = vec4<f32>(0.0, pick.xyz);
                //@for j in 0..Q
                var dy_j = vec4<f32>();
                //@end
                //@for once in 0..1-POOL
                let row = ((part * dim.k + k) * dim.p + p) * Q * dim.n4 + n;
                //@for j in 0..Q
                dy_j = dy[row + j * dim.n4];
                //@end
                //@end
                //@for once in 0..POOL
                let at = ((part * dim.k + k) * (dim.p / 2u) + min(p / 2u, dim.p / 2u - 1u)) * (Q / 2u) * dim.n4 + n;
                let below = select((p & 1u) * 2u, 4u, p / 2u >= dim.p / 2u); // an odd last row is nobody's
                //@for a in 0..Q/2
                let won_a = dy[at + a * dim.n4];
                let place_a = (vec4<u32>(code[at + a * dim.n4]) >> vec4<u32>(0u, 8u, 16u, 24u)) & vec4<u32>(3u);
                //@end
                //@for j in 0..Q
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
                    //@for s in max(i+PAD+1,Q)-Q..min(i+PAD+1,S)
                    //@for j in i+PAD-s..i+PAD-s+1
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
    if live {
        let at = (((part * dim.c + c0 + a) * dim.h + h) * COLUMNS + i) * dim.n4 + n;
        var slope = vec4<f32>(1.0);
        if FUNCTION != 0u { slope = slope_y(FUNCTION, x[at], dim.alpha, dim.beta); }
        dx[at] = sum_a_i * slope;
    }
    //@end
    //@end
}
