// clip_scale: dw *= factor, the whole arena of gradients with all parts
//
// Last of three launches.
// grid  flat over dw in vec4s

//@use index

struct Params { count: u32 }

@group(0) @binding(0) var<storage, read>       factor: array<f32>; // [1]
@group(0) @binding(1) var<storage, read_write> dw:     array<vec4<f32>>;
@group(0) @binding(2) var<uniform>             dim:    Params;

const WORKGROUP: u32 = 64u; //@set

@compute @workgroup_size(WORKGROUP)
fn clip_scale(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = flat_id(id, groups.x * WORKGROUP);
    if i >= dim.count { return; }
    dw[i] *= factor[0];
}
