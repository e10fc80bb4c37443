// rule_adam: m = b1 m + (1 - b1) g, v = b2 v + (1 - b2) g², w -= lr * (m / c1) / (sqrt(v / c2) + eps)
//
// Kingma & Ba 2015 as PyTorch writes it, with c = 1 - b^t made by the host in f64. Weight decay goes into g, or, with
// DECOUPLED (AdamW, Loshchilov & Hutter 2019), straight into w.

//@use clock
//@use segment

struct Params {
    blocks: u32, steps: u32, every: u32,
    beta1: f32, beta2: f32, eps: f32,
}

@group(0) @binding(5 + CLOCK) var<storage, read_write> m:   array<vec4<f32>>;
@group(0) @binding(6 + CLOCK) var<storage, read_write> v:   array<vec4<f32>>;
@group(0) @binding(7 + CLOCK) var<uniform>             dim: Params;

const DECOUPLED: bool = false; //@set

fn moved(i: u32, w: vec4<f32>, dw: vec4<f32>, part: Segment, row: vec4<f32>, first: bool) -> vec4<f32> {
    let g = select(dw + part.weight_decay * w, dw, DECOUPLED);
    let decayed = select(w, w - row.x * part.weight_decay * w, DECOUPLED);
    let m_i = m[i] + (1.0 - dim.beta1) * (g - m[i]);
    let v_i = dim.beta2 * v[i] + (1.0 - dim.beta2) * g * g;
    m[i] = m_i;
    v[i] = v_i;
    return decayed - row.x * (m_i / row.y) / (sqrt(v_i / row.z) + dim.eps);
}
