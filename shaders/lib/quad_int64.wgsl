// quad_int64: the four numbers of `quad` as two integers of 64 bits
//
// A software adapter pays a load by its components, not its bytes: 52 cycles in place of 95. Takes the place of quad on
// adapters that have such integers (gpu-core's texts.rs).

alias Quad = vec2<u64>;

fn halves(v: u64) -> vec2<f32> { return vec2<f32>(bitcast<f32>(u32(v & 0xfffffffflu)), bitcast<f32>(u32(v >> 32u))); }
fn quad(v: Quad) -> vec4<f32> { return vec4<f32>(halves(v.x), halves(v.y)); }

fn to_quad(v: vec4<f32>) -> Quad {
    let bits = bitcast<vec4<u32>>(v);
    return Quad(u64(bits.x) | (u64(bits.y) << 32u), u64(bits.z) | (u64(bits.w) << 32u));
}
