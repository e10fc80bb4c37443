// linear_dbias_inner: dbias[o] = sum over n of dy[o, n], batch-innermost
//
// One invocation makes one dbias from vec4s of four images; padded images do not count, padded outputs become 0.
// grid  flat over dbias, padded to whole vec4s

//@use index

struct Params {
    rows: u32, outputs: u32, // dy is [outputs, rows / 4] of vec4
}

@group(0) @binding(0) var<storage, read>       dy:    array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> dbias: array<f32>;
@group(0) @binding(2) var<uniform>             dim:   Params;

const WORKGROUP: u32 = 64u; //@set

@compute @workgroup_size(WORKGROUP)
fn linear_dbias_inner(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let o = flat_id(id, groups.x * WORKGROUP);
    if o >= (dim.outputs + 3u) / 4u * 4u { return; }

    var sum = vec4<f32>();
    if o < dim.outputs {
        let first = o * ((dim.rows + 3u) / 4u);
        let whole = dim.rows / 4u;
        for (var i = 0u; i < whole; i++) {
            sum += dy[first + i];
        }
        if dim.rows % 4u > 0u {
            let inside = vec4<u32>(0u, 1u, 2u, 3u) < vec4<u32>(dim.rows % 4u);
            sum += select(vec4<f32>(), dy[first + whole], inside);
        }
    }
    dbias[o] = (sum.x + sum.y) + (sum.z + sum.w);
}
