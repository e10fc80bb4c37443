// rule_lion: w -= lr * sign(b1 m + (1 - b1) g), m = b2 m + (1 - b2) g
//
// Chen et al. 2023, with weight decay straight into w.

//@use clock
//@use segment

struct Params {
    blocks: u32, steps: u32, every: u32,
    beta1: f32, beta2: f32,
}

@group(0) @binding(5 + CLOCK) var<storage, read_write> m:   array<vec4<f32>>;
@group(0) @binding(6 + CLOCK) var<uniform>             dim: Params;

fn moved(i: u32, w: vec4<f32>, g: vec4<f32>, part: Segment, row: vec4<f32>, first: bool) -> vec4<f32> {
    let m_i = m[i];
    m[i] = dim.beta2 * m_i + (1.0 - dim.beta2) * g;
    let direction = sign(dim.beta1 * m_i + (1.0 - dim.beta1) * g);
    return w - row.x * part.weight_decay * w - row.x * direction;
}
