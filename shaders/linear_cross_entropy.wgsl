// linear_cross_entropy: losses = cross entropy of logits = weight x + bias, with dlogits
//
// Batch-innermost, for few classes: a subgroup of 8 makes all logits of 32 images, so that softmax needs no other lane.
// Weights are loaded one vec4 a lane and handed round, for eight inputs at a time. The logits wait in dlogits' place.
// grid  (n / 32)

//@use lane
//@use label_losses

struct Params {
    n: u32, groups: u32,              // images and their vec4s
    inputs: u32, classes: u32,        // x is [inputs, groups], weight [inputs, QUADS], dlogits [classes, groups]
    smoothing: f32,
    ignores: u32, ignore_index: i32,  // whether some label is ignored, and which
    nan: f32,                         // WGSL cannot write it
    dloss: f32,                       // what each loss counts
}

@group(0) @binding(0) var<storage, read>       x:       array<T>;
@group(0) @binding(1) var<storage, read>       weight:  array<vec4<f32>>;
@group(0) @binding(2) var<storage, read>       bias:    array<vec4<f32>>; // the weight again without BIAS
@group(0) @binding(3) var<storage, read>       labels:  array<I>;
@group(0) @binding(4) var<storage, read_write> losses:  array<T>;
@group(0) @binding(5) var<storage, read_write> correct: array<T>;
@group(0) @binding(6) var<storage, read_write> dlogits: array<T>;
@group(0) @binding(7) var<uniform>             dim:     Params;

const QUADS: u32 = 1u; //@set of classes
const BIAS: bool = true; //@set

const q = 0u;
const e = 0u;
const u = 0u;
const v = 0u;
const l = 0u;

@compute @workgroup_size(8)
fn linear_cross_entropy(@builtin(workgroup_id) group: vec3<u32>, @builtin(subgroup_invocation_id) lane: u32) {
    let live = group.x * 8u + lane < dim.groups;
    let n = min(group.x * 8u + lane, dim.groups - 1u);
    //@for q in 0..QUADS
    //@for e in 0..4
    var sum_q_e = T();
    //@end
    //@end
    for (var i = 0u; i < dim.inputs; i += 8u) {
        //@for v in 0..QUADS
        let at_v = i * QUADS + v * 8u + lane;
        let w_v = select(vec4<f32>(), weight[min(at_v, dim.inputs * QUADS - 1u)], at_v < dim.inputs * QUADS);
        //@end
        //@for u in 0..8
        let x_u = select(T(), x[min(i + u, dim.inputs - 1u) * dim.groups + n], i + u < dim.inputs);
        //@end
        //@for q in 0..QUADS
        {
            //@for u in 0..8
            //@for v in (u*QUADS+q)/8..(u*QUADS+q)/8+1
            //@for l in (u*QUADS+q)%8..(u*QUADS+q)%8+1
            let t_u = subgroupShuffle(w_v, l);
            //@end
            //@end
            //@end
            //@for e in 0..4
            //@for u in 0..8
            sum_q_e += t_u[e] * x_u;
            //@end
            //@end
        }
        //@end
    }
    if !live { return; }
    //@for q in 0..QUADS
    {
        var b = vec4<f32>();
        if BIAS { b = bias[q]; }
        //@for e in 0..4
        if q * 4u + e < dim.classes { dlogits[(q * 4u + e) * dim.groups + n] = sum_q_e + b[e]; }
        //@end
    }
    //@end
    var place = Scored();
    place.label = labels[n];
    place.top = dlogits[n];
    for (var c = 0u; c < dim.classes; c++) {
        place = highest(place, c, dlogits[c * dim.groups + n], 1.0);
    }
    for (var c = 0u; c < dim.classes; c++) {
        let at = c * dim.groups + n;
        let e = exp_below(dlogits[at] - place.top);
        place = exceeding(place, c, dlogits[at], e, 1.0);
        dlogits[at] = e;
    }
    var asked = real(n, dim.groups, dim.n);
    if dim.ignores != 0u { asked = asked & (place.label != I(dim.ignore_index)); }
    place = counted(place, select(T(), T(1.0), asked), dim.classes, dim.smoothing, dim.nan);
    losses[n] = loss(place);
    correct[n] = hit(place);
    let scale = softmax_scale(place);
    for (var c = 0u; c < dim.classes; c++) {
        let at = c * dim.groups + n;
        dlogits[at] = dim.dloss * place.asked * slope(place, c, dlogits[at], 1.0, scale);
    }
}
