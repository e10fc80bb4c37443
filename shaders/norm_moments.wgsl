// norm_moments: number, mean and sum of squared distances from it, of each chunk of each group of x
//
// A group is what one mean and variance are taken over: a channel. One invocation makes one chunk: every chunks-th
// element of its group, so that neighbours read neighbours. Sums are taken around the chunk's first number, so that a
// large mean costs no digits.
// grid  flat over group, chunk

//@use index
//@use width4

struct Params {
    groups: u32, outer: u32, inner: u32, // x is [outer, groups, inner] elements
    chunks: u32,
    n: u32,                              // numbers along the innermost axis, of which the last element may hold fewer than 4
}

@group(0) @binding(0) var<storage, read>       x:     array<Element>;
@group(0) @binding(1) var<storage, read_write> parts: array<vec4<f32>>; // [groups, chunks]
@group(0) @binding(2) var<uniform>             dim:   Params;

const WORKGROUP: u32 = 64u; //@set
const RAGGED: bool = false; //@set elements at the end of each n are partly padding
const OUTER: bool = true; //@set outer is more than 1

@compute @workgroup_size(WORKGROUP)
fn norm_moments(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = flat_id(id, groups.x * WORKGROUP);
    if i >= dim.groups * dim.chunks { return; }

    let group = i / dim.chunks;
    let chunk = i % dim.chunks;
    let row = (dim.n + WIDTH - 1u) / WIDTH;
    var shift = 0.0;
    var count = 0.0;
    var sum = Element();
    var squares = Element();
    for (var e = chunk; e < dim.outer * dim.inner; e += dim.chunks) {
        var at = group * dim.inner + e;
        if OUTER { at = (e / dim.inner * dim.groups + group) * dim.inner + e % dim.inner; }
        let v = x[at];
        if e == chunk { shift = first(v); }
        var apart = v - shift;
        if RAGGED {
            let column = e % row * WIDTH;
            apart = select(Element(), apart, inside(column, dim.n));
            count += f32(min(dim.n - column, WIDTH));
        } else {
            count += f32(WIDTH);
        }
        sum += apart;
        squares += apart * apart;
    }
    let total = across(sum);
    parts[i] = vec4<f32>(count, shift + total / count, max(across(squares) - total * (total / count), 0.0), 0.0);
}
