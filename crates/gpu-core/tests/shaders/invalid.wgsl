// invalid: parses, but is not valid: line 10 stores through a read-only binding
//
// Only for tests of the runtime: messages name file and line.
// grid  1

@group(0) @binding(0) var<storage, read> x: array<u32>;

@compute @workgroup_size(1)
fn invalid() {
    x[0] = 1u;
}
