// ternary: y = f(a, b, c), broadcast as numpy does, four neighbours at a time
//
// One invocation makes one unit: a vec4, or one element where rows of y are no whole vec4s. An operand that stretches
// along the innermost axis is an array of single elements.
// grid  flat over y in units

//@use index

struct Params {
    count: u32, // units of y
    n1: u32, n2: u32, n3: u32, n4: u32, n5: u32, // lengths of the axes of y but the first, the last in units
    a0: u32, a1: u32, a2: u32, a3: u32, a4: u32, a5: u32, // strides of a along them
    b0: u32, b1: u32, b2: u32, b3: u32, b4: u32, b5: u32, // strides of b along them
    c0: u32, c1: u32, c2: u32, c3: u32, c4: u32, c5: u32, // strides of c along them
}

@group(0) @binding(0) var<storage, read>       a: array<A>;
@group(0) @binding(1) var<storage, read>       b: array<B>;
@group(0) @binding(2) var<storage, read>       c: array<C>;
@group(0) @binding(3) var<storage, read_write> y: array<V>;
@group(0) @binding(4) var<uniform>             dim: Params;

alias F = vec4<f32>; //@set a's unit
alias V = vec4<f32>; //@set b's, c's and y's unit
alias A = vec4<f32>; //@set
alias B = vec4<f32>; //@set
alias C = vec4<f32>; //@set
const WORKGROUP: u32 = 64u; //@set
const FUNCTION: u32 = 0u; //@set
const ALIKE: bool = false; //@set all lie as y does

fn operate3(a: F, b: V, c: V) -> V {
    switch FUNCTION {
        case 1u: { return select(b * c, c, a > F()); } // prelu's gradient for x = a, slope b and dy = c
        default: { return select(c, b, a != F()); } // b where a is true, else c
    }
}

@compute @workgroup_size(WORKGROUP)
fn ternary(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = flat_id(id, groups.x * WORKGROUP);
    if i >= dim.count { return; }

    var at = vec3<u32>(i);
    if !ALIKE {
        var rest = i;
        let i5 = rest % dim.n5; rest /= dim.n5;
        let i4 = rest % dim.n4; rest /= dim.n4;
        let i3 = rest % dim.n3; rest /= dim.n3;
        let i2 = rest % dim.n2; rest /= dim.n2;
        let i1 = rest % dim.n1; rest /= dim.n1;
        at = i5 * vec3<u32>(dim.a5, dim.b5, dim.c5) + i4 * vec3<u32>(dim.a4, dim.b4, dim.c4)
            + i3 * vec3<u32>(dim.a3, dim.b3, dim.c3) + i2 * vec3<u32>(dim.a2, dim.b2, dim.c2)
            + i1 * vec3<u32>(dim.a1, dim.b1, dim.c1) + rest * vec3<u32>(dim.a0, dim.b0, dim.c0);
    }
    y[i] = operate3(F(a[at.x]), V(b[at.y]), V(c[at.z]));
}
