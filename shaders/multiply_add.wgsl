// multiply_add: y = the sum of chains, each c = c * factor + addend, 16 times a round
//
// No op's kernel: the roof of arithmetic, for `bench`. One invocation runs CHAINS chains of vec4s out of registers; the
// numbers come from a buffer, so that no compiler knows them.
// grid  flat over y in vec4s

//@use index

struct Params {
    count: u32,  // vec4s of y
    rounds: u32, // at most 65,535
}

@group(0) @binding(0) var<storage, read>       x: array<vec4<f32>>; // factor, addend
@group(0) @binding(1) var<storage, read_write> y: array<vec4<f32>>;
@group(0) @binding(2) var<uniform>             dim: Params;

const WORKGROUP: u32 = 64u; //@set
const CHAINS: u32 = 3u; //@set
const k = 0u;

@compute @workgroup_size(WORKGROUP)
fn multiply_add(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = flat_id(id, groups.x * WORKGROUP);
    if i >= dim.count { return; }
    let factor = x[0].x;
    let addend = x[0].y;
//@for k in 0..CHAINS
    var chain_k = vec4<f32>(f32(i + k));
//@end
    for (var round = 0u; round < dim.rounds; round++) {
//@for t in 0..16
//@for k in 0..CHAINS
        chain_k = chain_k * factor + addend;
//@end
//@end
    }
    var sum = vec4<f32>();
//@for k in 0..CHAINS
    sum += chain_k;
//@end
    y[i] = sum;
}
