// update: w = rule(w, g) for all parameters in one launch, g being the sum of a gradient's parts in order
//
// A workgroup takes one block of 64 vec4s, which belongs to one parameter. The rule is one of lib/rule_*.wgsl, which
// also declares its moments and Params. Of `every` steps the last one moves; accumulate has the sum over them then. With
// CLOCK the step is a copy of the clock, which goes on by one here.
// grid  (blocks folded over x and y)

//@use clock
//@use gradient
//@use rule_sgd

@group(0) @binding(2) var<storage, read>       step:     array<u32>;
@group(0) @binding(3) var<storage, read>       schedule: array<vec4<f32>>; // lr, 1 - beta1^t, 1 - beta2^t
@group(0) @binding(4) var<storage, read_write> w:        array<vec4<f32>>;

@compute @workgroup_size(64)
fn update(
    @builtin(local_invocation_index) lane: u32,
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
) {
    let block = group.y * groups.x + group.x;
    if block >= dim.blocks { return; }
    //@for once in 0..CLOCK
    if block == 0u && lane == 0u { clock[0] = step[0] + 1u; }
    //@end
    let part = segment(table[block * 2u], table[block * 2u + 1u]);
    if lane >= part.count { return; }

    let t = step[0] / dim.every;
    if step[0] % dim.every != dim.every - 1u { return; }
    var row = schedule[min(t, dim.steps - 1u)];
    row.x *= part.lr_scale;
    let i = block * 64u + lane;
    w[i] = moved(i, w[i], gradient(part, lane), part, row, t == 0u);
}
