// rule_rmsprop: s = alpha s + (1 - alpha) g², v = momentum v + g / (sqrt(s) + eps), w -= lr v
//
// As PyTorch's RMSprop, with g + weight_decay * w for g.

//@use clock
//@use segment

struct Params {
    blocks: u32, steps: u32, every: u32,
    alpha: f32, eps: f32, momentum: f32,
}

@group(0) @binding(5 + CLOCK) var<storage, read_write> s:   array<vec4<f32>>;
@group(0) @binding(6 + CLOCK) var<storage, read_write> v:   array<vec4<f32>>;
@group(0) @binding(7 + CLOCK) var<uniform>             dim: Params;

fn moved(i: u32, w: vec4<f32>, dw: vec4<f32>, part: Segment, row: vec4<f32>, first: bool) -> vec4<f32> {
    let g = dw + part.weight_decay * w;
    let s_i = dim.alpha * s[i] + (1.0 - dim.alpha) * g * g;
    let v_i = dim.momentum * v[i] + g / (sqrt(s_i) + dim.eps);
    s[i] = s_i;
    v[i] = select(v_i, vec4<f32>(), dim.momentum == 0.0); // none is kept then
    return w - row.x * v_i;
}
