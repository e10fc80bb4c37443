// update_sgd: v = momentum * v + (1 - dampening) * g, w -= lr * v, with g = dw + weight_decay * w
//
// PyTorch's SGD: the first step sets v = g; Nesterov steps by g + momentum * v. All parameters in one launch: a
// workgroup takes one block of 64 vec4s, which belongs to one parameter, and adds the parts of its gradient in order.
// grid  (blocks folded over x and y)

//@use segment

struct Params {
    blocks: u32, steps: u32,
    momentum: f32, dampening: f32,
}

@group(0) @binding(0) var<storage, read>       step:     array<u32>;
@group(0) @binding(1) var<storage, read>       schedule: array<vec4<f32>>; // x is lr
@group(0) @binding(2) var<storage, read>       table:    array<vec4<u32>>;
@group(0) @binding(3) var<storage, read>       dw:       array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> w:        array<vec4<f32>>;
@group(0) @binding(5) var<storage, read_write> v:        array<vec4<f32>>;
@group(0) @binding(6) var<uniform>             dim:      Params;

const NESTEROV: bool = false; //@set

@compute @workgroup_size(64)
fn update_sgd(
    @builtin(local_invocation_index) lane: u32,
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
) {
    let block = group.y * groups.x + group.x;
    if block >= dim.blocks { return; }
    let part = segment(table[block * 2u], table[block * 2u + 1u]);
    if lane >= part.count { return; }

    let t = step[0];
    let lr = schedule[min(t, dim.steps - 1u)].x * part.lr_scale;
    let i = block * 64u + lane;
    var g = vec4<f32>();
    for (var k = 0u; k < part.parts; k++) {
        g += dw[part.gradient + k * part.stride + lane];
    }
    let w_i = w[i];
    g += part.weight_decay * w_i;
    let v_i = select(dim.momentum * v[i] + (1.0 - dim.dampening) * g, g, t == 0u);
    v[i] = v_i;
    w[i] = w_i - lr * select(v_i, g + dim.momentum * v_i, NESTEROV);
}
