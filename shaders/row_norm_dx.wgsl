// row_norm_dx: dx = (dx̂ - mean of dx̂ - x̂ * mean of dx̂ x̂) * inv_std, with dx̂ = dy * weight; RMS: without the mean of dx̂
//
// One invocation adds the chunks of its row, in order, then makes every blocks-th element of it. Rows and weights as in
// row_norm.
// grid  flat over block, row

//@use index
//@use width4

struct Params {
    rows: u32, len: u32, lanes: u32,
    chunks: u32, blocks: u32,
    cycle: u32, per_row: u32, span: u32,
}

@group(0) @binding(0) var<storage, read>       x:       array<Element>;
@group(0) @binding(1) var<storage, read>       dy:      array<Element>;
@group(0) @binding(2) var<storage, read>       weight:  array<f32>;
@group(0) @binding(3) var<storage, read>       means:   array<Element>; // [rows]
@group(0) @binding(4) var<storage, read>       inv_std: array<Element>; // [rows]
@group(0) @binding(5) var<storage, read>       parts:   array<Element>; // [2, chunks, rows]
@group(0) @binding(6) var<storage, read_write> dx:      array<Element>;
@group(0) @binding(7) var<uniform>             dim:     Params;

const WORKGROUP: u32 = 64u; //@set
const RMS: bool = false; //@set

@compute @workgroup_size(WORKGROUP)
fn row_norm_dx(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = flat_id(id, groups.x * WORKGROUP);
    if i >= dim.rows * dim.blocks { return; }

    let row = i % dim.rows;
    var sum = Element();
    var along = Element();
    for (var k = 0u; k < dim.chunks; k++) {
        sum += parts[k * dim.rows + row];
        along += parts[(dim.chunks + k) * dim.rows + row];
    }
    let mean = means[row];
    let inv = inv_std[row];
    var offset = sum / f32(dim.len);
    if RMS { offset = Element(); }
    let slope = along / f32(dim.len) * inv;
    let start = row / dim.lanes * dim.len * dim.lanes + row % dim.lanes;
    let first_weight = row / dim.lanes % dim.cycle * dim.per_row;
    for (var j = i / dim.rows; j < dim.len; j += dim.blocks) {
        let at = start + j * dim.lanes;
        let d = dy[at] * weight[first_weight + j / dim.span];
        dx[at] = (d - offset - (x[at] - mean) * slope) * inv;
    }
}
