// row_norm_dx: dx = (dx̂ - mean of dx̂ - x̂ * mean of dx̂ x̂) * inv_std, with dx̂ = dy * weight; RMS: without the mean of dx̂
//
// One invocation adds the chunks of its row, in order, then makes every blocks-th number of it. Weights as in row_norm.
// grid  flat over row, block

//@use index

struct Params {
    rows: u32, len: u32,
    chunks: u32, blocks: u32,
    cycle: u32, per_row: u32, span: u32,
}

@group(0) @binding(0) var<storage, read>       x:          array<f32>;
@group(0) @binding(1) var<storage, read>       dy:         array<f32>;
@group(0) @binding(2) var<storage, read>       weight:     array<f32>;
@group(0) @binding(3) var<storage, read>       statistics: array<f32>;       // [2, rows]
@group(0) @binding(4) var<storage, read>       parts:      array<vec2<f32>>; // [rows, chunks]
@group(0) @binding(5) var<storage, read_write> dx:         array<f32>;
@group(0) @binding(6) var<uniform>             dim:        Params;

const WORKGROUP: u32 = 64u; //@set
const RMS: bool = false; //@set

@compute @workgroup_size(WORKGROUP)
fn row_norm_dx(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = flat_id(id, groups.x * WORKGROUP);
    if i >= dim.rows * dim.blocks { return; }

    let row = i / dim.blocks;
    var sums = vec2<f32>();
    for (var k = 0u; k < dim.chunks; k++) {
        sums += parts[row * dim.chunks + k];
    }
    var means = sums / f32(dim.len);
    if RMS { means.x = 0.0; }
    let mean = statistics[row];
    let inv_std = statistics[dim.rows + row];
    let first = row % dim.cycle * dim.per_row;
    for (var j = i % dim.blocks; j < dim.len; j += dim.blocks) {
        let at = row * dim.len + j;
        let d = dy[at] * weight[first + j / dim.span];
        dx[at] = (d - means.x - (x[at] - mean) * inv_std * means.y) * inv_std;
    }
}
