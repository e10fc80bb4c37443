// quad: four neighbouring numbers as a kernel's buffer holds them; quad_int64 is its twin
//
// Kernels that live by their loads declare array<Quad> and turn what they load and store by these two.

alias Quad = vec4<f32>;

fn quad(v: Quad) -> vec4<f32> { return v; }
fn to_quad(v: vec4<f32>) -> Quad { return v; }
