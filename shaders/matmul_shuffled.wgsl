// matmul_shuffled: y[z,i,j] = f(scale * sum over s,l of a[z,s,i,l] * b[z,s,l,j] + bias)
//
// A subgroup of 8 makes ROWS rows × 32 columns, four columns a lane, four depths at a time. A lane loads its own columns
// of b and a share of a that goes round by shuffles, so each load is one vec4 and serves ROWS / 2 vec4 products.
// No barriers, no workgroup memory. ROWS is 8, 16, 32 or 64; loops over sums are in the text, since drivers keep no array in
// registers.
// grid  flat over tiles of y, columns first; a workgroup is a subgroup

//@use index
//@use product

const WORKGROUP: u32 = 8u; //@set
const ROWS: u32 = 8u; //@set
const RAGGED: bool = true; //@set k is no multiple of 4: depths beyond it are masked

const QUADS = ROWS / 4u;           // of rows
const LOADS = (ROWS + 31u) / 32u;  // where a is stored as [l, i]: loads of one depth …
const LANES = QUADS / LOADS;       // … lanes of a load at one depth …
const DEPTHS = 8u / LANES;         // … and depths of a load

const o = 0u;
const q = 0u;
const e = 0u;
const d = 0u;
const only = 0u;

// Rows and columns outside are clamped to some inside, whose values are not stored: only depths need a mask.
fn next_a(at: u32, depth: u32) -> vec4<f32> {
    if RAGGED { return load_a(at, select(left(depth, dim.k), select(0u, 4u, depth < dim.k), TRANS_A == 1u)); }
    if VEC_A { return vec4<f32>(a[at / 4u]); }
    return vec4<f32>(vec4<f32>(a[at]).x, vec4<f32>(a[at + 1u]).x, vec4<f32>(a[at + 2u]).x, vec4<f32>(a[at + 3u]).x);
}

fn next_b(at: u32, depth: u32) -> vec4<f32> {
    if RAGGED { return load_b(at, select(select(0u, 4u, depth < dim.k), left(depth, dim.k), TRANS_B == 1u)); }
    if VEC_B { return vec4<f32>(b[at / 4u]); }
    return vec4<f32>(vec4<f32>(b[at]).x, vec4<f32>(b[at + 1u]).x, vec4<f32>(b[at + 2u]).x, vec4<f32>(b[at + 3u]).x);
}

@compute @workgroup_size(WORKGROUP)
fn matmul_shuffled(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(subgroup_invocation_id) lane: u32,
) {
    let tile = flat_id(group, groups.x);
    let columns = (dim.pitch_y + 31u) / 32u;
    let rows = (dim.m + ROWS - 1u) / ROWS;
    if tile >= dim.batches * rows * columns { return; }

    let j = tile % columns * 32u + lane * 4u;
    let i = tile / columns % rows * ROWS;
    let z = tile / (columns * rows);
    let start = starts(z);
//@for q in 0..QUADS
//@for e in 0..4
    var sum_q_e = vec4<f32>();
//@end
//@end
    // Where a lane's loads of a begin: its rows at the first depths, or four rows at one depth.
//@for o in 0..ROWS / 8
    var from_a_o = min(i + o * 8u + lane, dim.m - 1u) * dim.pitch_a;
    if TRANS_A == 1u {
        let row_o = min(i + (o % LOADS * 8u + lane % LANES) * 4u, (dim.m - 1u) / 4u * 4u);
        from_a_o = (o / LOADS * DEPTHS + lane / LANES) * dim.pitch_a + row_o / ROWS * dim.panel_a + row_o % ROWS;
    }
//@end
    let column = min(j, (dim.n - 1u) / 4u * 4u);
//@for d in 0..4
    var from_b_d = d * dim.pitch_b + column / 32u * dim.panel_b + column % 32u;
    if TRANS_B == 1u { from_b_d = min(j + d, dim.n - 1u) * dim.pitch_b; }
//@end
    let deeper = select(vec2<u32>(1u, dim.pitch_b), vec2<u32>(dim.pitch_a, 1u), vec2<bool>(TRANS_A == 1u, TRANS_B == 1u));
    for (var s = 0u; s < dim.sums; s++) {
        var at = start + step(s);
        for (var l = 0u; l < dim.k; l += 4u) {
            var b_four = mat4x4<f32>(); // a column a depth
//@for d in 0..4
            b_four[d] = next_b(at.y + from_b_d, l + select(d, 0u, TRANS_B == 1u));
//@end
//@for o in 0..ROWS / 8
            let a_o = next_a(at.x + from_a_o, l + select(0u, o / LOADS * DEPTHS + lane / LANES, TRANS_A == 1u));
//@end
            at += 4u * deeper;
            if TRANS_B == 1u { b_four = transpose(b_four); }
//@for q in 0..QUADS
//@for only in TRANS_A..1
//@for e in 0..4
//@for o in (q * 4 + e) / 8..(q * 4 + e) / 8 + 1
            sum_q_e += b_four * subgroupShuffle(a_o, (q * 4u + e) % 8u);
//@end
//@end
//@end
//@for only in 0..TRANS_A
            {
//@for d in 0..4
//@for o in d / DEPTHS * LOADS + q / 8..d / DEPTHS * LOADS + q / 8 + 1
                let rows_d = subgroupShuffle(a_o, d % DEPTHS * LANES + q % LANES);
//@end
//@end
//@for e in 0..4
                sum_q_e += b_four * vec4<f32>(
//@for d in 0..4
                    rows_d[e],
//@end
                );
//@end
            }
//@end
//@end
        }
    }
    let offset = column_bias(j);
//@for q in 0..QUADS
//@for e in 0..4
    write(z, i + q * 4u + e, j, sum_q_e, offset + row_bias(i + q * 4u + e));
//@end
//@end
}
