// segment: one block of the update's table
//
// Parameters lie in blocks of 64 vec4s. A block's gradient is the sum of `parts` stretches of the gradient arena.

struct Segment {
    gradient: u32,   // first vec4 of the block's gradient
    parts: u32,
    stride: u32,     // vec4s from one part to the next
    count: u32,      // vec4s of the block that hold parameters
    lr_scale: f32,
    weight_decay: f32,
    first: u32,      // first block of the parameter
}

fn segment(head: vec4<u32>, tail: vec4<u32>) -> Segment {
    return Segment(head.x, head.y, head.z, head.w, bitcast<f32>(tail.x), bitcast<f32>(tail.y), tail.z);
}
