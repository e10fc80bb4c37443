// conv_gemm_y: operands of conv_gemm that make y: a = x, b = weight, i = kernel, j = (n, o, p, q), l = (c, t, r, s)

//@use conv_gemm_params

fn lhs(g: u32, i: u32, l: u32) -> f32 {
    return b[(g * dim.rows + i) * dim.depth + l];
}

fn rhs(g: u32, l: u32, j: u32) -> f32 {
    let s = l % dim.s;
    let r = l / dim.s % dim.r;
    let t = l / (dim.s * dim.r) % dim.t;
    let c = g * (dim.c / dim.groups) + l / (dim.s * dim.r * dim.t);
    let n = j / (dim.q * dim.p * dim.o);
    // u32 wraps: a tap in the padding becomes a huge coordinate.
    let col = j % dim.q * dim.stride_w + s * dim.dilation_w - dim.pad_w;
    let row = j / dim.q % dim.p * dim.stride_h + r * dim.dilation_h - dim.pad_h;
    let z = j / (dim.q * dim.p) % dim.o * dim.stride_d + t * dim.dilation_d - dim.pad_d;
    if col >= dim.w || row >= dim.h || z >= dim.d { return 0.0; }
    return a[(((n * dim.c + c) * dim.d + z) * dim.h + row) * dim.w + col];
}

fn bias_of(g: u32, i: u32) -> f32 {
    if BIAS { return bias[g * dim.rows + i]; }
    return 0.0;
}

fn place(g: u32, part: u32, i: u32, j: u32) -> u32 {
    let plane = dim.q * dim.p * dim.o;
    return (j / plane * dim.k + g * dim.rows + i) * plane + j % plane;
}
