// binary_gather: y = f(a, b), broadcast as numpy does, where neighbours in y are none in the operands
//
// For rows of y that are no whole vec4s. One invocation makes one vec4 of y from an operand that lies as y does, or
// from four elements, found one by one. Both views of an operand are of the same buffer.
// grid  flat over y in vec4s

//@use index
//@use operate

struct Params {
    count: u32, // elements of y
    nan: u32,
    n1: u32, n2: u32, n3: u32, n4: u32, n5: u32, // lengths of the axes of y but the first
    a0: u32, a1: u32, a2: u32, a3: u32, a4: u32, a5: u32, // strides of a along them
    b0: u32, b1: u32, b2: u32, b3: u32, b4: u32, b5: u32, // strides of b along them
}

@group(0) @binding(0) var<storage, read>       a:      array<T>;
@group(0) @binding(1) var<storage, read>       a_four: array<V>;
@group(0) @binding(2) var<storage, read>       b:      array<T>;
@group(0) @binding(3) var<storage, read>       b_four: array<V>;
@group(0) @binding(4) var<storage, read_write> y:      array<Y>;
@group(0) @binding(5) var<uniform>             dim:    Params;

alias T = f32; //@set
const WORKGROUP: u32 = 64u; //@set
const FUNCTION: u32 = 0u; //@set
const DEPTH: u32 = 6u; //@set innermost axes that are not 1
const ALIKE_A: bool = false; //@set lies as y does
const ALIKE_B: bool = false; //@set

// Where a and b are for element i of y.
fn place(i: u32) -> vec2<u32> {
    let n4 = i / dim.n5;
    let n3 = n4 / dim.n4;
    var at = (i - n4 * dim.n5) * vec2<u32>(dim.a5, dim.b5) + (n4 - n3 * dim.n4) * vec2<u32>(dim.a4, dim.b4);
    if DEPTH > 3u {
        let i3 = n3 % dim.n3;
        var rest = n3 / dim.n3;
        let i2 = rest % dim.n2; rest /= dim.n2;
        let i1 = rest % dim.n1; rest /= dim.n1;
        at += i3 * vec2<u32>(dim.a3, dim.b3) + i2 * vec2<u32>(dim.a2, dim.b2);
        at += i1 * vec2<u32>(dim.a1, dim.b1) + rest * vec2<u32>(dim.a0, dim.b0);
    } else {
        at += n3 * vec2<u32>(dim.a3, dim.b3);
    }
    return at;
}

@compute @workgroup_size(WORKGROUP)
fn binary_gather(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = flat_id(id, groups.x * WORKGROUP);
    if i * 4u >= dim.count { return; }

    let end = dim.count - 1u; // the last vec4 may be cut short: the rest of it is the buffer's padding
    let p0 = place(i * 4u);
    let p1 = place(min(i * 4u + 1u, end));
    let p2 = place(min(i * 4u + 2u, end));
    let p3 = place(min(i * 4u + 3u, end));
    var left: V;
    var right: V;
    if ALIKE_A { left = a_four[i]; } else { left = V(a[p0.x], a[p1.x], a[p2.x], a[p3.x]); }
    if ALIKE_B { right = b_four[i]; } else { right = V(b[p0.y], b[p1.y], b[p2.y], b[p3.y]); }
    y[i] = operate(FUNCTION, left, right, dim.nan);
}
