// max_pool_dx: dx[n,c,h,w] = sum of dy[n,c,p,q] over the windows p,q that x[n,c,h,w] won
//
// One invocation makes one Element of dx: it asks each window that holds it who won. The first in row order does
// among equals, the last NaN if there is one.
// grid  flat over dx in Elements

//@use index
//@use element
//@use window

struct Params {
    planes: u32, inner: u32,      // x is [planes, d, h, w, inner], dy is [planes, o, p, q, inner] of Elements
    d: u32, h: u32, w: u32,
    o: u32, p: u32, q: u32,
    t: u32, r: u32, s: u32,       // taps of a window along each axis
    stride_d: u32, stride_h: u32, stride_w: u32,
    dilation_d: u32, dilation_h: u32, dilation_w: u32,
    pad_d: u32, pad_h: u32, pad_w: u32,
}

@group(0) @binding(0) var<storage, read>       x:   array<Element>;
@group(0) @binding(1) var<storage, read>       dy:  array<Element>;
@group(0) @binding(2) var<storage, read_write> dx:  array<Element>;
@group(0) @binding(3) var<uniform>             dim: Params;

const WORKGROUP: u32 = 64u; //@set

// Whether x[i] won the window of y[o, p, q] in its plane.
fn won(i: u32, plane: u32, o: u32, p: u32, q: u32) -> Truth {
    let along_d = Axis(dim.d, dim.o, dim.t, dim.stride_d, dim.dilation_d, dim.pad_d);
    let along_h = Axis(dim.h, dim.p, dim.r, dim.stride_h, dim.dilation_h, dim.pad_h);
    let along_w = Axis(dim.w, dim.q, dim.s, dim.stride_w, dim.dilation_w, dim.pad_w);

    var best = Element(0.0);
    var mine = Truth(false);
    var empty = true; // the first tap inside wins whatever it is, -infinity too
    for (var t = 0u; t < taps(o, along_d); t++) {
        let d = first(o, along_d) + t * dim.dilation_d;
        for (var r = 0u; r < taps(p, along_h); r++) {
            let h = first(p, along_h) + r * dim.dilation_h;
            for (var s = 0u; s < taps(q, along_w); s++) {
                let w = first(q, along_w) + s * dim.dilation_w;
                if d < dim.d && h < dim.h && w < dim.w {
                    let at = (((plane * dim.d + d) * dim.h + h) * dim.w + w) * dim.inner + i % dim.inner;
                    let v = x[at];
                    let wins = beats(v, best) | Truth(empty);
                    best = select(best, v, wins);
                    mine = (mine & !wins) | (wins & Truth(at == i));
                    empty = false;
                }
            }
        }
    }
    return mine;
}

@compute @workgroup_size(WORKGROUP)
fn max_pool_dx(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
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
        for (var p = in_h.x; p < in_h.y; p++) {
            for (var q = in_w.x; q < in_w.y; q++) {
                if holds(o, d, along_d) && holds(p, h, along_h) && holds(q, w, along_w) {
                    let at = (((plane * dim.o + o) * dim.p + p) * dim.q + q) * dim.inner + lane;
                    sum += select(Element(0.0), dy[at], won(i, plane, o, p, q));
                }
            }
        }
    }
    dx[i] = sum;
}
