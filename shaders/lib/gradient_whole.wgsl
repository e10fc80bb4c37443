// gradient_whole: a gradient brought together at one vec4 of a block of the update's table, to be written back whole
//
// As gradient, for kernels that write dw too: the first part is theirs to write, the others become nothing.

//@use segment

@group(0) @binding(0) var<storage, read>       table: array<vec4<u32>>; // two vec4s a block
@group(0) @binding(1) var<storage, read_write> dw:    array<vec4<f32>>;

fn gathered(part: Segment, lane: u32) -> vec4<f32> {
    var g = vec4<f32>();
    for (var k = 0u; k < part.parts; k++) {
        let at = part.gradient + k * part.stride + lane;
        g += dw[at];
        if k > 0u { dw[at] = vec4<f32>(); }
    }
    return g;
}
