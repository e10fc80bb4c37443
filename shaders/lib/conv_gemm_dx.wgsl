// conv_gemm_dx: operands of conv_gemm that make dx: a = dy, b = weight, i = channel, j = (n, d, h, w), l = (k, t, r, s)

//@use conv_gemm_params

fn lhs(g: u32, i: u32, l: u32) -> f32 {
    let taps = dim.t * dim.r * dim.s;
    return b[((g * (dim.k / dim.groups) + l / taps) * dim.rows + i) * taps + l % taps];
}

// The output coordinate whose window has coordinate `at` under `tap`, or one past the end.
fn source(at: u32, tap: u32, stride: u32, outputs: u32) -> u32 {
    if at < tap || (at - tap) % stride != 0u { return outputs; }
    return (at - tap) / stride;
}

fn rhs(g: u32, l: u32, j: u32) -> f32 {
    let s = l % dim.s;
    let r = l / dim.s % dim.r;
    let t = l / (dim.s * dim.r) % dim.t;
    let k = g * (dim.k / dim.groups) + l / (dim.s * dim.r * dim.t);
    let n = j / (dim.w * dim.h * dim.d);
    let q = source(j % dim.w + dim.pad_w, s * dim.dilation_w, dim.stride_w, dim.q);
    let p = source(j / dim.w % dim.h + dim.pad_h, r * dim.dilation_h, dim.stride_h, dim.p);
    let o = source(j / (dim.w * dim.h) % dim.d + dim.pad_d, t * dim.dilation_d, dim.stride_d, dim.o);
    if q >= dim.q || p >= dim.p || o >= dim.o { return 0.0; }
    return a[(((n * dim.k + k) * dim.o + o) * dim.p + p) * dim.q + q];
}

fn bias_of(g: u32, i: u32) -> f32 {
    return 0.0;
}

fn place(g: u32, part: u32, i: u32, j: u32) -> u32 {
    let volume = dim.w * dim.h * dim.d;
    return (j / volume * dim.c + g * dim.rows + i) * volume + j % volume;
}
