// conv_gemm_dweight: operands of conv_gemm that make dweight: a = x, b = dy, i = kernel, j = (c, t, r, s), l = (n, o, p, q)

//@use conv_gemm_params

fn lhs(g: u32, i: u32, l: u32) -> f32 {
    let plane = dim.q * dim.p * dim.o;
    return b[(l / plane * dim.k + g * dim.rows + i) * plane + l % plane];
}

fn rhs(g: u32, l: u32, j: u32) -> f32 {
    let s = j % dim.s;
    let r = j / dim.s % dim.r;
    let t = j / (dim.s * dim.r) % dim.t;
    let c = g * (dim.c / dim.groups) + j / (dim.s * dim.r * dim.t);
    let n = l / (dim.q * dim.p * dim.o);
    // u32 wraps: a tap in the padding becomes a huge coordinate.
    let col = l % dim.q * dim.stride_w + s * dim.dilation_w - dim.pad_w;
    let row = l / dim.q % dim.p * dim.stride_h + r * dim.dilation_h - dim.pad_h;
    let z = l / (dim.q * dim.p) % dim.o * dim.stride_d + t * dim.dilation_d - dim.pad_d;
    if col >= dim.w || row >= dim.h || z >= dim.d { return 0.0; }
    return a[(((n * dim.c + c) * dim.d + z) * dim.h + row) * dim.w + col];
}

fn bias_of(g: u32, i: u32) -> f32 {
    return 0.0;
}

// Parts lie one behind the other, each a whole number of vec4s when there are several.
fn place(g: u32, part: u32, i: u32, j: u32) -> u32 {
    let one = (dim.k * dim.columns + 3u) / 4u * 4u;
    return part * one + (g * dim.rows + i) * dim.columns + j;
}
