// strided_copy: y[y_start + sum of i_k * y_k] = x[x_start + sum of i_k * x_k] for each i in a box of up to 8 axes
//
// One invocation moves one element: a word, or a vec4 where both sides allow it, whatever it means. Transpose, slice,
// expand, tile, concatenation and the shuffles between channels and pixels are all this. Axis 0 is the innermost;
// distances are modulo 2^32, so that they may be negative.
// grid  flat over the box

//@use index

struct Params {
    count: u32, // elements of the box
    x_start: u32, y_start: u32,
    n0: u32, n1: u32, n2: u32, n3: u32, n4: u32, n5: u32, n6: u32, // lengths; that of the outermost axis is not needed
    x0: u32, x1: u32, x2: u32, x3: u32, x4: u32, x5: u32, x6: u32, x_last: u32, // distances in x; last is the outermost
    y0: u32, y1: u32, y2: u32, y3: u32, y4: u32, y5: u32, y6: u32, y_last: u32,
}

@group(0) @binding(0) var<storage, read>       x: array<T>;
@group(0) @binding(1) var<storage, read_write> y: array<T>;
@group(0) @binding(2) var<uniform>             dim: Params;

alias T = u32; //@set
const WORKGROUP: u32 = 64u; //@set
const AXES: u32 = 8u; //@set

@compute @workgroup_size(WORKGROUP)
fn strided_copy(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = flat_id(id, groups.x * WORKGROUP);
    if i >= dim.count { return; }

    var rest = i;
    var at_x = dim.x_start;
    var at_y = dim.y_start;
    if AXES > 1u { let j = rest % dim.n0; rest /= dim.n0; at_x += j * dim.x0; at_y += j * dim.y0; }
    if AXES > 2u { let j = rest % dim.n1; rest /= dim.n1; at_x += j * dim.x1; at_y += j * dim.y1; }
    if AXES > 3u { let j = rest % dim.n2; rest /= dim.n2; at_x += j * dim.x2; at_y += j * dim.y2; }
    if AXES > 4u { let j = rest % dim.n3; rest /= dim.n3; at_x += j * dim.x3; at_y += j * dim.y3; }
    if AXES > 5u { let j = rest % dim.n4; rest /= dim.n4; at_x += j * dim.x4; at_y += j * dim.y4; }
    if AXES > 6u { let j = rest % dim.n5; rest /= dim.n5; at_x += j * dim.x5; at_y += j * dim.y5; }
    if AXES > 7u { let j = rest % dim.n6; rest /= dim.n6; at_x += j * dim.x6; at_y += j * dim.y6; }
    y[at_y + rest * dim.y_last] = x[at_x + rest * dim.x_last];
}
