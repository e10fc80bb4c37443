// lamb_norms: norms[first] = Σ norms of a parameter's blocks, that is Σ w² and Σ d² over all of it
//
// Second of LAMB's three launches. A workgroup takes a parameter: lanes add every 64th block, then in pairs, in an order
// that never changes.
// grid  (parameters folded over x and y)

struct Params { parameters: u32 }

@group(0) @binding(0) var<storage, read>       table: array<vec2<u32>>; // of each parameter: first block, blocks
@group(0) @binding(1) var<storage, read_write> norms: array<vec2<f32>>; // of each block: Σ w², Σ d²
@group(0) @binding(2) var<uniform>             dim:   Params;

var<workgroup> sums: array<vec2<f32>, 64>;

@compute @workgroup_size(64)
fn lamb_norms(
    @builtin(local_invocation_index) lane: u32,
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
) {
    let at = group.y * groups.x + group.x;
    let part = table[min(at, dim.parameters - 1u)];
    var sum = vec2<f32>();
    for (var k = lane; k < part.y; k += 64u) { sum += norms[part.x + k]; }
    sums[lane] = sum;
    for (var half = 32u; half > 0u; half /= 2u) {
        workgroupBarrier();
        if lane < half { sums[lane] += sums[lane + half]; }
    }
    // Every lane has read its blocks by the first barrier.
    if at < dim.parameters && lane == 0u { norms[part.x] = sums[0]; }
}
