// accumulate: sum += g over `every` steps, then g = sum / every, g being the sum of a gradient's parts in order
//
// Before the update, which takes the last of these steps alone. The first part becomes the mean so far, the others
// nothing; the sum starts anew at the first step. Blocks as in update.
// grid  (blocks folded over x and y)

//@use gradient_whole

struct Params { blocks: u32, every: u32 }

@group(0) @binding(2) var<storage, read>       step: array<u32>;
@group(0) @binding(3) var<storage, read_write> sum:  array<vec4<f32>>;
@group(0) @binding(4) var<uniform>             dim:  Params;

@compute @workgroup_size(64)
fn accumulate(
    @builtin(local_invocation_index) lane: u32,
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
) {
    let block = group.y * groups.x + group.x;
    if block >= dim.blocks { return; }
    let part = segment(table[block * 2u], table[block * 2u + 1u]);
    if lane >= part.count { return; }

    let g = gathered(part, lane);
    let i = block * 64u + lane;
    let total = select(sum[i] + g, g, step[0] % dim.every == 0u);
    sum[i] = total;
    dw[part.gradient + lane] = total / f32(dim.every);
}
