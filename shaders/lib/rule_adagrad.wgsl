// rule_adagrad: s += g², w -= lr * g / (sqrt(s) + eps)
//
// As PyTorch's Adagrad, with g + weight_decay * w for g; the host's schedule has the decay of lr.

//@use clock
//@use segment

struct Params {
    blocks: u32, steps: u32, every: u32,
    eps: f32,
}

@group(0) @binding(5 + CLOCK) var<storage, read_write> s:   array<vec4<f32>>;
@group(0) @binding(6 + CLOCK) var<uniform>             dim: Params;

fn moved(i: u32, w: vec4<f32>, dw: vec4<f32>, part: Segment, row: vec4<f32>, first: bool) -> vec4<f32> {
    let g = dw + part.weight_decay * w;
    let s_i = s[i] + g * g;
    s[i] = s_i;
    return w - row.x * g / (sqrt(s_i) + dim.eps);
}
