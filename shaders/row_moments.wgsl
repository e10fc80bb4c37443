// row_moments: mean and sum of squared distances from it, of each chunk of each row of x
//
// A row is what one mean and variance are taken over (layer, RMS, group and instance norm). Rows lie `lanes` elements
// apart from their neighbours: one row-major, the batch's vec4s where the batch is innermost. One invocation makes one
// chunk: every chunks-th element of its row. Sums are taken around the chunk's first element, so that a large mean costs
// no digits.
// grid  flat over chunk, row

//@use index
//@use width4

struct Params {
    rows: u32, len: u32, lanes: u32, // element j of row i lies at ((i / lanes) * len + j) * lanes + i % lanes
    chunks: u32,
}

@group(0) @binding(0) var<storage, read>       x:     array<Element>;
@group(0) @binding(1) var<storage, read_write> parts: array<Element>; // [2, chunks, rows]
@group(0) @binding(2) var<uniform>             dim:   Params;

const WORKGROUP: u32 = 64u; //@set

@compute @workgroup_size(WORKGROUP)
fn row_moments(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = flat_id(id, groups.x * WORKGROUP);
    if i >= dim.rows * dim.chunks { return; }

    let row = i % dim.rows;
    let chunk = i / dim.rows;
    let start = row / dim.lanes * dim.len * dim.lanes + row % dim.lanes;
    let shift = x[start + chunk * dim.lanes];
    var sum = Element();
    var squares = Element();
    var count = 0.0;
    for (var j = chunk; j < dim.len; j += dim.chunks) {
        let apart = x[start + j * dim.lanes] - shift;
        sum += apart;
        squares += apart * apart;
        count += 1.0;
    }
    parts[i] = shift + sum / count;
    parts[dim.rows * dim.chunks + i] = max(squares - sum * (sum / count), Element());
}
