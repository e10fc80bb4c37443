// lamb: d = (m / c1) / (sqrt(v / c2) + eps) + weight_decay * w, the direction that LAMB scales

fn direction(w: vec4<f32>, m: vec4<f32>, v: vec4<f32>, row: vec4<f32>, eps: f32, weight_decay: f32) -> vec4<f32> {
    return (m / row.y) / (sqrt(v / row.z) + eps) + weight_decay * w;
}
