// local_response_norm_dx: dx[c] = dy[c] * scale[c]^-beta - 2 * factor * beta * x[c] * sum of dy[j] * x[j] * scale[j]^(-beta - 1)
//
// The sum goes over the channels j whose neighbourhood holds c; scale is that of local_response_norm, made again for
// each. One invocation makes one element: a number, or a vec4 along i.
// grid  flat over dx

//@use index
//@use width4

struct Params {
    count: u32,          // elements of x
    c: u32, inner: u32,  // x, dy and dx are [outer, c, inner] elements
    below: u32, above: u32,
    factor: f32,         // alpha/size
    beta: f32, k: f32,
}

@group(0) @binding(0) var<storage, read>       x:   array<Element>;
@group(0) @binding(1) var<storage, read>       dy:  array<Element>;
@group(0) @binding(2) var<storage, read_write> dx:  array<Element>;
@group(0) @binding(3) var<uniform>             dim: Params;

const WORKGROUP: u32 = 64u; //@set

fn scale(plane: u32, c: u32) -> Element {
    var sum = Element();
    for (var j = max(c, dim.below) - dim.below; j < min(c + dim.above + 1u, dim.c); j++) {
        let v = x[plane + j * dim.inner];
        sum += v * v;
    }
    return dim.k + dim.factor * sum;
}

@compute @workgroup_size(WORKGROUP)
fn local_response_norm_dx(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = flat_id(id, groups.x * WORKGROUP);
    if i >= dim.count { return; }

    let c = i / dim.inner % dim.c;
    let plane = i - c * dim.inner;
    var sum = Element();
    for (var j = max(c, dim.above) - dim.above; j < min(c + dim.below + 1u, dim.c); j++) {
        let at = plane + j * dim.inner;
        sum += dy[at] * x[at] * pow(scale(plane, j), Element(-dim.beta - 1.0));
    }
    dx[i] = dy[i] * pow(scale(plane, c), Element(-dim.beta)) - 2.0 * dim.factor * dim.beta * x[i] * sum;
}
