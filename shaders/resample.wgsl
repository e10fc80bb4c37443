// resample: y[o,p,i] = sum over taps t of p of weight[t] * x[o, input[t], i]; `empty` where p has no taps
//
// One axis of a resize, or of a padding by the tensor's own elements; with the transposed lists, their gradients. One
// invocation makes one y: a number, or a vec4 along i.
// grid  flat over y

//@use index

struct Params {
    count: u32,                        // elements of y
    input: u32, output: u32, inner: u32, // x is [outer, input, inner], y is [outer, output, inner]
    empty: f32,
}

@group(0) @binding(0) var<storage, read>       x:     array<T>;
@group(0) @binding(1) var<storage, read>       spans: array<vec2<u32>>; // [output]: first tap, and the one past the last
@group(0) @binding(2) var<storage, read>       taps:  array<vec2<u32>>; // input, bits of the weight
@group(0) @binding(3) var<storage, read_write> y:     array<T>;
@group(0) @binding(4) var<uniform>             dim:   Params;

alias T = f32; //@set
const WORKGROUP: u32 = 64u; //@set

@compute @workgroup_size(WORKGROUP)
fn resample(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let at = flat_id(id, groups.x * WORKGROUP);
    if at >= dim.count { return; }

    let i = at % dim.inner;
    let p = at / dim.inner % dim.output;
    let first = at / (dim.inner * dim.output) * dim.input * dim.inner + i;
    let span = spans[p];
    var sum = T(0.0);
    if span.x == span.y { sum = T(dim.empty); }
    for (var t = span.x; t < span.y; t++) {
        let tap = taps[t];
        sum += bitcast<f32>(tap.y) * x[first + tap.x * dim.inner];
    }
    y[at] = sum;
}
