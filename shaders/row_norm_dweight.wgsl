// row_norm_dweight: dweight[w] = sum of dy * x̂, dbias[w] = sum of dy, over all numbers that meet weight w
//
// One invocation makes one chunk of one weight: every chunks-th of its runs of span numbers. Chunks are then added in
// order by sum_parts. Weights as in row_norm.
// grid  flat over chunk, weight

//@use index

struct Params {
    rows: u32, len: u32,
    chunks: u32, stride: u32,            // stride: numbers from one chunk of weights to the next, whole vec4s
    cycle: u32, per_row: u32, span: u32, // cycle * per_row weights
}

@group(0) @binding(0) var<storage, read>       x:          array<f32>;
@group(0) @binding(1) var<storage, read>       dy:         array<f32>;
@group(0) @binding(2) var<storage, read>       statistics: array<f32>; // [2, rows]
@group(0) @binding(3) var<storage, read_write> dweight:    array<f32>; // [chunks, stride]
@group(0) @binding(4) var<storage, read_write> dbias:      array<f32>;
@group(0) @binding(5) var<uniform>             dim:        Params;

const WORKGROUP: u32 = 64u; //@set

@compute @workgroup_size(WORKGROUP)
fn row_norm_dweight(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = flat_id(id, groups.x * WORKGROUP);
    let weights = dim.cycle * dim.per_row;
    if i >= dim.chunks * weights { return; }

    let w = i % weights;
    let chunk = i / weights;
    var sums = vec2<f32>();
    for (var row = w / dim.per_row + chunk * dim.cycle; row < dim.rows; row += dim.chunks * dim.cycle) {
        let at = row * dim.len + w % dim.per_row * dim.span;
        let mean = statistics[row];
        var run = vec2<f32>();
        for (var j = at; j < at + dim.span; j++) {
            run += vec2<f32>(dy[j] * (x[j] - mean), dy[j]);
        }
        sums += run * vec2<f32>(statistics[dim.rows + row], 1.0);
    }
    dweight[chunk * dim.stride + w] = sums.x;
    dbias[chunk * dim.stride + w] = sums.y;
}
