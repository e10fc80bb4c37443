// max_pool: y[n,c,p,q] = max over r,s of x[n, c, p*stride + r - pad, q*stride + s - pad]
//
// One invocation makes one y. Taps outside x are skipped, so padding cannot win.
// grid  flat over y

//@use index

struct Params {
    planes: u32, h: u32, w: u32, // x is [planes, h, w], planes = n*c
    p: u32, q: u32,              // y is [planes, p, q]
    window: u32, stride: u32, pad: u32,
}

@group(0) @binding(0) var<storage, read>       x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<uniform>             dim: Params;

const WORKGROUP: u32 = 64u; //@set

@compute @workgroup_size(WORKGROUP)
fn max_pool(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = flat_id(id, groups.x * WORKGROUP);
    if i >= dim.planes * dim.p * dim.q { return; }

    let q = i % dim.q;
    let p = i / dim.q % dim.p;
    let plane = i / (dim.q * dim.p) * dim.h * dim.w;

    var best = LOWEST;
    for (var r = 0u; r < dim.window; r++) {
        // u32 wraps: a tap above the image becomes a huge row and fails the test below.
        let row = p * dim.stride + r - dim.pad;
        for (var s = 0u; s < dim.window; s++) {
            let col = q * dim.stride + s - dim.pad;
            if row < dim.h && col < dim.w {
                best = max(best, x[plane + row * dim.w + col]);
            }
        }
    }
    y[i] = best;
}
