// lamb_moments: m = b1 m + (1 - b1) g, v = b2 v + (1 - b2) g², and Σ w², Σ d² of each block
//
// First of LAMB's three launches; lamb_norms and update with rule_lamb follow. Blocks as in update, and of `every` steps
// the last one moves. A workgroup adds in pairs, in an order that never changes.
// grid  (blocks folded over x and y)

//@use gradient
//@use lamb

struct Params {
    blocks: u32, steps: u32, every: u32,
    beta1: f32, beta2: f32, eps: f32,
}

@group(0) @binding(2) var<storage, read>       step:     array<u32>;
@group(0) @binding(3) var<storage, read>       schedule: array<vec4<f32>>; // lr, 1 - beta1^t, 1 - beta2^t
@group(0) @binding(4) var<storage, read>       w:        array<vec4<f32>>;
@group(0) @binding(5) var<storage, read_write> m:        array<vec4<f32>>;
@group(0) @binding(6) var<storage, read_write> v:        array<vec4<f32>>;
@group(0) @binding(7) var<storage, read_write> norms:    array<vec2<f32>>;
@group(0) @binding(8) var<uniform>             dim:      Params;

var<workgroup> squares: array<vec2<f32>, 64>;

@compute @workgroup_size(64)
fn lamb_moments(
    @builtin(local_invocation_index) lane: u32,
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
) {
    let block = group.y * groups.x + group.x;
    let part = segment(table[min(block, dim.blocks - 1u) * 2u], table[min(block, dim.blocks - 1u) * 2u + 1u]);
    let moves = step[0] % dim.every == dim.every - 1u;
    if moves && block < dim.blocks && lane < part.count {
        let row = schedule[min(step[0] / dim.every, dim.steps - 1u)];
        let i = block * 64u + lane;
        let g = gradient(part, lane);
        let m_i = m[i] + (1.0 - dim.beta1) * (g - m[i]);
        let v_i = dim.beta2 * v[i] + (1.0 - dim.beta2) * g * g;
        m[i] = m_i;
        v[i] = v_i;
        let d = direction(w[i], m_i, v_i, row, dim.eps, part.weight_decay);
        squares[lane] = vec2<f32>(dot(w[i], w[i]), dot(d, d));
    } else {
        squares[lane] = vec2<f32>();
    }
    for (var half = 32u; half > 0u; half /= 2u) {
        workgroupBarrier();
        if lane < half { squares[lane] += squares[lane + half]; }
    }
    if block < dim.blocks && lane == 0u { norms[block] = squares[0]; }
}
