// reduce_ragged: y[o] = fold over r of x[o, r], four neighbouring o at a time, wherever they begin
//
// As reduce_columns for rows that are no whole vec4s: four neighbours of x come from two loads. Parts lie one after
// another, `stride` elements apart.
// grid  flat over rows of y cut into fours, and their parts

//@use index
//@use fold

struct Params {
    rows: u32, inner: u32, inner4: u32, // y is [rows, inner]; inner4 invocations a row
    stride: u32,                        // from one part of y to the next
    k1: u32, a0: u32, a1: u32,     // a row is [k0, k1], at these strides in x
    r1: u32, r2: u32, s0: u32, s1: u32, s2: u32, // r is [r0, r1, r2], at these strides in x
    reduced: u32, chunks: u32, per: u32, // r is cut into chunks of `per`
    none: f32, count: f32,
}

@group(0) @binding(0) var<storage, read>       x:     array<vec4<f32>>;
@group(0) @binding(1) var<storage, read>       shift: array<f32>; // [o]
@group(0) @binding(2) var<storage, read_write> y:     array<f32>;
@group(0) @binding(3) var<uniform>             dim:   Params;

const WORKGROUP: u32 = 64u; //@set
const MAP: u32 = 0u; //@set
const FOLD: u32 = 0u; //@set
const FINISH: u32 = 0u; //@set

// x[at .. at + 4]; what lies behind the end of x is nobody's.
fn four(at: u32) -> vec4<f32> {
    let low = x[at / 4u];
    let high = x[min(at / 4u + 1u, arrayLength(&x) - 1u)];
    let odd = (at & 1u) != 0u;
    let a = select(low, vec4<f32>(low.yzw, high.x), odd);
    let b = select(vec4<f32>(low.zw, high.xy), vec4<f32>(low.w, high.xyz), odd);
    return select(a, b, (at & 2u) != 0u);
}

@compute @workgroup_size(WORKGROUP)
fn reduce_ragged(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = flat_id(id, groups.x * WORKGROUP);
    let fours = dim.rows * dim.inner4;
    if i >= fours * dim.chunks { return; }

    let j = i % dim.inner4 * 4u;
    let row = i % fours / dim.inner4;
    let o = row * dim.inner + j;
    let first = i / fours * dim.per;
    let last = min(first + dim.per, dim.reduced);
    var top = vec4<f32>();
    if MAP == 3u || FINISH == 4u {
        let end = row * dim.inner + dim.inner - 1u;
        top = vec4<f32>(shift[o], shift[min(o + 1u, end)], shift[min(o + 2u, end)], shift[min(o + 3u, end)]);
    }

    var i2 = first % dim.r2;
    var i1 = first / dim.r2 % dim.r1;
    var at = j + row % dim.k1 * dim.a1 + row / dim.k1 * dim.a0
        + i2 * dim.s2 + i1 * dim.s1 + first / (dim.r2 * dim.r1) * dim.s0;
    var total = vec4<f32>(dim.none);
    for (var r = first; r < last; r++) {
        total = fold(FOLD, total, fold_map(MAP, four(at), top));
        i2++;
        at += dim.s2;
        if i2 == dim.r2 {
            i2 = 0u;
            i1++;
            at += dim.s1 - dim.r2 * dim.s2; // may wrap: the sum does not
            if i1 == dim.r1 {
                i1 = 0u;
                at += dim.s0 - dim.r1 * dim.s1;
            }
        }
    }
    let done = fold_finish(FINISH, total, dim.count, top);
    let to = i / fours * dim.stride + o;
    y[to] = done.x;
    if j + 1u < dim.inner { y[to + 1u] = done.y; }
    if j + 2u < dim.inner { y[to + 2u] = done.z; }
    if j + 3u < dim.inner { y[to + 3u] = done.w; }
}
