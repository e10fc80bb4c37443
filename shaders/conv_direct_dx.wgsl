// conv_direct_dx: dx[n,c,d,h,w] = sum over k,t,r,s of weight[k,c,t,r,s] * dy[n, k, o, p, q] where o*stride + t*dilation - pad = d, …
//
// One invocation makes one dx: it asks of each tap which output it helped to make, if any.
// grid  flat over dx

//@use index

struct Params {
    n: u32, c: u32, k: u32, groups: u32,  // dx is [n, c, d, h, w], dy is [n, k, o, p, q]
    d: u32, h: u32, w: u32,
    o: u32, p: u32, q: u32,
    t: u32, r: u32, s: u32,               // weight is [k, c / groups, t, r, s]
    stride_d: u32, stride_h: u32, stride_w: u32,
    dilation_d: u32, dilation_h: u32, dilation_w: u32,
    pad_d: u32, pad_h: u32, pad_w: u32,
}

@group(0) @binding(0) var<storage, read>       dy:     array<f32>;
@group(0) @binding(1) var<storage, read>       weight: array<f32>;
@group(0) @binding(2) var<storage, read_write> dx:     array<f32>;
@group(0) @binding(3) var<uniform>             dim:    Params;

const WORKGROUP: u32 = 64u; //@set

const NOWHERE = 0xffffffffu;

// The output coordinate whose window has this input coordinate under this tap, or NOWHERE.
fn source(at: u32, tap: u32, stride: u32, dilation: u32, pad: u32, outputs: u32) -> u32 {
    let shifted = at + pad - tap * dilation; // wraps below zero: then it is past all outputs
    if at + pad < tap * dilation || shifted % stride != 0u || shifted / stride >= outputs { return NOWHERE; }
    return shifted / stride;
}

@compute @workgroup_size(WORKGROUP)
fn conv_direct_dx(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = flat_id(id, groups.x * WORKGROUP);
    if i >= dim.n * dim.c * dim.d * dim.h * dim.w { return; }

    let w = i % dim.w;
    let h = i / dim.w % dim.h;
    let d = i / (dim.w * dim.h) % dim.d;
    let c = i / (dim.w * dim.h * dim.d) % dim.c;
    let n = i / (dim.w * dim.h * dim.d * dim.c);

    let channels = dim.c / dim.groups;
    let kernels = dim.k / dim.groups;
    let first = c / channels * kernels;
    let taps = dim.t * dim.r * dim.s;
    var sum = 0.0;
    for (var t = 0u; t < dim.t; t++) {
        let o = source(d, t, dim.stride_d, dim.dilation_d, dim.pad_d, dim.o);
        if o == NOWHERE { continue; }
        for (var r = 0u; r < dim.r; r++) {
            let p = source(h, r, dim.stride_h, dim.dilation_h, dim.pad_h, dim.p);
            if p == NOWHERE { continue; }
            for (var s = 0u; s < dim.s; s++) {
                let q = source(w, s, dim.stride_w, dim.dilation_w, dim.pad_w, dim.q);
                if q == NOWHERE { continue; }
                let tap = (t * dim.r + r) * dim.s + s;
                for (var k = first; k < first + kernels; k++) {
                    let at_weight = (k * channels + c % channels) * taps + tap;
                    let at_dy = (((n * dim.k + k) * dim.o + o) * dim.p + p) * dim.q + q;
                    sum += weight[at_weight] * dy[at_dy];
                }
            }
        }
    }
    dx[i] = sum;
}
