// broken: does not compile, on line 12
//
// Only for tests of the runtime: messages name file and line.
// grid  1

//@use index

@group(0) @binding(0) var<storage, read_write> y: array<u32>;

@compute @workgroup_size(1)
fn broken() {
    y[0] = nowhere;
}
