// rule_sgd: v = momentum * v + (1 - dampening) * g, w -= lr * v, with g + weight_decay * w for g
//
// PyTorch's SGD: the first step sets v = g; Nesterov steps by g + momentum * v.

//@use clock
//@use segment

struct Params {
    blocks: u32, steps: u32, every: u32,
    momentum: f32, dampening: f32,
}

@group(0) @binding(5 + CLOCK) var<storage, read_write> v:   array<vec4<f32>>;
@group(0) @binding(6 + CLOCK) var<uniform>             dim: Params;

const NESTEROV: bool = false; //@set

fn moved(i: u32, w: vec4<f32>, dw: vec4<f32>, part: Segment, row: vec4<f32>, first: bool) -> vec4<f32> {
    let g = dw + part.weight_decay * w;
    let v_i = select(dim.momentum * v[i] + (1.0 - dim.dampening) * g, g, first);
    v[i] = v_i;
    return w - row.x * select(v_i, g + dim.momentum * v_i, NESTEROV);
}
