// row_norm_sums: sum of dx̂ and of dx̂ * x̂ over each chunk of each row, with dx̂ = dy * weight, x̂ = (x - mean) * inv_std
//
// One invocation makes one chunk: every chunks-th element of its row. Rows and weights as in row_norm.
// grid  flat over chunk, row

//@use index
//@use width4

struct Params {
    rows: u32, len: u32, lanes: u32,
    chunks: u32,
    cycle: u32, per_row: u32, span: u32,
}

@group(0) @binding(0) var<storage, read>       x:       array<Element>;
@group(0) @binding(1) var<storage, read>       dy:      array<Element>;
@group(0) @binding(2) var<storage, read>       weight:  array<f32>;
@group(0) @binding(3) var<storage, read>       means:   array<Element>; // [rows]
@group(0) @binding(4) var<storage, read>       inv_std: array<Element>; // [rows]
@group(0) @binding(5) var<storage, read_write> parts:   array<Element>; // [2, chunks, rows]
@group(0) @binding(6) var<uniform>             dim:     Params;

const WORKGROUP: u32 = 64u; //@set

@compute @workgroup_size(WORKGROUP)
fn row_norm_sums(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = flat_id(id, groups.x * WORKGROUP);
    if i >= dim.rows * dim.chunks { return; }

    let row = i % dim.rows;
    let mean = means[row];
    let start = row / dim.lanes * dim.len * dim.lanes + row % dim.lanes;
    let first_weight = row / dim.lanes % dim.cycle * dim.per_row;
    var sum = Element();
    var along = Element();
    for (var j = i / dim.rows; j < dim.len; j += dim.chunks) {
        let at = start + j * dim.lanes;
        let d = dy[at] * weight[first_weight + j / dim.span];
        sum += d;
        along += d * (x[at] - mean);
    }
    parts[i] = sum;
    parts[dim.rows * dim.chunks + i] = along * inv_std[row];
}
