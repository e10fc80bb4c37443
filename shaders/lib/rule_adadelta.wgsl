// rule_adadelta: s = rho s + (1 - rho) g², d = sqrt(u + eps) / sqrt(s + eps) g, u = rho u + (1 - rho) d², w -= lr d
//
// As PyTorch's Adadelta (Zeiler 2012), with g + weight_decay * w for g.

//@use clock
//@use segment

struct Params {
    blocks: u32, steps: u32, every: u32,
    rho: f32, eps: f32,
}

@group(0) @binding(5 + CLOCK) var<storage, read_write> s:   array<vec4<f32>>;
@group(0) @binding(6 + CLOCK) var<storage, read_write> u:   array<vec4<f32>>;
@group(0) @binding(7 + CLOCK) var<uniform>             dim: Params;

fn moved(i: u32, w: vec4<f32>, dw: vec4<f32>, part: Segment, row: vec4<f32>, first: bool) -> vec4<f32> {
    let g = dw + part.weight_decay * w;
    let s_i = dim.rho * s[i] + (1.0 - dim.rho) * g * g;
    let d = sqrt(u[i] + dim.eps) / sqrt(s_i + dim.eps) * g;
    s[i] = s_i;
    u[i] = dim.rho * u[i] + (1.0 - dim.rho) * d * d;
    return w - row.x * d;
}
