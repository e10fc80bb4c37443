// gradient: the sum of a gradient's parts, in order, at one vec4 of a block of the update's table

//@use segment

@group(0) @binding(0) var<storage, read> table: array<vec4<u32>>; // two vec4s a block
@group(0) @binding(1) var<storage, read> dw:    array<vec4<f32>>;

fn gradient(part: Segment, lane: u32) -> vec4<f32> {
    var g = vec4<f32>();
    for (var k = 0u; k < part.parts; k++) {
        g += dw[part.gradient + k * part.stride + lane];
    }
    return g;
}
