// reduce_rows: y[o] = fold over lines and j of x[o, line, j], where j runs through neighbours in the buffer
//
// One invocation makes one part of one y: of its share of the lines every vec_chunks-th vec4. Lines begin and end
// anywhere; what lies outside is masked. Parts lie side by side, y[o, line chunk, vec chunk], for a second launch.
// grid  flat over y and its parts

//@use index
//@use fold

struct Params {
    outputs: u32,
    k1: u32, k2: u32, a0: u32, a1: u32, a2: u32, // o is [k0, k1, k2], at these strides in x
    lines: u32, r1: u32, s0: u32, s1: u32,       // line is [r0, r1], at these strides in x
    len: u32,                                    // elements of a line
    line_chunks: u32, per: u32,                  // lines are cut into chunks of `per`
    vec_chunks: u32,
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

@compute @workgroup_size(WORKGROUP)
fn reduce_rows(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = flat_id(id, groups.x * WORKGROUP);
    let chunks = dim.line_chunks * dim.vec_chunks;
    if i >= dim.outputs * chunks { return; }

    let o = i / chunks;
    let first_vec = i % dim.vec_chunks;
    let base = o % dim.k2 * dim.a2 + o / dim.k2 % dim.k1 * dim.a1 + o / (dim.k2 * dim.k1) * dim.a0;
    let first = i % chunks / dim.vec_chunks * dim.per;
    let last = min(first + dim.per, dim.lines);
    let none = vec4<f32>(dim.none);
    var top = vec4<f32>();
    if MAP == 3u || FINISH == 4u { top = vec4<f32>(shift[o]); }

    var i1 = first % dim.r1;
    var begin = base + first / dim.r1 * dim.s0 + i1 * dim.s1;
    var total = none;
    for (var line = first; line < last; line++) {
        let end = begin + dim.len;
        var sum = none;
        for (var v = begin / 4u + first_vec; v * 4u < end; v += dim.vec_chunks) {
            let place = vec4<u32>(v * 4u) + vec4<u32>(0u, 1u, 2u, 3u);
            let inside = (place >= vec4<u32>(begin)) & (place < vec4<u32>(end));
            sum = fold(FOLD, sum, select(none, fold_map(MAP, x[v], top), inside));
        }
        total = fold(FOLD, total, sum);
        i1++;
        begin += dim.s1;
        if i1 == dim.r1 {
            i1 = 0u;
            begin += dim.s0 - dim.r1 * dim.s1; // may wrap: the sum does not
        }
    }
    let pair = fold(FOLD, total, total.zwxy);
    y[i] = fold_finish(FINISH, fold(FOLD, pair, pair.yxwz), dim.count, top).x;
}
