// batch_norm_inference: y = (x - mean) / sqrt(var + eps) * weight + bias, channel by channel, over running statistics
//
// One invocation makes every blocks-th element of its channel.
// grid  flat over channel, block

//@use index
//@use width4

struct Params {
    groups: u32, outer: u32, inner: u32, // x is [outer, groups, inner] elements, a group is a channel
    blocks: u32,
    eps: f32,
}

@group(0) @binding(0) var<storage, read>       x:            array<Element>;
@group(0) @binding(1) var<storage, read>       weight:       array<f32>;
@group(0) @binding(2) var<storage, read>       bias:         array<f32>;
@group(0) @binding(3) var<storage, read>       running_mean: array<f32>;
@group(0) @binding(4) var<storage, read>       running_var:  array<f32>;
@group(0) @binding(5) var<storage, read_write> y:            array<Element>;
@group(0) @binding(6) var<uniform>             dim:          Params;

const WORKGROUP: u32 = 64u; //@set
const OUTER: bool = true; //@set outer is more than 1

@compute @workgroup_size(WORKGROUP)
fn batch_norm_inference(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = flat_id(id, groups.x * WORKGROUP);
    if i >= dim.groups * dim.blocks { return; }

    let group = i / dim.blocks;
    let mean = running_mean[group];
    let scale = weight[group] / sqrt(running_var[group] + dim.eps);
    let shift = bias[group];
    for (var e = i % dim.blocks; e < dim.outer * dim.inner; e += dim.blocks) {
        var at = group * dim.inner + e;
        if OUTER { at = (e / dim.inner * dim.groups + group) * dim.inner + e % dim.inner; }
        y[at] = (x[at] - mean) * scale + shift;
    }
}
