// count_up: y[i] = y[i] + 1
//
// One workgroup. Without Params. Only for tests of the runtime.
// grid  1

@group(0) @binding(0) var<storage, read_write> y: array<u32>;

const WORKGROUP: u32 = 64u; //@set

@compute @workgroup_size(WORKGROUP)
fn count_up(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x < arrayLength(&y) { y[id.x] += 1u; }
}
