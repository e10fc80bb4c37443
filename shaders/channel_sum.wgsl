// channel_sum: y[c] = sum over n,j of x[n,c,j]
//
// One invocation makes one y, row by row.
// grid  flat over y

//@use index

struct Params {
    n: u32, c: u32, rest: u32, // x is [n, c, rest]
}

@group(0) @binding(0) var<storage, read>       x:   array<f32>;
@group(0) @binding(1) var<storage, read_write> y:   array<f32>;
@group(0) @binding(2) var<uniform>             dim: Params;

const WORKGROUP: u32 = 64u; //@set

@compute @workgroup_size(WORKGROUP)
fn channel_sum(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let c = flat_id(id, groups.x * WORKGROUP);
    if c >= dim.c { return; }

    var sum = 0.0;
    for (var n = 0u; n < dim.n; n++) {
        var image = 0.0;
        for (var j = 0u; j < dim.rest; j++) {
            image += x[(n * dim.c + c) * dim.rest + j];
        }
        sum += image;
    }
    y[c] = sum;
}
