// row_norm: y = (x - mean) / sqrt(var + eps) * weight + bias over each row of x; RMS: y = x / sqrt(mean of x² + eps) * weight
//
// Layer, RMS, group and instance norm; rows and chunks as in row_moments. One invocation joins its row's chunks (Chan's
// rule, see moments), then makes every blocks-th element of it. The first of each row also leaves mean and
// 1 / sqrt(var + eps). Element j of row i meets weight (i / lanes % cycle) * per_row + j / span.
// grid  flat over block, row

//@use index
//@use width4

struct Params {
    rows: u32, len: u32, lanes: u32,
    chunks: u32, blocks: u32,
    cycle: u32, per_row: u32, span: u32,
    eps: f32,
}

@group(0) @binding(0) var<storage, read>       x:       array<Element>;
@group(0) @binding(1) var<storage, read>       weight:  array<f32>;
@group(0) @binding(2) var<storage, read>       bias:    array<f32>;    // the weight again where there is none
@group(0) @binding(3) var<storage, read>       parts:   array<Element>; // [2, chunks, rows]
@group(0) @binding(4) var<storage, read_write> y:       array<Element>;
@group(0) @binding(5) var<storage, read_write> means:   array<Element>; // [rows]
@group(0) @binding(6) var<storage, read_write> inv_std: array<Element>; // [rows]
@group(0) @binding(7) var<uniform>             dim:     Params;

const WORKGROUP: u32 = 64u; //@set
const RMS: bool = false; //@set

@compute @workgroup_size(WORKGROUP)
fn row_norm(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = flat_id(id, groups.x * WORKGROUP);
    if i >= dim.rows * dim.blocks { return; }

    let row = i % dim.rows;
    let block = i / dim.rows;
    var count = 0.0;
    var mean = Element();
    var squares = Element();
    for (var k = 0u; k < dim.chunks; k++) {
        let at = k * dim.rows + row;
        let more = f32((dim.len - k + dim.chunks - 1u) / dim.chunks);
        let apart = parts[at] - mean;
        let share = more / (count + more);
        squares += parts[dim.rows * dim.chunks + at] + apart * apart * (count * share);
        mean += apart * share;
        count += more;
    }
    var spread = squares / count;
    if RMS {
        spread += mean * mean;
        mean = Element();
    }
    let inv = 1.0 / sqrt(spread + dim.eps);
    if block == 0u {
        means[row] = mean;
        inv_std[row] = inv;
    }
    let start = row / dim.lanes * dim.len * dim.lanes + row % dim.lanes;
    let first_weight = row / dim.lanes % dim.cycle * dim.per_row;
    for (var j = block; j < dim.len; j += dim.blocks) {
        let at = start + j * dim.lanes;
        let w = first_weight + j / dim.span;
        var made = (x[at] - mean) * inv * weight[w];
        if !RMS { made += bias[w]; }
        y[at] = made;
    }
}
