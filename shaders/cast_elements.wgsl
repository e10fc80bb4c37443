// cast_elements: y = x as another type
//
// One invocation makes one vec4. Towards i32 the fraction goes and what is beyond its range becomes its end, NaN 0.
// Bytes come four to a word. Truth values are floats, 0 or 1.
// grid  flat over y in vec4s

//@use index

struct Params {
    count: u32, // vec4s
}

@group(0) @binding(0) var<storage, read>       x:   array<X>;
@group(0) @binding(1) var<storage, read_write> y:   array<vec4<u32>>;
@group(0) @binding(2) var<uniform>             dim: Params;

alias X = vec4<u32>; //@set u32 for bytes
const WORKGROUP: u32 = 64u; //@set
const FROM: u32 = 0u; //@set f32 or truth 0, i32 1, bytes 2
const TO: u32 = 0u; //@set f32 0, i32 1, truth 2

@compute @workgroup_size(WORKGROUP)
fn cast_elements(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = flat_id(id, groups.x * WORKGROUP);
    if i >= dim.count { return; }

    let bits = vec4<u32>(x[i]); // a word of four bytes, four times
    var number: vec4<f32>;
    switch FROM {
        case 1u: { number = vec4<f32>(bitcast<vec4<i32>>(bits)); }
        case 2u: { number = vec4<f32>((bits >> vec4<u32>(0u, 8u, 16u, 24u)) & vec4<u32>(0xffu)); }
        default: { number = bitcast<vec4<f32>>(bits); }
    }
    let whole = bitcast<vec4<u32>>(number);
    switch TO {
        case 1u: {
            let nan = (whole & vec4<u32>(0x7fffffffu)) > vec4<u32>(0x7f800000u);
            let held = clamp(number, vec4<f32>(-2147483648.0), vec4<f32>(2147483520.0));
            let cut = select(vec4<i32>(held), vec4<i32>(2147483647), number >= vec4<f32>(2147483648.0));
            y[i] = bitcast<vec4<u32>>(select(cut, vec4<i32>(), nan));
        }
        case 2u: { y[i] = select(vec4<u32>(), vec4<u32>(0x3f800000u), !(number == vec4<f32>())); }
        default: { y[i] = whole; }
    }
}
