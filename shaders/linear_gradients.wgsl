// linear_gradients: dx = slope(x) * dy weight, dweight = dyᵀ x, dbias = sum over n of dy
//
// Batch-innermost, for few outputs: a lane holds four images and all their dy, so that x and weight are loaded once for
// all gradients, eight inputs at a time. A subgroup of 8 takes 32 images, one part of dweight, and some inputs. Sums
// over its lanes meet in three exchanges, after which lane u has those of input u. With a FUNCTION dx is multiplied by
// the slope of the activation that made x, told by x.
// grid  (n / 32, inputs / share)

//@use activate

struct Params {
    n: u32, n4: u32,              // images and their vec4s
    inputs: u32, outputs: u32,    // x and dx are [inputs, n4], dy is [outputs, n4], weight [inputs, QUADS]
    share: u32,                   // inputs of a subgroup, a multiple of 8
    alpha: f32, beta: f32,
}

@group(0) @binding(0) var<storage, read>       x:       array<vec4<f32>>;
@group(0) @binding(1) var<storage, read>       dy:      array<vec4<f32>>;
@group(0) @binding(2) var<storage, read>       weight:  array<vec4<f32>>; // x again without DX
@group(0) @binding(3) var<storage, read_write> dx:      array<vec4<f32>>; // written with DX only
@group(0) @binding(4) var<storage, read_write> dweight: array<vec4<f32>>; // [parts, inputs, QUADS]
@group(0) @binding(5) var<storage, read_write> dbias:   array<vec4<f32>>; // [parts, QUADS], written with BIAS only
@group(0) @binding(6) var<uniform>             dim:     Params;

const QUADS: u32 = 1u; //@set of outputs
const DX: u32 = 1u; //@set
const BIAS: u32 = 1u; //@set
const FUNCTION: u32 = 0u; //@set

const FOUR = vec4<u32>(0u, 1u, 2u, 3u);

const q = 0u;
const e = 0u;
const u = 0u;
const v = 0u;
const l = 0u;

@compute @workgroup_size(8)
fn linear_gradients(@builtin(workgroup_id) group: vec3<u32>, @builtin(subgroup_invocation_id) lane: u32) {
    let live = group.x * 8u + lane < dim.n4;
    let n = min(group.x * 8u + lane, dim.n4 - 1u);
    // Images that are not there count nothing.
    let real = (vec4<u32>(n * 4u) + FOUR < vec4<u32>(dim.n)) & vec4<bool>(live);
    //@for q in 0..QUADS
    //@for e in 0..4
    let k_q_e = q * 4u + e;
    let dy_q_e = select(vec4<f32>(), dy[min(k_q_e, dim.outputs - 1u) * dim.n4 + n], real & vec4<bool>(k_q_e < dim.outputs));
    //@end
    //@end
    let upper = (vec3<u32>(lane) & vec3<u32>(1u, 2u, 4u)) != vec3<u32>();
    let first = group.y * dim.share;
    for (var i = first; i < min(first + dim.share, dim.inputs); i += 8u) {
        //@for u in 0..8
        let x_u = x[min(i + u, dim.inputs - 1u) * dim.n4 + n];
        //@end
        //@for once in 0..DX
        //@for v in 0..QUADS
        let w_v = weight[min(i * QUADS + v * 8u + lane, dim.inputs * QUADS - 1u)];
        //@end
        //@for u in 0..8
        {
            var sum = vec4<f32>();
            //@for q in 0..QUADS
            {
                //@for v in (u*QUADS+q)/8..(u*QUADS+q)/8+1
                //@for l in (u*QUADS+q)%8..(u*QUADS+q)%8+1
                let t = subgroupShuffle(w_v, l);
                //@end
                //@end
                //@for e in 0..4
                sum += t[e] * dy_q_e;
                //@end
            }
            //@end
            if FUNCTION != 0u { sum *= slope_y(FUNCTION, x_u, dim.alpha, dim.beta); }
            if live && i + u < dim.inputs { dx[(i + u) * dim.n4 + n] = sum; }
        }
        //@end
        //@end
        //@for q in 0..QUADS
        {
            //@for u in 0..8
            let s_u = vec4<f32>(
                //@for e in 0..4
                dot(x_u, dy_q_e),
                //@end
            );
            //@end
            // Each exchange halves the inputs that a lane has sums of: it keeps those whose number has its bit.
            //@for v in 0..4
            //@for u in v..v+1
            let low_v = s_u;
            //@end
            //@for u in v+4..v+5
            let high_v = s_u;
            //@end
            let a_v = select(low_v, high_v, upper.z) + subgroupShuffleXor(select(high_v, low_v, upper.z), 4u);
            //@end
            //@for u in 0..2
            //@for v in u..u+1
            let left_u = a_v;
            //@end
            //@for v in u+2..u+3
            let right_u = a_v;
            //@end
            let b_u = select(left_u, right_u, upper.y) + subgroupShuffleXor(select(right_u, left_u, upper.y), 2u);
            //@end
            //@for u in 0..1
            let even = b_u;
            //@end
            //@for u in 1..2
            let odd = b_u;
            //@end
            let sum = select(even, odd, upper.x) + subgroupShuffleXor(select(odd, even, upper.x), 1u);
            let at = (group.x * dim.inputs + i + lane) * QUADS + q;
            if i + lane < dim.inputs { dweight[at] = select(vec4<f32>(), sum, vec4<u32>(q * 4u) + FOUR < vec4<u32>(dim.outputs)); }
        }
        //@end
    }
    //@for once in 0..BIAS
    if group.y == 0u {
        //@for q in 0..QUADS
        {
            var sum = vec4<f32>(
                //@for e in 0..4
                dot(dy_q_e, vec4<f32>(1.0)),
                //@end
            );
            sum += subgroupShuffleXor(sum, 4u);
            sum += subgroupShuffleXor(sum, 2u);
            sum += subgroupShuffleXor(sum, 1u);
            if lane == 0u { dbias[group.x * QUADS + q] = sum; }
        }
        //@end
    }
    //@end
}
