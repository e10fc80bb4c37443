// average_pool_dx: dx[n,c,h,w] = sum of dy[n,c,p,q] / taps that count, over the windows p,q that hold x[n,c,h,w]
//
// One invocation makes one Element of dx.
// grid  flat over dx in Elements

//@use index
//@use element
//@use window

struct Params {
    planes: u32, inner: u32,      // x is [planes, d, h, w, inner], y is [planes, o, p, q, inner] of Elements
    d: u32, h: u32, w: u32,
    o: u32, p: u32, q: u32,
    t: u32, r: u32, s: u32,       // taps of a window along each axis
    stride_d: u32, stride_h: u32, stride_w: u32,
    dilation_d: u32, dilation_h: u32, dilation_w: u32,
    pad_d: u32, pad_h: u32, pad_w: u32,
    // Where taps count, from the begin of the padding: in x, or in the padding too.
    low_d: u32, low_h: u32, low_w: u32,
    high_d: u32, high_h: u32, high_w: u32,
}

@group(0) @binding(0) var<storage, read>       dy:  array<Element>;
@group(0) @binding(1) var<storage, read_write> dx:  array<Element>;
@group(0) @binding(2) var<uniform>             dim: Params;

const WORKGROUP: u32 = 64u; //@set

@compute @workgroup_size(WORKGROUP)
fn average_pool_dx(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = flat_id(id, groups.x * WORKGROUP);
    if i >= dim.planes * dim.d * dim.h * dim.w * dim.inner { return; }

    let lane = i % dim.inner;
    let w = i / dim.inner % dim.w;
    let h = i / (dim.inner * dim.w) % dim.h;
    let d = i / (dim.inner * dim.w * dim.h) % dim.d;
    let plane = i / (dim.inner * dim.w * dim.h * dim.d);

    let along_d = Axis(dim.d, dim.o, dim.t, dim.stride_d, dim.dilation_d, dim.pad_d);
    let along_h = Axis(dim.h, dim.p, dim.r, dim.stride_h, dim.dilation_h, dim.pad_h);
    let along_w = Axis(dim.w, dim.q, dim.s, dim.stride_w, dim.dilation_w, dim.pad_w);
    let in_d = holders(d, along_d);
    let in_h = holders(h, along_h);
    let in_w = holders(w, along_w);
    var sum = Element(0.0);
    for (var o = in_d.x; o < in_d.y; o++) {
        let count_d = counted(o, along_d, dim.low_d, dim.high_d);
        for (var p = in_h.x; p < in_h.y; p++) {
            let count_h = counted(p, along_h, dim.low_h, dim.high_h);
            for (var q = in_w.x; q < in_w.y; q++) {
                if holds(o, d, along_d) && holds(p, h, along_h) && holds(q, w, along_w) {
                    let at = (((plane * dim.o + o) * dim.p + p) * dim.q + q) * dim.inner + lane;
                    let count_w = counted(q, along_w, dim.low_w, dim.high_w);
                    sum += dy[at] / f32(max(count_d * count_h * count_w, 1u));
                }
            }
        }
    }
    dx[i] = sum;
}
