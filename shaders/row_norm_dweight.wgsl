// row_norm_dweight: dweight[w] = sum of dy * x̂, dbias[w] = sum of dy, over all elements that meet weight w
//
// One invocation makes one chunk of one weight: every chunks-th of its runs of span elements. Chunks are then added in
// order by sum_parts. Rows and weights as in row_norm.
// grid  flat over chunk, weight

//@use index
//@use width4

struct Params {
    rows: u32, len: u32, lanes: u32,
    n: u32,                              // numbers along the lanes, of which the last element may hold fewer than 4
    chunks: u32, stride: u32,            // stride: numbers from one chunk of weights to the next, whole vec4s
    cycle: u32, per_row: u32, span: u32, // cycle * per_row weights
}

@group(0) @binding(0) var<storage, read>       x:       array<Element>;
@group(0) @binding(1) var<storage, read>       dy:      array<Element>;
@group(0) @binding(2) var<storage, read>       means:   array<Element>; // [rows]
@group(0) @binding(3) var<storage, read>       inv_std: array<Element>; // [rows]
@group(0) @binding(4) var<storage, read_write> dweight: array<f32>;     // [chunks, stride]
@group(0) @binding(5) var<storage, read_write> dbias:   array<f32>;
@group(0) @binding(6) var<uniform>             dim:     Params;

const WORKGROUP: u32 = 64u; //@set

@compute @workgroup_size(WORKGROUP)
fn row_norm_dweight(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = flat_id(id, groups.x * WORKGROUP);
    let weights = dim.cycle * dim.per_row;
    if i >= dim.chunks * weights { return; }

    let w = i % weights;
    let chunk = i / weights;
    let skipped = w % dim.per_row * dim.span * dim.lanes;
    var total = vec2<f32>();
    // The rows that meet this weight: `lanes` side by side, then after every `cycle` of such groups again.
    for (var k = chunk; k < dim.rows / dim.cycle; k += dim.chunks) {
        let group = k / dim.lanes * dim.cycle + w / dim.per_row;
        let lane = k % dim.lanes;
        let row = group * dim.lanes + lane;
        let mean = means[row];
        let start = group * dim.len * dim.lanes + lane + skipped;
        var sum = Element();
        var along = Element();
        for (var j = 0u; j < dim.span; j++) {
            let d = dy[start + j * dim.lanes];
            sum += d;
            along += d * (x[start + j * dim.lanes] - mean);
        }
        along *= inv_std[row];
        if WIDTH > 1u {
            let real = inside(lane * WIDTH, dim.n);
            sum = select(Element(), sum, real);
            along = select(Element(), along, real);
        }
        total += vec2<f32>(across(along), across(sum));
    }
    dweight[chunk * dim.stride + w] = total.x;
    dbias[chunk * dim.stride + w] = total.y;
}
