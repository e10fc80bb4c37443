// rule_lamb: w -= lr * |w| / |d| * d, with d from the moments that lamb_moments has just renewed
//
// You et al. 2020. The norms are over a parameter; lamb_norms has left their squares at its first block.

//@use clock
//@use segment
//@use lamb

struct Params {
    blocks: u32, steps: u32, every: u32,
    beta1: f32, beta2: f32, eps: f32,
}

@group(0) @binding(5 + CLOCK) var<storage, read_write> m:     array<vec4<f32>>;
@group(0) @binding(6 + CLOCK) var<storage, read_write> v:     array<vec4<f32>>;
@group(0) @binding(7 + CLOCK) var<storage, read>       norms: array<vec2<f32>>; // at a parameter's first block: Σ w², Σ d²
@group(0) @binding(8 + CLOCK) var<uniform>             dim:   Params;

fn moved(i: u32, w: vec4<f32>, g: vec4<f32>, part: Segment, row: vec4<f32>, first: bool) -> vec4<f32> {
    let squares = norms[part.first];
    var ratio = 1.0;
    if squares.x > 0.0 && squares.y > 0.0 { ratio = sqrt(squares.x) / sqrt(squares.y); }
    return w - row.x * ratio * direction(w, m[i], v[i], row, dim.eps, part.weight_decay);
}
