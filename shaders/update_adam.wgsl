// update_adam: m = b1 m + (1 - b1) g, v = b2 v + (1 - b2) g², w -= lr * (m / c1) / (sqrt(v / c2) + eps)
//
// Kingma & Ba 2015 as PyTorch writes it, with c = 1 - b^t made by the host in f64. Weight decay goes into g, or, with
// DECOUPLED (AdamW, Loshchilov & Hutter 2019), straight into w. Blocks as in update_sgd.
// grid  (blocks folded over x and y)

//@use segment

struct Params {
    blocks: u32, steps: u32,
    beta1: f32, beta2: f32, eps: f32,
}

@group(0) @binding(0) var<storage, read>       step:     array<u32>;
@group(0) @binding(1) var<storage, read>       schedule: array<vec4<f32>>; // lr, c1, c2
@group(0) @binding(2) var<storage, read>       table:    array<vec4<u32>>;
@group(0) @binding(3) var<storage, read>       dw:       array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> w:        array<vec4<f32>>;
@group(0) @binding(5) var<storage, read_write> m:        array<vec4<f32>>;
@group(0) @binding(6) var<storage, read_write> v:        array<vec4<f32>>;
@group(0) @binding(7) var<uniform>             dim:      Params;

const DECOUPLED: bool = false; //@set

@compute @workgroup_size(64)
fn update_adam(
    @builtin(local_invocation_index) lane: u32,
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
) {
    let block = group.y * groups.x + group.x;
    if block >= dim.blocks { return; }
    let part = segment(table[block * 2u], table[block * 2u + 1u]);
    if lane >= part.count { return; }

    let row = schedule[min(step[0], dim.steps - 1u)];
    let lr = row.x * part.lr_scale;
    let i = block * 64u + lane;
    var g = vec4<f32>();
    for (var k = 0u; k < part.parts; k++) {
        g += dw[part.gradient + k * part.stride + lane];
    }
    var w_i = w[i];
    if DECOUPLED {
        w_i -= lr * part.weight_decay * w_i;
    } else {
        g += part.weight_decay * w_i;
    }
    let m_i = m[i] + (1.0 - dim.beta1) * (g - m[i]);
    let v_i = dim.beta2 * v[i] + (1.0 - dim.beta2) * g * g;
    m[i] = m_i;
    v[i] = v_i;
    w[i] = w_i - lr * (m_i / row.y) / (sqrt(v_i / row.z) + dim.eps);
}
