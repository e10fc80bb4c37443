// rule_rmsprop_centered: RMSprop that divides by the deviation, s - mean² in place of s
//
// As PyTorch's RMSprop with centered; mean = alpha mean + (1 - alpha) g.

//@use clock
//@use segment

struct Params {
    blocks: u32, steps: u32, every: u32,
    alpha: f32, eps: f32, momentum: f32,
}

@group(0) @binding(5 + CLOCK) var<storage, read_write> s:    array<vec4<f32>>;
@group(0) @binding(6 + CLOCK) var<storage, read_write> v:    array<vec4<f32>>;
@group(0) @binding(7 + CLOCK) var<storage, read_write> mean: array<vec4<f32>>;
@group(0) @binding(8 + CLOCK) var<uniform>             dim:  Params;

fn moved(i: u32, w: vec4<f32>, dw: vec4<f32>, part: Segment, row: vec4<f32>, first: bool) -> vec4<f32> {
    let g = dw + part.weight_decay * w;
    let s_i = dim.alpha * s[i] + (1.0 - dim.alpha) * g * g;
    let mean_i = dim.alpha * mean[i] + (1.0 - dim.alpha) * g;
    // No less than nothing, which rounding may make of a gradient that does not change.
    let v_i = dim.momentum * v[i] + g / (sqrt(max(s_i - mean_i * mean_i, vec4<f32>())) + dim.eps);
    s[i] = s_i;
    v[i] = select(v_i, vec4<f32>(), dim.momentum == 0.0); // none is kept then
    mean[i] = mean_i;
    return w - row.x * v_i;
}
