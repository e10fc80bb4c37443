// conv_direct: y[n,k,o,p,q] = f(bias[k] + sum over c,t,r,s of weight[k,c,t,r,s] * x[n, c, o*stride + t*dilation - pad, …])
//
// Any kernel, stride, dilation, padding and groups, in one to three spatial axes (missing ones have length 1).
// One invocation makes one y. The simplest convolution in the tree; what it is too slow for has a kernel of its own.
// grid  flat over y

//@use index
//@use activate

struct Params {
    n: u32, c: u32, k: u32, groups: u32,  // x is [n, c, d, h, w], y is [n, k, o, p, q]
    d: u32, h: u32, w: u32,
    o: u32, p: u32, q: u32,
    t: u32, r: u32, s: u32,               // weight is [k, c / groups, t, r, s]
    stride_d: u32, stride_h: u32, stride_w: u32,
    dilation_d: u32, dilation_h: u32, dilation_w: u32,
    pad_d: u32, pad_h: u32, pad_w: u32,   // before the first element
    alpha: f32, beta: f32,
}

@group(0) @binding(0) var<storage, read>       x:      array<f32>;
@group(0) @binding(1) var<storage, read>       weight: array<f32>;
@group(0) @binding(2) var<storage, read>       bias:   array<f32>; // the weight again where there is none
@group(0) @binding(3) var<storage, read_write> y:      array<f32>;
@group(0) @binding(4) var<uniform>             dim:    Params;

const WORKGROUP: u32 = 64u; //@set
const BIAS: bool = true; //@set
const FUNCTION: u32 = 0u; //@set

@compute @workgroup_size(WORKGROUP)
fn conv_direct(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = flat_id(id, groups.x * WORKGROUP);
    if i >= dim.n * dim.k * dim.o * dim.p * dim.q { return; }

    let q = i % dim.q;
    let p = i / dim.q % dim.p;
    let o = i / (dim.q * dim.p) % dim.o;
    let k = i / (dim.q * dim.p * dim.o) % dim.k;
    let n = i / (dim.q * dim.p * dim.o * dim.k);

    let channels = dim.c / dim.groups;
    let first = k / (dim.k / dim.groups) * channels;
    var at_weight = k * channels * dim.t * dim.r * dim.s;
    var sum = 0.0;
    for (var c = 0u; c < channels; c++) {
        let volume = (n * dim.c + first + c) * dim.d;
        for (var t = 0u; t < dim.t; t++) {
            // u32 wraps: a tap in the padding becomes a huge coordinate and fails the tests below.
            let z = o * dim.stride_d + t * dim.dilation_d - dim.pad_d;
            for (var r = 0u; r < dim.r; r++) {
                let row = p * dim.stride_h + r * dim.dilation_h - dim.pad_h;
                if z < dim.d && row < dim.h {
                    let at_row = ((volume + z) * dim.h + row) * dim.w;
                    for (var s = 0u; s < dim.s; s++) {
                        let col = q * dim.stride_w + s * dim.dilation_w - dim.pad_w;
                        if col < dim.w {
                            sum += weight[at_weight + s] * x[at_row + col];
                        }
                    }
                }
                at_weight += dim.s;
            }
        }
    }
    if BIAS { sum += bias[k]; }
    y[i] = activate(FUNCTION, vec4<f32>(sum), dim.alpha, dim.beta).x;
}
