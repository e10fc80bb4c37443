// conv_gemm_params: what conv_gemm binds, for itself and for the files that say what its operands are

struct Params {
    n: u32, c: u32, k: u32, groups: u32,  // x is [n, c, d, h, w], y is [n, k, o, p, q]
    d: u32, h: u32, w: u32,
    o: u32, p: u32, q: u32,
    t: u32, r: u32, s: u32,               // weight is [k, c / groups, t, r, s]
    stride_d: u32, stride_h: u32, stride_w: u32,
    dilation_d: u32, dilation_h: u32, dilation_w: u32,
    pad_d: u32, pad_h: u32, pad_w: u32,
    rows: u32, columns: u32, depth: u32,  // lengths of i, j, l in one group
    parts: u32, part: u32,                // parts of l, and their length
    alpha: f32, beta: f32,
}

@group(0) @binding(0) var<storage, read>       a:    array<f32>;
@group(0) @binding(1) var<storage, read>       b:    array<f32>;
@group(0) @binding(2) var<storage, read>       bias: array<f32>; // a again where there is none
@group(0) @binding(3) var<storage, read_write> out:  array<f32>;
@group(0) @binding(4) var<uniform>             dim:  Params;

const BIAS: bool = false; //@set
