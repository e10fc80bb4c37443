// tick: step = clock, clock = clock + 1
//
// One invocation. The step's number lives on the device, so that many steps go into one submission.
// grid  (1)

@group(0) @binding(0) var<storage, read_write> step:  array<u32>;
@group(0) @binding(1) var<storage, read_write> clock: array<u32>;

@compute @workgroup_size(1)
fn tick() {
    step[0] = clock[0];
    clock[0] = clock[0] + 1u;
}
