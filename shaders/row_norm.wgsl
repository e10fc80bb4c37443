// row_norm: y = (x - mean) / sqrt(var + eps) * weight + bias over each row of x; RMS: y = x / sqrt(mean of x² + eps) * weight
//
// Layer norm, RMS norm, group norm and instance norm on row-major data: a row is what one mean is taken over. One
// invocation joins the chunks' moments of its row, then makes every blocks-th number of it. The first of each row also
// leaves mean and 1 / sqrt(var + eps). Number j of row i meets weight (i % cycle) * per_row + j / span.
// grid  flat over row, block

//@use index
//@use moments

struct Params {
    rows: u32, len: u32,
    chunks: u32, blocks: u32,
    cycle: u32, per_row: u32, span: u32,
    eps: f32,
}

@group(0) @binding(0) var<storage, read>       x:          array<f32>;
@group(0) @binding(1) var<storage, read>       weight:     array<f32>;
@group(0) @binding(2) var<storage, read>       bias:       array<f32>;      // the weight again where there is none
@group(0) @binding(3) var<storage, read>       parts:      array<vec4<f32>>; // [rows, chunks]
@group(0) @binding(4) var<storage, read_write> y:          array<f32>;
@group(0) @binding(5) var<storage, read_write> statistics: array<f32>;      // [2, rows]
@group(0) @binding(6) var<uniform>             dim:        Params;

const WORKGROUP: u32 = 64u; //@set
const RMS: bool = false; //@set

@compute @workgroup_size(WORKGROUP)
fn row_norm(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = flat_id(id, groups.x * WORKGROUP);
    if i >= dim.rows * dim.blocks { return; }

    let row = i / dim.blocks;
    let block = i % dim.blocks;
    var all = Moments();
    for (var k = 0u; k < dim.chunks; k++) {
        let part = parts[row * dim.chunks + k];
        all = join(all, Moments(part.x, part.y, part.z));
    }
    var mean = all.mean;
    var spread = all.squares / all.count;
    if RMS {
        spread += mean * mean;
        mean = 0.0;
    }
    let inv_std = 1.0 / sqrt(spread + dim.eps);
    if block == 0u {
        statistics[row] = mean;
        statistics[dim.rows + row] = inv_std;
    }
    let first = row % dim.cycle * dim.per_row;
    for (var j = block; j < dim.len; j += dim.blocks) {
        let w = first + j / dim.span;
        let x_hat = (x[row * dim.len + j] - mean) * inv_std;
        if RMS {
            y[row * dim.len + j] = x_hat * weight[w];
        } else {
            y[row * dim.len + j] = x_hat * weight[w] + bias[w];
        }
    }
}
