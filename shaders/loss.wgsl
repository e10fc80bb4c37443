// loss: losses = f(x, target), number by number
//
// One invocation makes one number, or four neighbouring ones. Padding becomes 0, since f of it could be infinite.
// grid  flat over losses

//@use index
//@use lane
//@use losses

struct Params {
    count: u32,          // of T
    groups: u32, n: u32, // of every 4 * groups numbers n are real
    a: f32, b: f32,
}

@group(0) @binding(0) var<storage, read>       x:      array<T>;
@group(0) @binding(1) var<storage, read>       truth:  array<T>;
@group(0) @binding(2) var<storage, read_write> losses: array<T>;
@group(0) @binding(3) var<uniform>             dim:    Params;

const WORKGROUP: u32 = 64u; //@set
const LOSS: u32 = 0u; //@set

@compute @workgroup_size(WORKGROUP)
fn loss(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = flat_id(id, groups.x * WORKGROUP);
    if i >= dim.count { return; }
    losses[i] = select(T(), loss_of(LOSS, x[i], truth[i], dim.a, dim.b), real(i, dim.groups, dim.n));
}
