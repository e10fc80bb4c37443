// product: operands of y[z,i,j] = f(scale * sum over s,l of a[z,s,i,l] * b[z,s,l,j] + bias), whatever way they lie
//
// Owns bindings, Params and knobs of all matmul kernels, so that they differ in their tiles alone. A matrix is rows of
// `pitch` elements; a transposed one is stored as [l, i] or [j, l]. Loads bring four neighbours along a stored row: one
// vec4 where every row starts at a multiple of four elements, else four scalars. What lies outside is zero.

//@use activate

struct Params {
    m: u32, n: u32, k: u32, sums: u32,
    pitch_a: u32, pitch_b: u32, pitch_y: u32, // columns of y from n to its pitch become 0
    panel_a: u32, panel_b: u32,               // elements from one tile's rows of a stored [l, i], or columns of b stored [l, j], to the next's
    sums_1: u32,                              // s counts two axes; this is the inner one
    sum_a_0: u32, sum_a_1: u32,               // elements of a from one to the next along each
    sum_b_0: u32, sum_b_1: u32,
    batches: u32, batch_1: u32, batch_2: u32, // z counts three axes; these are all of them, and the inner two
    a_0: u32, a_1: u32, a_2: u32,             // elements of a from one to the next along each
    b_0: u32, b_1: u32, b_2: u32,
    part_steps: u32,                          // loop rounds of one part, where a kernel splits the sum
    scale: f32, alpha: f32, beta: f32,
}

@group(0) @binding(0) var<storage, read>       a:    array<A>;
@group(0) @binding(1) var<storage, read>       b:    array<B>;
@group(0) @binding(2) var<storage, read>       bias: array<f32>; // a again where there is none
@group(0) @binding(3) var<storage, read_write> y:    array<Y>;
@group(0) @binding(4) var<uniform>             dim:  Params;

alias A = vec4<f32>; //@set or f32
alias B = vec4<f32>; //@set
alias Y = vec4<f32>; //@set
const VEC_A: bool = true; //@set as A says
const VEC_B: bool = true; //@set
const VEC_Y: u32 = 1u; //@set
const TRANS_A: u32 = 0u; //@set 1 where a is stored as [l, i]
const TRANS_B: u32 = 0u; //@set 1 where b is stored as [j, l]
const BIAS: u32 = 0u; //@set 0 none, 1 one a row of y, 2 one a column
const FUNCTION: u32 = 0u; //@set

const FOUR = vec4<u32>(0u, 1u, 2u, 3u);

// First elements of batch z: of a and of b.
fn starts(z: u32) -> vec2<u32> {
    let inner = z % dim.batch_2;
    let middle = z / dim.batch_2 % dim.batch_1;
    let outer = z / (dim.batch_2 * dim.batch_1);
    return vec2<u32>(outer * dim.a_0 + middle * dim.a_1 + inner * dim.a_2,
                     outer * dim.b_0 + middle * dim.b_1 + inner * dim.b_2);
}

// First elements of the s-th products from those of the first.
fn step(s: u32) -> vec2<u32> {
    let inner = s % dim.sums_1;
    let outer = s / dim.sums_1;
    return vec2<u32>(outer * dim.sum_a_0 + inner * dim.sum_a_1, outer * dim.sum_b_0 + inner * dim.sum_b_1);
}

// How many of four from `at` on are below `end`, or more than that.
fn left(at: u32, end: u32) -> u32 {
    return end - min(at, end);
}

// Four elements of the stored row from `at` on, of which `count` are inside. (The constructor takes a vec4 and a
// scalar alike, so that both branches are valid whatever A is.)
fn load_a(at: u32, count: u32) -> vec4<f32> {
    var four = vec4<f32>();
    if VEC_A {
        if count > 0u { four = vec4<f32>(a[at / 4u]); }
        return select(vec4<f32>(), four, FOUR < vec4<u32>(count));
    }
    if count > 0u { four.x = vec4<f32>(a[at]).x; }
    if count > 1u { four.y = vec4<f32>(a[at + 1u]).x; }
    if count > 2u { four.z = vec4<f32>(a[at + 2u]).x; }
    if count > 3u { four.w = vec4<f32>(a[at + 3u]).x; }
    return four;
}

fn load_b(at: u32, count: u32) -> vec4<f32> {
    var four = vec4<f32>();
    if VEC_B {
        if count > 0u { four = vec4<f32>(b[at / 4u]); }
        return select(vec4<f32>(), four, FOUR < vec4<u32>(count));
    }
    if count > 0u { four.x = vec4<f32>(b[at]).x; }
    if count > 1u { four.y = vec4<f32>(b[at + 1u]).x; }
    if count > 2u { four.z = vec4<f32>(b[at + 2u]).x; }
    if count > 3u { four.w = vec4<f32>(b[at + 3u]).x; }
    return four;
}

// Rows i to i + 3 of a at depths l to l + 3; a column of the matrix is a row of a.
fn rows_by_depths(start: u32, i: u32, l: u32) -> mat4x4<f32> {
    let stored = select(vec2<u32>(i, l), vec2<u32>(l, i), TRANS_A == 1u);
    let end = select(vec2<u32>(dim.m, dim.k), vec2<u32>(dim.k, dim.m), TRANS_A == 1u);
    let at = start + stored.x * dim.pitch_a + stored.y;
    let count = left(stored.y, end.y);
    let four = mat4x4<f32>(
        load_a(at, count),
        load_a(at + dim.pitch_a, select(0u, count, stored.x + 1u < end.x)),
        load_a(at + 2u * dim.pitch_a, select(0u, count, stored.x + 2u < end.x)),
        load_a(at + 3u * dim.pitch_a, select(0u, count, stored.x + 3u < end.x)),
    );
    if TRANS_A == 1u { return transpose(four); }
    return four;
}

// Columns j to j + 3 of b at depths l to l + 3; a column of the matrix is a depth.
fn depths_by_columns(start: u32, l: u32, j: u32) -> mat4x4<f32> {
    let stored = select(vec2<u32>(l, j), vec2<u32>(j, l), TRANS_B == 1u);
    let end = select(vec2<u32>(dim.k, dim.n), vec2<u32>(dim.n, dim.k), TRANS_B == 1u);
    let at = start + stored.x * dim.pitch_b + stored.y;
    let count = select(0u, left(stored.y, end.y), stored.x < end.x);
    let four = mat4x4<f32>(
        load_b(at, count),
        load_b(at + dim.pitch_b, select(0u, count, stored.x + 1u < end.x)),
        load_b(at + 2u * dim.pitch_b, select(0u, count, stored.x + 2u < end.x)),
        load_b(at + 3u * dim.pitch_b, select(0u, count, stored.x + 3u < end.x)),
    );
    if TRANS_B == 1u { return transpose(four); }
    return four;
}

// The bias of row i, where rows have one.
fn row_bias(i: u32) -> f32 {
    if BIAS == 1u { return bias[min(i, dim.m - 1u)]; }
    return 0.0;
}

// The bias of columns j to j + 3, where columns have one.
fn column_bias(j: u32) -> vec4<f32> {
    if BIAS != 2u { return vec4<f32>(); }
    let at = min(vec4<u32>(j) + FOUR, vec4<u32>(dim.n - 1u));
    return vec4<f32>(bias[at.x], bias[at.y], bias[at.z], bias[at.w]);
}

// Finishes y[z, i, j .. j + 4]: scale, bias, activation, store. Nothing happens outside y.
fn write(z: u32, i: u32, j: u32, sum: vec4<f32>, offset: vec4<f32>) {
    if i >= dim.m || j >= dim.pitch_y { return; }
    let value = activate(FUNCTION, dim.scale * sum + offset, dim.alpha, dim.beta);
    let inside = select(vec4<f32>(), value, vec4<u32>(j) + FOUR < vec4<u32>(dim.n));
    let at = (z * dim.m + i) * dim.pitch_y + j;
    const only = 0u;
//@for only in 0..VEC_Y
    y[at / 4u] = inside;
//@end
//@for only in VEC_Y..1
    let count = dim.pitch_y - j;
    y[at] = Y(inside.x);
    if count > 1u { y[at + 1u] = Y(inside.y); }
    if count > 2u { y[at + 2u] = Y(inside.z); }
    if count > 3u { y[at + 3u] = Y(inside.w); }
//@end
}
