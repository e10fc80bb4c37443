// matmul_pack: panels[j / WIDTH, l, j % WIDTH] = x[l, j]
//
// Panels of columns one behind the other, so that a product that goes down a panel reads neighbours: rows that begin a
// power of two apart would push each other out of the caches. Columns beyond the last repeat inner ones.
// grid  flat over vec4s of panels

//@use index

struct Params {
    rows: u32, columns: u32, // x is [rows, columns]
    pitch: u32,              // elements from one row of x to the next
    count: u32,              // vec4s of all panels
}

@group(0) @binding(0) var<storage, read>       x:      array<X>;
@group(0) @binding(1) var<storage, read_write> panels: array<vec4<f32>>;
@group(0) @binding(2) var<uniform>             dim:    Params;

alias X = vec4<f32>; //@set or f32
const VEC_X: u32 = 1u; //@set as X says: every row begins at a multiple of 4
const WORKGROUP: u32 = 64u; //@set
const WIDTH: u32 = 32u; //@set a multiple of 4

@compute @workgroup_size(WORKGROUP)
fn matmul_pack(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = flat_id(id, groups.x * WORKGROUP);
    if i >= dim.count { return; }

    let line = i / (WIDTH / 4u);
    let column = line / dim.rows * WIDTH + i % (WIDTH / 4u) * 4u;
    let start = line % dim.rows * dim.pitch;
    const only = 0u;
    //@for only in 0..VEC_X
    panels[i] = vec4<f32>(x[(start + min(column, (dim.columns - 1u) / 4u * 4u)) / 4u]);
    //@end
    //@for only in VEC_X..1
    let at = vec4<u32>(start) + min(vec4<u32>(column) + vec4<u32>(0u, 1u, 2u, 3u), vec4<u32>(dim.columns - 1u));
    panels[i] = vec4<f32>(vec4<f32>(x[at.x]).x, vec4<f32>(x[at.y]).x, vec4<f32>(x[at.z]).x, vec4<f32>(x[at.w]).x);
    //@end
}
