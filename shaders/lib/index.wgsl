// index: where an invocation stands in a flat launch, and the value that loses every max
//
// A grid axis takes at most 65,535 workgroups, so a flat launch folds over y: rows of `width` invocations.

const LOWEST: f32 = -3.402823466e+38; // WGSL has no -inf literal; the least finite f32 stands in for it

// The flat position of `id`; `width` is the launch's invocations along x (num_workgroups.x * WORKGROUP).
fn flat_id(id: vec3<u32>, width: u32) -> u32 {
    return id.x + id.y * width;
}
