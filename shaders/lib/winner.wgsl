// winner: the largest of a 2×2 block and its place, for four images at a time

struct Winner {
    value: vec4<f32>,
    place: vec4<u32>, // 0..3 in row order, the first among equals
}

// Larger, or NaN: it spreads as in PyTorch.
fn beats(a: vec4<f32>, b: vec4<f32>) -> vec4<bool> {
    return (a > b) | (a != a);
}

fn winner(c0: vec4<f32>, c1: vec4<f32>, c2: vec4<f32>, c3: vec4<f32>) -> Winner {
    let right = beats(c1, c0);
    let right_below = beats(c3, c2);
    let above = select(c0, c1, right);
    let below = select(c2, c3, right_below);
    let lower = beats(below, above);
    return Winner(select(above, below, lower), select(vec4<u32>(right), vec4<u32>(right_below) + 2u, lower));
}
