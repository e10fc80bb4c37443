// conv_rows_x: rows[n,c,phase_h,phase_w,row,col] = x[n, c, row*stride_h + phase_h - pad_h, col*stride_w + phase_w - pad_w]
//
// x as conv_rows reads it: padded with zeros, and split by the remainder of its coordinates so that every tap runs along
// neighbours whatever the stride. One invocation makes four columns.
// grid  (vec4s of a plane, planes × phases)

struct Params {
    h: u32, w: u32,                   // x is [planes, h, w]
    len4: u32, w4: u32,               // vec4s of a plane of rows, and of one of its rows
    phases_h: u32, phases_w: u32,     // remainders that any tap needs
    stride_h: u32, stride_w: u32, pad_h: u32, pad_w: u32,
}

@group(0) @binding(0) var<storage, read>       x:    array<f32>;
@group(0) @binding(1) var<storage, read_write> rows: array<vec4<f32>>;
@group(0) @binding(2) var<uniform>             dim:  Params;

const WORKGROUP: u32 = 8u; //@set

@compute @workgroup_size(WORKGROUP)
fn conv_rows_x(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= dim.len4 { return; }

    let phases = dim.phases_h * dim.phases_w;
    let phase = id.y % phases;
    // u32 wraps: a coordinate in the padding becomes huge.
    let row = id.x / dim.w4 * dim.stride_h + phase / dim.phases_w - dim.pad_h;
    let col = vec4<u32>(id.x % dim.w4 * 4u * dim.stride_w + phase % dim.phases_w - dim.pad_w)
        + vec4<u32>(0u, 1u, 2u, 3u) * dim.stride_w;
    let start = (id.y / phases * dim.h + min(row, dim.h - 1u)) * dim.w;
    let at = start + min(col, vec4<u32>(dim.w - 1u));
    let four = vec4<f32>(x[at.x], x[at.y], x[at.z], x[at.w]);
    let inside = (col < vec4<u32>(dim.w)) & vec4<bool>(row < dim.h);
    rows[id.y * dim.len4 + id.x] = select(vec4<f32>(), four, inside);
}
