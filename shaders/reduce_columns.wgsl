// reduce_columns: y[o] = fold over r of x[o, r], four neighbouring o at a time
//
// One invocation makes one part of one vec4 of y, from its share of r. Parts lie one after another, y[chunk, o].
// Lanes from `n` on in each run of n4 vec4s are padding and become 0.
// grid  flat over y in vec4s and its parts

//@use index
//@use fold

struct Params {
    columns: u32, inner: u32,      // vec4s of y, and of its innermost axis, neighbours in x too
    n: u32, n4: u32,
    k1: u32, a0: u32, a1: u32,     // o is [k0, k1, inner], at these strides in x, in vec4s
    r1: u32, r2: u32, s0: u32, s1: u32, s2: u32, // r is [r0, r1, r2], at these strides in x, in vec4s
    reduced: u32, chunks: u32, per: u32, // r is cut into chunks of `per`
    none: f32, count: f32,
}

@group(0) @binding(0) var<storage, read>       x:     array<vec4<f32>>;
@group(0) @binding(1) var<storage, read>       shift: array<vec4<f32>>; // [o]
@group(0) @binding(2) var<storage, read_write> y:     array<vec4<f32>>;
@group(0) @binding(3) var<uniform>             dim:   Params;

const WORKGROUP: u32 = 64u; //@set
const MAP: u32 = 0u; //@set
const FOLD: u32 = 0u; //@set
const FINISH: u32 = 0u; //@set

@compute @workgroup_size(WORKGROUP)
fn reduce_columns(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = flat_id(id, groups.x * WORKGROUP);
    if i >= dim.columns * dim.chunks { return; }

    let o = i % dim.columns;
    let outer = o / dim.inner;
    let first = i / dim.columns * dim.per;
    let last = min(first + dim.per, dim.reduced);
    var top = vec4<f32>();
    if MAP == 3u || FINISH == 4u { top = shift[o]; }

    var i2 = first % dim.r2;
    var i1 = first / dim.r2 % dim.r1;
    var at = o % dim.inner + outer % dim.k1 * dim.a1 + outer / dim.k1 * dim.a0
        + i2 * dim.s2 + i1 * dim.s1 + first / (dim.r2 * dim.r1) * dim.s0;
    var total = vec4<f32>(dim.none);
    for (var r = first; r < last; r++) {
        total = fold(FOLD, total, fold_map(MAP, x[at], top));
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
    let lane = vec4<u32>(o % dim.n4 * 4u) + vec4<u32>(0u, 1u, 2u, 3u);
    y[i] = select(vec4<f32>(), fold_finish(FINISH, total, dim.count, top), lane < vec4<u32>(dim.n));
}
