// matmul_direct: y[z,i,j] = f(scale * sum over s,l of a[z,s,i,l] * b[z,s,l,j] + bias)
//
// One invocation makes 4 rows × 4 columns, four depths at a time: y += b * a as WGSL's matrices, whose columns are here
// the rows of y and a and the depths of b. No subgroups, no workgroup memory: runs anywhere, any shape.
// grid  flat over 4×4 blocks of y, columns first

//@use index
//@use product

const WORKGROUP: u32 = 64u; //@set

@compute @workgroup_size(WORKGROUP)
fn matmul_direct(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let block = flat_id(id, groups.x * WORKGROUP);
    let columns = (dim.pitch_y + 3u) / 4u;
    let rows = (dim.m + 3u) / 4u;
    if block >= dim.batches * rows * columns { return; }

    let j = block % columns * 4u;
    let i = block / columns % rows * 4u;
    let z = block / (columns * rows);
    let start = starts(z);
    var sum = mat4x4<f32>();
    for (var s = 0u; s < dim.sums; s++) {
        let at = start + step(s);
        for (var l = 0u; l < dim.k; l += 4u) {
            sum += depths_by_columns(at.y, l, j) * rows_by_depths(at.x, i, l);
        }
    }
    let offset = column_bias(j);
    write(z, i, j, sum[0], offset + row_bias(i));
    write(z, i + 1u, j, sum[1], offset + row_bias(i + 1u));
    write(z, i + 2u, j, sum[2], offset + row_bias(i + 2u));
    write(z, i + 3u, j, sum[3], offset + row_bias(i + 3u));
}
