// clip_factor: factor = min(1, limit / (sqrt(Σ squares) + 1e-6)), as torch.nn.utils.clip_grad_norm_
//
// Second of three launches. One workgroup adds in an order that never changes.
// grid  (1)

struct Params { blocks: u32, limit: f32 }

@group(0) @binding(0) var<storage, read>       squares: array<f32>;
@group(0) @binding(1) var<storage, read_write> factor:  array<f32>; // [1]
@group(0) @binding(2) var<uniform>             dim:     Params;

var<workgroup> sums: array<f32, 64>;

@compute @workgroup_size(64)
fn clip_factor(@builtin(local_invocation_index) lane: u32) {
    var sum = 0.0;
    for (var i = lane; i < dim.blocks; i += 64u) { sum += squares[i]; }
    sums[lane] = sum;
    for (var half = 32u; half > 0u; half /= 2u) {
        workgroupBarrier();
        if lane < half { sums[lane] += sums[lane + half]; }
    }
    if lane == 0u {
        let wanted = dim.limit / (sqrt(sums[0]) + 1e-6);
        factor[0] = select(wanted, 1.0, wanted > 1.0); // NaN comes through
    }
}
