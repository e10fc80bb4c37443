// gather_dx: dx[o, indices[m], i] = sum of dy[o,m,i] over all m with that index, in order
//
// dx is zeros before. Only the first of those that picked an index works: it adds what the others behind it have, so
// that no two write one place and the order is fixed. One invocation makes one element: a number, or a vec4 along i.
// grid  flat over dy

//@use index

struct Params {
    count: u32,                       // elements of dy
    len: u32, picks: u32, inner: u32, // dx is [outer, len, inner], dy is [outer, picks, inner]
    skip: u32,                        // an index that gets no gradient; len for none
}

@group(0) @binding(0) var<storage, read>       dy:      array<T>;
@group(0) @binding(1) var<storage, read>       indices: array<i32>; // [picks]
@group(0) @binding(2) var<storage, read_write> dx:      array<T>;
@group(0) @binding(3) var<uniform>             dim:     Params;

alias T = f32; //@set
const WORKGROUP: u32 = 64u; //@set

fn picked(m: u32) -> u32 {
    let pick = indices[m];
    if pick < 0 { return u32(pick + i32(dim.len)); } // below zero becomes huge: out of range
    return u32(pick);
}

@compute @workgroup_size(WORKGROUP)
fn gather_dx(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let at = flat_id(id, groups.x * WORKGROUP);
    if at >= dim.count { return; }

    let i = at % dim.inner;
    let m = at / dim.inner % dim.picks;
    let o = at / (dim.inner * dim.picks);
    let pick = picked(m);
    if pick >= dim.len || pick == dim.skip { return; }
    for (var before = 0u; before < m; before++) {
        if picked(before) == pick { return; }
    }
    var sum = dy[at];
    for (var behind = m + 1u; behind < dim.picks; behind++) {
        if picked(behind) == pick { sum += dy[(o * dim.picks + behind) * dim.inner + i]; }
    }
    dx[(o * dim.len + pick) * dim.inner + i] = sum;
}
