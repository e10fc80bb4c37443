// concat: y[o, start + j] = x_k[o, j - what lies before x_k], for up to four tensors x_k
//
// One invocation moves one element: a word, or a vec4 where every length allows it, whatever it means.
// grid  flat over what the tensors hold together

//@use index

struct Params {
    count: u32,        // elements of all x_k
    row: u32,          // elements of one row of y [outer, row]
    start: u32,        // where the first tensor's part of a row begins
    end0: u32, end1: u32, end2: u32, end3: u32, // where each tensor's part of these tensors' row ends; x_k is [outer, end_k - end_(k-1)]
}

@group(0) @binding(0) var<storage, read>       x0: array<T>;
@group(0) @binding(1) var<storage, read>       x1: array<T>;
@group(0) @binding(2) var<storage, read>       x2: array<T>;
@group(0) @binding(3) var<storage, read>       x3: array<T>;
@group(0) @binding(4) var<storage, read_write> y:  array<T>;
@group(0) @binding(5) var<uniform>             dim: Params;

alias T = u32; //@set
const WORKGROUP: u32 = 64u; //@set

@compute @workgroup_size(WORKGROUP)
fn concat(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = flat_id(id, groups.x * WORKGROUP);
    if i >= dim.count { return; }

    let o = i / dim.end3;
    let j = i % dim.end3;
    let at_y = o * dim.row + dim.start + j;
    if j < dim.end0 {
        y[at_y] = x0[o * dim.end0 + j];
    } else if j < dim.end1 {
        y[at_y] = x1[o * (dim.end1 - dim.end0) + j - dim.end0];
    } else if j < dim.end2 {
        y[at_y] = x2[o * (dim.end2 - dim.end1) + j - dim.end1];
    } else {
        y[at_y] = x3[o * (dim.end3 - dim.end2) + j - dim.end2];
    }
}
