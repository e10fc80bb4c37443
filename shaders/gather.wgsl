// gather: y[o,m,i] = x[o, indices[m], i]
//
// A negative index counts from the end; one out of range gives `missing`, since a launch cannot raise an error. One
// invocation moves one element: a word, or a vec4 along i, whatever it means.
// grid  flat over y

//@use index

struct Params {
    count: u32,                       // elements of y
    len: u32, picks: u32, inner: u32, // x is [outer, len, inner], y is [outer, picks, inner]
    missing: u32,                     // bits
}

@group(0) @binding(0) var<storage, read>       x:       array<T>;
@group(0) @binding(1) var<storage, read>       indices: array<i32>; // [picks]
@group(0) @binding(2) var<storage, read_write> y:       array<T>;
@group(0) @binding(3) var<uniform>             dim:     Params;

alias T = u32; //@set
const WORKGROUP: u32 = 64u; //@set

@compute @workgroup_size(WORKGROUP)
fn gather(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let at = flat_id(id, groups.x * WORKGROUP);
    if at >= dim.count { return; }

    let i = at % dim.inner;
    let o = at / (dim.inner * dim.picks);
    var pick = indices[at / dim.inner % dim.picks];
    if pick < 0 { pick += i32(dim.len); }
    var made = T(dim.missing);
    if pick >= 0 && u32(pick) < dim.len { made = x[(o * dim.len + u32(pick)) * dim.inner + i]; }
    y[at] = made;
}
