// binary: y = f(a, b), broadcast as numpy does
//
// One invocation makes one y. An operand's stride along an axis of length 1 is 0.
// grid  flat over y

//@use index

struct Params {
    count: u32, // elements of y
    n0: u32, n1: u32, n2: u32, n3: u32, n4: u32, n5: u32, // lengths of the axes of y, outermost first
    a0: u32, a1: u32, a2: u32, a3: u32, a4: u32, a5: u32, // strides of a along them
    b0: u32, b1: u32, b2: u32, b3: u32, b4: u32, b5: u32, // strides of b along them
}

@group(0) @binding(0) var<storage, read>       a: array<T>;
@group(0) @binding(1) var<storage, read>       b: array<T>;
@group(0) @binding(2) var<storage, read_write> y: array<Y>;
@group(0) @binding(3) var<uniform>             dim: Params;

alias T = f32; //@set
alias Y = f32; //@set
const WORKGROUP: u32 = 64u; //@set
const FUNCTION: u32 = 0u; //@set

fn apply(a: T, b: T) -> Y {
    switch FUNCTION {
        case 1u: { return Y(a - b); }
        case 2u: { return Y(a * b); }
        case 3u: { return Y(a / b); }
        default: { return Y(a + b); }
    }
}

@compute @workgroup_size(WORKGROUP)
fn binary(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = flat_id(id, groups.x * WORKGROUP);
    if i >= dim.count { return; }

    var rest = i;
    let i5 = rest % dim.n5; rest /= dim.n5;
    let i4 = rest % dim.n4; rest /= dim.n4;
    let i3 = rest % dim.n3; rest /= dim.n3;
    let i2 = rest % dim.n2; rest /= dim.n2;
    let i1 = rest % dim.n1;
    let i0 = rest / dim.n1;
    let at_a = i0 * dim.a0 + i1 * dim.a1 + i2 * dim.a2 + i3 * dim.a3 + i4 * dim.a4 + i5 * dim.a5;
    let at_b = i0 * dim.b0 + i1 * dim.b1 + i2 * dim.b2 + i3 * dim.b3 + i4 * dim.b4 + i5 * dim.b5;
    y[i] = apply(a[at_a], b[at_b]);
}
