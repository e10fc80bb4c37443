// local_response_norm: y[c] = x[c] / (k + alpha/size * sum of x[j]² for j in c - below ..= c + above)^beta
//
// Channels outside are left out. One invocation makes one element: a number, or a vec4 along i.
// grid  flat over y

//@use index
//@use width4

struct Params {
    count: u32,          // elements of x
    c: u32, inner: u32,  // x is [outer, c, inner] elements
    below: u32, above: u32,
    factor: f32,         // alpha/size
    beta: f32, k: f32,
}

@group(0) @binding(0) var<storage, read>       x:   array<Element>;
@group(0) @binding(1) var<storage, read_write> y:   array<Element>;
@group(0) @binding(2) var<uniform>             dim: Params;

const WORKGROUP: u32 = 64u; //@set

@compute @workgroup_size(WORKGROUP)
fn local_response_norm(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = flat_id(id, groups.x * WORKGROUP);
    if i >= dim.count { return; }

    let c = i / dim.inner % dim.c;
    let plane = i - c * dim.inner;
    var sum = Element();
    for (var j = max(c, dim.below) - dim.below; j < min(c + dim.above + 1u, dim.c); j++) {
        let v = x[plane + j * dim.inner];
        sum += v * v;
    }
    let scale = dim.k + dim.factor * sum;
    y[i] = x[i] * pow(scale, Element(-dim.beta));
}
