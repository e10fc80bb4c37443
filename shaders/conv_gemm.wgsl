// conv_gemm: out[i,j] = sum over l of lhs[i,l] * rhs[l,j], convolution and its gradients as a product that is never laid out
//
// Implicit GEMM: `lib/conv_gemm_y` says what lhs, rhs and out are for y; redirected to `conv_gemm_dx` and
// `conv_gemm_dweight` for the gradients. A workgroup makes TILE × TILE of out, an invocation 4 × 4; DEPTH steps of both
// operands wait in workgroup memory.
// grid  (tiles of j, tiles of i, groups × parts of l)

//@use activate
//@use conv_gemm_params
//@use conv_gemm_y

const TILE: u32 = 64u; //@set
const DEPTH: u32 = 16u; //@set
const FUNCTION: u32 = 0u; //@set
const QUADS: u32 = TILE / 4u;
const SIZE: u32 = QUADS * QUADS; // invocations

var<workgroup> tile_lhs: array<vec4<f32>, QUADS * DEPTH>; // [l, i / 4]
var<workgroup> tile_rhs: array<vec4<f32>, QUADS * DEPTH>; // [l, j / 4]

fn put_row(g: u32, part: u32, i: u32, j: u32, sum: vec4<f32>) {
    if i >= dim.rows { return; }
    let y = activate(FUNCTION, sum + bias_of(g, i), dim.alpha, dim.beta);
    if j < dim.columns { out[place(g, part, i, j)] = y.x; }
    if j + 1u < dim.columns { out[place(g, part, i, j + 1u)] = y.y; }
    if j + 2u < dim.columns { out[place(g, part, i, j + 2u)] = y.z; }
    if j + 3u < dim.columns { out[place(g, part, i, j + 3u)] = y.w; }
}

@compute @workgroup_size(SIZE)
fn conv_gemm(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3<u32>) {
    let g = group.z / dim.parts;
    let part = group.z % dim.parts;
    let i0 = group.y * TILE;
    let j0 = group.x * TILE;
    let last = min((part + 1u) * dim.part, dim.depth);

    var sum0 = vec4<f32>();
    var sum1 = vec4<f32>();
    var sum2 = vec4<f32>();
    var sum3 = vec4<f32>();
    for (var l0 = part * dim.part; l0 < last; l0 += DEPTH) {
        for (var e = lane; e < TILE * DEPTH; e += SIZE) {
            // lhs runs along l and rhs along j, as they lie in memory.
            let down = e / DEPTH;
            let deep = e % DEPTH;
            var value = 0.0;
            if l0 + deep < last && i0 + down < dim.rows { value = lhs(g, i0 + down, l0 + deep); }
            tile_lhs[deep * QUADS + down / 4u][down % 4u] = value;
            let across = e % TILE;
            let below = e / TILE;
            value = 0.0;
            if l0 + below < last && j0 + across < dim.columns { value = rhs(g, l0 + below, j0 + across); }
            tile_rhs[below * QUADS + across / 4u][across % 4u] = value;
        }
        workgroupBarrier(); // the tiles are written before they are read
        for (var l = 0u; l < DEPTH; l++) {
            let x = tile_lhs[l * QUADS + lane / QUADS];
            let y = tile_rhs[l * QUADS + lane % QUADS];
            sum0 += x.x * y;
            sum1 += x.y * y;
            sum2 += x.z * y;
            sum3 += x.w * y;
        }
        workgroupBarrier(); // and read before they are written again
    }
    let i = i0 + lane / QUADS * 4u;
    let j = j0 + lane % QUADS * 4u;
    put_row(g, part, i, j, sum0);
    put_row(g, part, i + 1u, j, sum1);
    put_row(g, part, i + 2u, j, sum2);
    put_row(g, part, i + 3u, j, sum3);
}
