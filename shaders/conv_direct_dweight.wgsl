// conv_direct_dweight: dweight[k,c,t,r,s] = sum over n,o,p,q of dy[n,k,o,p,q] * x[n, c, o*stride + t*dilation - pad, …]
//
// One invocation makes one dweight, row by row, so that each row's sum is short and the total stays exact.
// grid  flat over dweight

//@use index

struct Params {
    n: u32, c: u32, k: u32, groups: u32,  // x is [n, c, d, h, w], dy is [n, k, o, p, q]
    d: u32, h: u32, w: u32,
    o: u32, p: u32, q: u32,
    t: u32, r: u32, s: u32,               // dweight is [k, c / groups, t, r, s]
    stride_d: u32, stride_h: u32, stride_w: u32,
    dilation_d: u32, dilation_h: u32, dilation_w: u32,
    pad_d: u32, pad_h: u32, pad_w: u32,
    parts: u32,                           // of the sum over n; they lie one behind the other, in whole vec4s
}

@group(0) @binding(0) var<storage, read>       x:       array<f32>;
@group(0) @binding(1) var<storage, read>       dy:      array<f32>;
@group(0) @binding(2) var<storage, read_write> dweight: array<f32>;
@group(0) @binding(3) var<uniform>             dim:     Params;

const WORKGROUP: u32 = 64u; //@set

@compute @workgroup_size(WORKGROUP)
fn conv_direct_dweight(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = flat_id(id, groups.x * WORKGROUP);
    let channels = dim.c / dim.groups;
    let weights = dim.k * channels * dim.t * dim.r * dim.s;
    if i >= weights * dim.parts { return; }

    let s = i % dim.s;
    let r = i / dim.s % dim.r;
    let t = i / (dim.s * dim.r) % dim.t;
    let c = i / (dim.s * dim.r * dim.t) % channels;
    let k = i / (dim.s * dim.r * dim.t * channels) % dim.k;
    let part = i / weights;
    let channel = k / (dim.k / dim.groups) * channels + c;

    var sum = 0.0;
    for (var n = dim.n * part / dim.parts; n < dim.n * (part + 1u) / dim.parts; n++) {
        var image = 0.0;
        for (var o = 0u; o < dim.o; o++) {
            let z = o * dim.stride_d + t * dim.dilation_d - dim.pad_d; // wraps in the padding, as in conv_direct
            for (var p = 0u; p < dim.p; p++) {
                let row = p * dim.stride_h + r * dim.dilation_h - dim.pad_h;
                if z >= dim.d || row >= dim.h { continue; }
                let at_x = (((n * dim.c + channel) * dim.d + z) * dim.h + row) * dim.w;
                let at_dy = (((n * dim.k + k) * dim.o + o) * dim.p + p) * dim.q;
                var line = 0.0;
                for (var q = 0u; q < dim.q; q++) {
                    let col = q * dim.stride_w + s * dim.dilation_w - dim.pad_w;
                    if col < dim.w { line += dy[at_dy + q] * x[at_x + col]; }
                }
                image += line;
            }
        }
        sum += image;
    }
    dweight[part * ((weights + 3u) / 4u * 4u) + i % weights] = sum;
}
