// channel_sum: y[c] = sum over n and j of x[n,c,j]
//
// A workgroup makes one y; an invocation takes every WORKGROUP-th element of the channel. (One invocation for all of them
// would be slow, and some software drivers leave loops after 65,535 rounds.)
// grid  flat over c

//@use reduce

struct Params {
    n: u32, c: u32, rest: u32, // x is [n, c, rest]
}

@group(0) @binding(0) var<storage, read>       x:   array<f32>;
@group(0) @binding(1) var<storage, read_write> y:   array<f32>;
@group(0) @binding(2) var<uniform>             dim: Params;

@compute @workgroup_size(WORKGROUP)
fn channel_sum(
    @builtin(local_invocation_index) lane: u32,
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
) {
    let c = group.y * groups.x + group.x;
    var sum = 0.0;
    for (var i = lane; i < dim.n * dim.rest; i += WORKGROUP) {
        sum += x[(i / dim.rest * dim.c + min(c, dim.c - 1u)) * dim.rest + i % dim.rest];
    }
    let total = workgroup_sum(lane, sum);
    if lane == 0u && c < dim.c { y[c] = total; }
}
