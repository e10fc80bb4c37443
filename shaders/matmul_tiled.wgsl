// matmul_tiled: y[z,i,j] = f(scale * sum over s,l of a[z,s,i,l] * b[z,s,l,j] + bias)
//
// A workgroup of 64 makes a square of 8 * SIDE rows and columns, SIDE × SIDE an invocation, from slices of a and b in
// workgroup memory. A slice is 64 blocks of 4×4 for each operand, one an invocation, so small squares (for small y,
// which would leave a device idle otherwise) take deeper slices. The sum may be split: part p takes rounds
// p * part_steps and on, and writes its own y; matmul_parts adds them.
// grid  flat over parts × z × tiles of y, columns first

//@use index
//@use product

const SIDE: u32 = 4u; //@set 4 or 8

const QUADS = SIDE / 4u;
const ACROSS = SIDE * 2u;       // quads of rows or columns in a tile
const DEPTHS = 128u / SIDE;     // of a slice

var<workgroup> tile_a: array<vec4<f32>, 256>; // [depth, quad of rows]
var<workgroup> tile_b: array<vec4<f32>, 256>; // [depth, quad of columns]

const q = 0u;
const e = 0u;
const c = 0u;

// A block's quad along y and quad of depths, so that neighbours load neighbours.
fn block(trans: bool, thread: u32) -> vec2<u32> {
    if trans { return vec2<u32>(thread / (DEPTHS / 4u), thread % (DEPTHS / 4u)); }
    return vec2<u32>(thread % ACROSS, thread / ACROSS);
}

@compute @workgroup_size(64)
fn matmul_tiled(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) thread: u32,
) {
    let tile = flat_id(group, groups.x);
    let columns = (dim.pitch_y + ACROSS * 4u - 1u) / (ACROSS * 4u);
    let rows = (dim.m + ACROSS * 4u - 1u) / (ACROSS * 4u);
    let rounds = (dim.k + DEPTHS - 1u) / DEPTHS;
    let all = dim.sums * rounds;
    let parts = max((all + dim.part_steps - 1u) / dim.part_steps, 1u);
    if tile >= parts * dim.batches * rows * columns { return; }

    let j = tile % columns * ACROSS * 4u;
    let i = tile / columns % rows * ACROSS * 4u;
    let z = tile / (columns * rows); // part by part
    let start = starts(z % dim.batches);
    let first = z / dim.batches * dim.part_steps;
    let last = min(first + dim.part_steps, all);
    let mine_a = block(TRANS_A == 0u, thread);
    let mine_b = block(TRANS_B == 1u, thread);
    let right = thread % 8u;
    let down = thread / 8u;
//@for q in 0..QUADS
//@for c in 0..QUADS
//@for e in 0..4
    var sum_q_c_e = vec4<f32>();
//@end
//@end
//@end
    for (var round = first; round < last; round++) {
        let at = start + step(round / rounds);
        let l = round % rounds * DEPTHS;
        let four_a = transpose(rows_by_depths(at.x, i + mine_a.x * 4u, l + mine_a.y * 4u));
        let four_b = depths_by_columns(at.y, l + mine_b.y * 4u, j + mine_b.x * 4u);
        workgroupBarrier(); // all have read the slice before, which is now overwritten
//@for e in 0..4
        tile_a[(mine_a.y * 4u + e) * ACROSS + mine_a.x] = four_a[e];
        tile_b[(mine_b.y * 4u + e) * ACROSS + mine_b.x] = four_b[e];
//@end
        workgroupBarrier(); // the slice is there
        for (var d = 0u; d < DEPTHS; d++) {
//@for q in 0..QUADS
            let a_q = tile_a[d * ACROSS + down + 8u * q];
//@end
//@for c in 0..QUADS
            let b_c = tile_b[d * ACROSS + right + 8u * c];
//@end
//@for q in 0..QUADS
//@for c in 0..QUADS
//@for e in 0..4
            sum_q_c_e += a_q[e] * b_c;
//@end
//@end
//@end
        }
    }
//@for q in 0..QUADS
//@for c in 0..QUADS
//@for e in 0..4
    {
        let row = i + (down + 8u * q) * 4u + e;
        let column = j + (right + 8u * c) * 4u;
        write(z, row, column, sum_q_c_e, column_bias(column) + row_bias(row));
    }
//@end
//@end
//@end
}
