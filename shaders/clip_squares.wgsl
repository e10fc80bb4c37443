// clip_squares: Σ g² of each block of gradients, g being the sum of its parts
//
// First of three launches that clip gradients by their common norm. Blocks as in update.
// grid  (blocks folded over x and y)

//@use gradient

struct Params { blocks: u32 }

@group(0) @binding(2) var<storage, read_write> squares: array<f32>;
@group(0) @binding(3) var<uniform>             dim:     Params;

var<workgroup> sums: array<f32, 64>;

@compute @workgroup_size(64)
fn clip_squares(
    @builtin(local_invocation_index) lane: u32,
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
) {
    let block = group.y * groups.x + group.x;
    let part = segment(table[min(block, dim.blocks - 1u) * 2u], table[min(block, dim.blocks - 1u) * 2u + 1u]);
    var g = vec4<f32>();
    if lane < part.count { g = gradient(part, lane); }
    sums[lane] = dot(g, g);
    for (var half = 32u; half > 0u; half /= 2u) {
        workgroupBarrier();
        if lane < half { sums[lane] += sums[lane + half]; }
    }
    if block < dim.blocks && lane == 0u { squares[block] = sums[0]; }
}
