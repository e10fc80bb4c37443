// conv_winograd_weight: u[i*6+j,c,k] = the transform G g G' of each 3×3 filter g, zeros behind the last c
//
// The launch before conv_winograd. One lane makes four filters of one c. With TURNED the filters are those of
// the data gradient: c and k exchanged and the taps turned round, so that c below is the weight's k and k its c.
// grid  flat over c × vec4s of k

//@use index
//@use quad
//@use winograd

struct Params {
    c: u32, depth: u32, k: u32, k4: u32,  // u is [36, depth, k4]; depths from c on are zero
    weight4: u32,                         // vec4s of the weight's innermost axis: weight is [c, 3, 3, weight4]
}

@group(0) @binding(0) var<storage, read>       weight: array<Quad>;
@group(0) @binding(1) var<storage, read_write> u:      array<Quad>;
@group(0) @binding(2) var<uniform>             dim:    Params;

const WORKGROUP: u32 = 8u; //@set
const TURNED: bool = false; //@set

const i = 0u;
const j = 0u;

fn tap(c: u32, k4: u32, at: u32) -> vec4<f32> {
    if !TURNED { return quad(weight[(c * 9u + at) * dim.weight4 + k4]); }
    // Kernel c of four channels; channels that pad the last vec4 are zero.
    let pick = vec4<u32>(c % 4u) == vec4<u32>(0u, 1u, 2u, 3u);
    let one = select(vec4<f32>(), vec4<f32>(1.0), pick);
    let from_ = vec4<u32>(k4 * 4u) + vec4<u32>(0u, 1u, 2u, 3u);
    let at_k = (min(from_, vec4<u32>(dim.k - 1u)) * 9u + 8u - at) * dim.weight4 + c / 4u;
    let four = vec4<f32>(
        dot(quad(weight[at_k.x]), one), dot(quad(weight[at_k.y]), one),
        dot(quad(weight[at_k.z]), one), dot(quad(weight[at_k.w]), one),
    );
    return select(vec4<f32>(), four, from_ < vec4<u32>(dim.k));
}

fn column(c: u32, k4: u32, s: u32) -> array<vec4<f32>, 6> {
    return of_weight(tap(c, k4, s), tap(c, k4, 3u + s), tap(c, k4, 6u + s));
}

@compute @workgroup_size(WORKGROUP)
fn conv_winograd_weight(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let at = flat_id(id, groups.x * WORKGROUP);
    if at >= dim.depth * dim.k4 { return; }
    let c = min(at / dim.k4, dim.c - 1u);
    let real = select(0.0, 1.0, at / dim.k4 < dim.c);
    let g0 = column(c, at % dim.k4, 0u);
    let g1 = column(c, at % dim.k4, 1u);
    let g2 = column(c, at % dim.k4, 2u);
    //@for i in 0..6
    {
        let row = of_weight(g0[i], g1[i], g2[i]);
        //@for j in 0..6
        u[(i * 6u + j) * dim.depth * dim.k4 + at] = to_quad(row[j] * real);
        //@end
    }
    //@end
}
