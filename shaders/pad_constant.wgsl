// pad_constant: y[i] = x[i - before] where that lies inside x, else value; in up to 5 axes
//
// One invocation makes one element: a word, or a vec4 where every length allows it. Axis 0 is the innermost. Negative
// padding crops: indices are modulo 2^32, so that what lies before x fails the test as what lies behind it does.
// grid  flat over y

//@use index

struct Params {
    count: u32, // elements of y
    value: u32, // the bits of it
    n0: u32, n1: u32, n2: u32, n3: u32, n4: u32,                          // lengths of y
    x0: u32, x1: u32, x2: u32, x3: u32, x4: u32,                          // lengths of x
    before0: u32, before1: u32, before2: u32, before3: u32, before4: u32, // padding at the begin
}

@group(0) @binding(0) var<storage, read>       x: array<T>;
@group(0) @binding(1) var<storage, read_write> y: array<T>;
@group(0) @binding(2) var<uniform>             dim: Params;

alias T = u32; //@set
const WORKGROUP: u32 = 64u; //@set
const AXES: u32 = 5u; //@set

@compute @workgroup_size(WORKGROUP)
fn pad_constant(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = flat_id(id, groups.x * WORKGROUP);
    if i >= dim.count { return; }

    var rest = i;
    let i0 = rest % dim.n0 - dim.before0;
    rest /= dim.n0;
    var inside = i0 < dim.x0;
    var at_x = i0;
    var stride = dim.x0;
    if AXES > 1u {
        let j = rest % dim.n1 - dim.before1;
        rest /= dim.n1;
        inside = inside && j < dim.x1;
        at_x += j * stride;
        stride *= dim.x1;
    }
    if AXES > 2u {
        let j = rest % dim.n2 - dim.before2;
        rest /= dim.n2;
        inside = inside && j < dim.x2;
        at_x += j * stride;
        stride *= dim.x2;
    }
    if AXES > 3u {
        let j = rest % dim.n3 - dim.before3;
        rest /= dim.n3;
        inside = inside && j < dim.x3;
        at_x += j * stride;
        stride *= dim.x3;
    }
    if AXES > 4u {
        let j = rest - dim.before4;
        inside = inside && j < dim.x4;
        at_x += j * stride;
    }
    var made = T(dim.value);
    if inside { made = x[at_x]; }
    y[i] = made;
}
