// clip_value: every number of a gradient held between -limit and limit; NaN stays
//
// The first part becomes the held sum of all parts, the others nothing. Blocks as in update.
// grid  (blocks folded over x and y)

//@use gradient_whole

struct Params { blocks: u32, limit: f32 }

@group(0) @binding(2) var<uniform> dim: Params;

@compute @workgroup_size(64)
fn clip_value(
    @builtin(local_invocation_index) lane: u32,
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
) {
    let block = group.y * groups.x + group.x;
    if block >= dim.blocks { return; }
    let part = segment(table[block * 2u], table[block * 2u + 1u]);
    if lane >= part.count { return; }
    let g = gathered(part, lane);
    let low = select(g, vec4<f32>(-dim.limit), g < vec4<f32>(-dim.limit));
    dw[part.gradient + lane] = select(low, vec4<f32>(dim.limit), low > vec4<f32>(dim.limit));
}
