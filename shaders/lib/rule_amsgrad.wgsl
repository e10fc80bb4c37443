// rule_amsgrad: Adam that divides by the largest second moment so far (Reddi et al. 2018)
//
// As PyTorch's Adam with amsgrad; weight decay as in rule_adam.

//@use clock
//@use segment

struct Params {
    blocks: u32, steps: u32, every: u32,
    beta1: f32, beta2: f32, eps: f32,
}

@group(0) @binding(5 + CLOCK) var<storage, read_write> m:      array<vec4<f32>>;
@group(0) @binding(6 + CLOCK) var<storage, read_write> v:      array<vec4<f32>>;
@group(0) @binding(7 + CLOCK) var<storage, read_write> v_most: array<vec4<f32>>;
@group(0) @binding(8 + CLOCK) var<uniform>             dim:    Params;

const DECOUPLED: bool = false; //@set

fn moved(i: u32, w: vec4<f32>, dw: vec4<f32>, part: Segment, row: vec4<f32>, first: bool) -> vec4<f32> {
    let g = select(dw + part.weight_decay * w, dw, DECOUPLED);
    let decayed = select(w, w - row.x * part.weight_decay * w, DECOUPLED);
    let m_i = m[i] + (1.0 - dim.beta1) * (g - m[i]);
    let v_i = dim.beta2 * v[i] + (1.0 - dim.beta2) * g * g;
    let most = select(v_most[i], v_i, v_i > v_most[i]);
    m[i] = m_i;
    v[i] = v_i;
    v_most[i] = most;
    return decayed - row.x * (m_i / row.y) / (sqrt(most / row.z) + dim.eps);
}
