// binary: y = f(a, b), broadcast as numpy does, four neighbours at a time
//
// One invocation makes one vec4. An operand that stretches along the innermost axis is an array of single elements,
// one of which fills a vec4. Lanes from `n` on in each run of `run` vec4s are padding and become 0.
// grid  flat over y in vec4s

//@use index
//@use operate

struct Params {
    count: u32, // vec4s of y
    n: u32, run: u32,
    nan: u32, // its bits: WGSL has no literal for it
    n1: u32, n2: u32, n3: u32, n4: u32, n5: u32, // lengths of the axes of y but the first, the last in vec4s
    a0: u32, a1: u32, a2: u32, a3: u32, a4: u32, a5: u32, // strides of a along them
    b0: u32, b1: u32, b2: u32, b3: u32, b4: u32, b5: u32, // strides of b along them
}

@group(0) @binding(0) var<storage, read>       a: array<A>;
@group(0) @binding(1) var<storage, read>       b: array<B>;
@group(0) @binding(2) var<storage, read_write> y: array<Y>;
@group(0) @binding(3) var<uniform>             dim: Params;

alias A = vec4<f32>; //@set
alias B = vec4<f32>; //@set
const WORKGROUP: u32 = 64u; //@set
const FUNCTION: u32 = 0u; //@set
const DEPTH: u32 = 6u; //@set innermost axes that are not 1
const ALIKE_A: bool = false; //@set lies as y does
const ALIKE_B: bool = false; //@set
const PADDED: bool = false; //@set

@compute @workgroup_size(WORKGROUP)
fn binary(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = flat_id(id, groups.x * WORKGROUP);
    if i >= dim.count { return; }

    var at_a = 0u;
    var at_b = 0u;
    if !(ALIKE_A && ALIKE_B) {
        // From the innermost axis on; divisions are dear, so none is made in vain.
        var rest = i;
        if DEPTH > 1u {
            let next = rest / dim.n5;
            at_a += (rest - next * dim.n5) * dim.a5;
            at_b += (rest - next * dim.n5) * dim.b5;
            rest = next;
        } else {
            at_a = rest * dim.a5;
            at_b = rest * dim.b5;
        }
        if DEPTH > 2u {
            let next = rest / dim.n4;
            at_a += (rest - next * dim.n4) * dim.a4;
            at_b += (rest - next * dim.n4) * dim.b4;
            rest = next;
        } else if DEPTH == 2u {
            at_a += rest * dim.a4;
            at_b += rest * dim.b4;
        }
        if DEPTH > 3u {
            let i3 = rest % dim.n3; rest /= dim.n3;
            let i2 = rest % dim.n2; rest /= dim.n2;
            let i1 = rest % dim.n1; rest /= dim.n1;
            at_a += i3 * dim.a3 + i2 * dim.a2 + i1 * dim.a1 + rest * dim.a0;
            at_b += i3 * dim.b3 + i2 * dim.b2 + i1 * dim.b1 + rest * dim.b0;
        } else if DEPTH == 3u {
            at_a += rest * dim.a3;
            at_b += rest * dim.b3;
        }
    }
    if ALIKE_A { at_a = i; }
    if ALIKE_B { at_b = i; }
    let result = operate(FUNCTION, V(a[at_a]), V(b[at_b]), dim.nan);
    if PADDED {
        let lane = vec4<u32>(i % dim.run * 4u) + vec4<u32>(0u, 1u, 2u, 3u);
        y[i] = select(Y(), result, lane < vec4<u32>(dim.n));
    } else {
        y[i] = result;
    }
}
