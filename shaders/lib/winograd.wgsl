// winograd: the one-dimensional transforms of F(4,3), Winograd's minimal filtering: 4 outputs of 3 taps by 6 products
//
// Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks" (2015), interpolated at 0, 1, -1, 2, -2 and
// infinity: y = A' ((G g) * (B' x)). A transform of an image is this along its columns, then along its rows.

// B' x
fn of_x(x0: vec4<f32>, x1: vec4<f32>, x2: vec4<f32>, x3: vec4<f32>, x4: vec4<f32>, x5: vec4<f32>) -> array<vec4<f32>, 6> {
    let even = x4 - 4.0 * x2;
    let odd = x3 - 4.0 * x1;
    let near = x4 - x2;
    let far = 2.0 * (x3 - x1);
    return array<vec4<f32>, 6>(
        4.0 * (x0 - x2) + near, even + odd, even - odd, near + far, near - far, 4.0 * (x1 - x3) + (x5 - x3),
    );
}

// G g
fn of_weight(g0: vec4<f32>, g1: vec4<f32>, g2: vec4<f32>) -> array<vec4<f32>, 6> {
    let outer = (g0 + g2) / -6.0;
    let wide = g0 / 24.0 + g2 / 6.0;
    return array<vec4<f32>, 6>(0.25 * g0, outer - g1 / 6.0, outer + g1 / 6.0, wide + g1 / 12.0, wide - g1 / 12.0, g2);
}

// A' m
fn of_y(m0: vec4<f32>, m1: vec4<f32>, m2: vec4<f32>, m3: vec4<f32>, m4: vec4<f32>, m5: vec4<f32>) -> array<vec4<f32>, 4> {
    let near = m1 + m2;
    let turn = m1 - m2;
    let far = m3 + m4;
    let spin = m3 - m4;
    return array<vec4<f32>, 4>(m0 + near + far, turn + 2.0 * spin, near + 4.0 * far, turn + 8.0 * spin + m5);
}
