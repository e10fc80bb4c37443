// row_norm_sums: sum of dx̂ and of dx̂ * x̂ over each chunk of each row, with dx̂ = dy * weight, x̂ = (x - mean) * inv_std
//
// One invocation makes one chunk: every chunks-th number of its row. Weights as in row_norm.
// grid  flat over row, chunk

//@use index

struct Params {
    rows: u32, len: u32,
    chunks: u32,
    cycle: u32, per_row: u32, span: u32,
}

@group(0) @binding(0) var<storage, read>       x:          array<f32>;
@group(0) @binding(1) var<storage, read>       dy:         array<f32>;
@group(0) @binding(2) var<storage, read>       weight:     array<f32>;
@group(0) @binding(3) var<storage, read>       statistics: array<f32>;       // [2, rows]
@group(0) @binding(4) var<storage, read_write> parts:      array<vec2<f32>>; // [rows, chunks]
@group(0) @binding(5) var<uniform>             dim:        Params;

const WORKGROUP: u32 = 64u; //@set

@compute @workgroup_size(WORKGROUP)
fn row_norm_sums(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = flat_id(id, groups.x * WORKGROUP);
    if i >= dim.rows * dim.chunks { return; }

    let row = i / dim.chunks;
    let mean = statistics[row];
    let first = row % dim.cycle * dim.per_row;
    var sums = vec2<f32>();
    for (var j = i % dim.chunks; j < dim.len; j += dim.chunks) {
        let d = dy[row * dim.len + j] * weight[first + j / dim.span];
        sums += vec2<f32>(d, d * (x[row * dim.len + j] - mean));
    }
    parts[i] = sums * vec2<f32>(1.0, statistics[dim.rows + row]);
}
