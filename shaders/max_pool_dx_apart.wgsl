// max_pool_dx_apart: dx[n,c,h,w] = dy[n,c,p,q] where x[n,c,h,w] won window p,q, else 0; for windows that do not overlap
//
// For dilation 1, no padding and windows no longer than the stride. One invocation makes the dx that one window covers,
// with the gap behind it; further ones, past all windows, make the zeros of a ragged edge. It reads x and dy once.
// grid  flat over [planes, tiles_d, tiles_h, tiles_w, inner]

//@use index
//@use element

struct Params {
    planes: u32, inner: u32,      // x is [planes, d, h, w, inner], dy is [planes, o, p, q, inner] of Elements
    d: u32, h: u32, w: u32,
    o: u32, p: u32, q: u32,
    t: u32, r: u32, s: u32,       // taps of a window along each axis
    stride_d: u32, stride_h: u32, stride_w: u32,
    tiles_d: u32, tiles_h: u32, tiles_w: u32, // strides in x, the last one begun
}

@group(0) @binding(0) var<storage, read>       x:   array<Element>;
@group(0) @binding(1) var<storage, read>       dy:  array<Element>;
@group(0) @binding(2) var<storage, read_write> dx:  array<Element>;
@group(0) @binding(3) var<uniform>             dim: Params;

const WORKGROUP: u32 = 64u; //@set

const NOBODY = 0xffffffffu;

@compute @workgroup_size(WORKGROUP)
fn max_pool_dx_apart(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = flat_id(id, groups.x * WORKGROUP);
    if i >= dim.planes * dim.tiles_d * dim.tiles_h * dim.tiles_w * dim.inner { return; }

    let lane = i % dim.inner;
    let q = i / dim.inner % dim.tiles_w;
    let p = i / (dim.inner * dim.tiles_w) % dim.tiles_h;
    let o = i / (dim.inner * dim.tiles_w * dim.tiles_h) % dim.tiles_d;
    let plane = i / (dim.inner * dim.tiles_w * dim.tiles_h * dim.tiles_d);

    var best = Element(0.0);
    var winner = Bits(NOBODY); // where the best one lies in x
    var share = Element(0.0);
    if o < dim.o && p < dim.p && q < dim.q {
        share = dy[(((plane * dim.o + o) * dim.p + p) * dim.q + q) * dim.inner + lane];
        for (var d = o * dim.stride_d; d < min(o * dim.stride_d + dim.t, dim.d); d++) {
            for (var h = p * dim.stride_h; h < min(p * dim.stride_h + dim.r, dim.h); h++) {
                let row = ((plane * dim.d + d) * dim.h + h) * dim.w;
                for (var w = q * dim.stride_w; w < min(q * dim.stride_w + dim.s, dim.w); w++) {
                    let at = (row + w) * dim.inner + lane;
                    let v = x[at];
                    let wins = beats(v, best) | (winner == Bits(NOBODY));
                    best = select(best, v, wins);
                    winner = select(winner, Bits(at), wins);
                }
            }
        }
    }
    for (var d = o * dim.stride_d; d < min((o + 1u) * dim.stride_d, dim.d); d++) {
        for (var h = p * dim.stride_h; h < min((p + 1u) * dim.stride_h, dim.h); h++) {
            let row = ((plane * dim.d + d) * dim.h + h) * dim.w;
            for (var w = q * dim.stride_w; w < min((q + 1u) * dim.stride_w, dim.w); w++) {
                let at = (row + w) * dim.inner + lane;
                dx[at] = select(Element(0.0), share, winner == Bits(at));
            }
        }
    }
}
