// linear_dbias: dbias[o] = sum over rows of dy[row, o]
//
// A workgroup makes 16 neighbours: 16 × 16 invocations add every 16th row of a column, then pairs at a distance of 8,
// 4, 2, 1. The order is fixed.
// grid  x = outputs / 16

struct Params {
    rows: u32, outputs: u32, // dy is [rows, outputs]
}

@group(0) @binding(0) var<storage, read>       dy:    array<f32>;
@group(0) @binding(1) var<storage, read_write> dbias: array<f32>;
@group(0) @binding(2) var<uniform>             dim:   Params;

var<workgroup> partial: array<array<f32, 16>, 16>; // [row % 16, column]

@compute @workgroup_size(16, 16)
fn linear_dbias(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
    let o = group.x * 16u + local.x;
    var sum = 0.0;
    if o < dim.outputs {
        for (var row = local.y; row < dim.rows; row += 16u) {
            sum += dy[row * dim.outputs + o];
        }
    }
    partial[local.y][local.x] = sum;
    for (var half = 8u; half > 0u; half /= 2u) {
        workgroupBarrier(); // between the writes above and the reads of other rows' below
        if local.y < half { partial[local.y][local.x] += partial[local.y + half][local.x]; }
    }
    if local.y == 0u && o < dim.outputs { dbias[o] = partial[0][local.x]; }
}
