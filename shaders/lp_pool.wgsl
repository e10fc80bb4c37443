// lp_pool: y[n,c,p,q] = (sum over r,s of |x[n, c, p*stride + r*dilation - pad, …]|^e)^(1/e)
//
// One to three spatial axes (missing ones have length 1). One invocation makes one Element of y.
// grid  flat over y in Elements

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
    exponent: f32,                // e >= 1
}

@group(0) @binding(0) var<storage, read>       x:   array<Element>;
@group(0) @binding(1) var<storage, read_write> y:   array<Element>;
@group(0) @binding(2) var<uniform>             dim: Params;

const WORKGROUP: u32 = 64u; //@set
const NORM: u32 = 2u; //@set // 1 and 2: those exponents, without the error of pow; 0: any

fn raised(v: Element) -> Element {
    if NORM == 1u { return abs(v); }
    if NORM == 2u { return v * v; }
    return power(abs(v), dim.exponent);
}

fn root(sum: Element) -> Element {
    if NORM == 1u { return sum; }
    if NORM == 2u { return sqrt(sum); }
    return power(sum, 1.0 / dim.exponent);
}

// Drivers may make a power of 0 by its logarithm, and then it is not 0.
fn power(v: Element, e: f32) -> Element {
    return select(pow(v, Element(e)), Element(0.0), v == Element(0.0));
}

@compute @workgroup_size(WORKGROUP)
fn lp_pool(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = flat_id(id, groups.x * WORKGROUP);
    if i >= dim.planes * dim.o * dim.p * dim.q * dim.inner { return; }

    let lane = i % dim.inner;
    let q = i / dim.inner % dim.q;
    let p = i / (dim.inner * dim.q) % dim.p;
    let o = i / (dim.inner * dim.q * dim.p) % dim.o;
    let plane = i / (dim.inner * dim.q * dim.p * dim.o);

    let along_d = Axis(dim.d, dim.o, dim.t, dim.stride_d, dim.dilation_d, dim.pad_d);
    let along_h = Axis(dim.h, dim.p, dim.r, dim.stride_h, dim.dilation_h, dim.pad_h);
    let along_w = Axis(dim.w, dim.q, dim.s, dim.stride_w, dim.dilation_w, dim.pad_w);
    var sum = Element(0.0);
    for (var t = 0u; t < taps(o, along_d); t++) {
        let d = first(o, along_d) + t * dim.dilation_d;
        for (var r = 0u; r < taps(p, along_h); r++) {
            let h = first(p, along_h) + r * dim.dilation_h;
            for (var s = 0u; s < taps(q, along_w); s++) {
                let w = first(q, along_w) + s * dim.dilation_w;
                if d < dim.d && h < dim.h && w < dim.w {
                    let v = x[(((plane * dim.d + d) * dim.h + h) * dim.w + w) * dim.inner + lane];
                    sum += raised(v);
                }
            }
        }
    }
    y[i] = root(sum);
}
