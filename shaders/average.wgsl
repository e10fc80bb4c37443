// average: a += (1 - decay) * (w - a) behind each update, and a = w up to the first
//
// The exponential moving average of all parameters, as PyTorch's AveragedModel with get_ema_multi_avg_fn.
// grid  flat over the arena in vec4s

//@use index

struct Params { count: u32, every: u32, decay: f32 }

@group(0) @binding(0) var<storage, read>       step: array<u32>;
@group(0) @binding(1) var<storage, read>       w:    array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> a:    array<vec4<f32>>;
@group(0) @binding(3) var<uniform>             dim:  Params;

const WORKGROUP: u32 = 64u; //@set

@compute @workgroup_size(WORKGROUP)
fn average(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = flat_id(id, groups.x * WORKGROUP);
    if i >= dim.count { return; }
    let first = step[0] < dim.every;
    if !first && step[0] % dim.every != dim.every - 1u { return; }
    let w_i = w[i];
    a[i] = select(a[i] + (1.0 - dim.decay) * (w_i - a[i]), w_i, first);
}
