// matmul_parts: y[z,i,j] = f(scale * sum over s of a[s,z,i,j] + bias)
//
// The second pass of a product whose sum was split: parts are added in their order. One invocation makes four columns.
// grid  flat over y in quads of columns

//@use index
//@use product

const WORKGROUP: u32 = 64u; //@set

@compute @workgroup_size(WORKGROUP)
fn matmul_parts(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let quad = flat_id(id, groups.x * WORKGROUP);
    let columns = (dim.pitch_y + 3u) / 4u;
    if quad >= dim.batches * dim.m * columns { return; }

    let j = quad % columns * 4u;
    let i = quad / columns % dim.m;
    let z = quad / (columns * dim.m);
    let first = (z * dim.m + i) * dim.pitch_a + j;
    var sum = vec4<f32>();
    for (var s = 0u; s < dim.sums; s++) {
        sum += load_a(first + s * dim.sum_a_1, left(j, dim.n));
    }
    write(z, i, j, sum, column_bias(j) + row_bias(i));
}
