// conv_winograd: y[k,p,q,n] = f(bias[k] + A' M A), M[i] = sum over c of u[i,c,k] * (B' X B)[i], X the 6×6 patch of x[c]
//
// Batch-innermost, F(4×4, 3×3): 16 outputs by 36 products. A lane has one tile of 4×4 outputs of four images: it
// transforms the tile's patches of all channels, multiplies them for O4*4 kernels at a time as conv_inner does (filters
// are loaded one vec4 a lane and handed round), and transforms back. What lies between stays in its workgroup's part of
// `work`, small enough for a core's cache; no lane reads what another wrote, so there are no barriers.
// With a SLOPE y is a data gradient, multiplied by the slope of the activation that made x, told by `made`.
// grid  one axis: a workgroup takes `blocks` blocks of 8 vec4s of tiles and images

//@use activate
//@use quad
//@use winograd

struct Params {
    n4: u32, c: u32, depth: u32, k: u32, k4: u32, // u is [36, depth, k4], zero from c on
    h: u32, w: u32, p: u32, q: u32,               // x is [c, h, w, n4], y is [k, p, q, n4]
    tiles_q: u32, columns: u32,                   // tiles in a row; tiles × n4
    blocks: u32,
    pad_h: u32, pad_w: u32,
    alpha: f32, beta: f32,
}

@group(0) @binding(0) var<storage, read>       x:    array<Quad>;
@group(0) @binding(1) var<storage, read>       u:    array<Quad>;
@group(0) @binding(2) var<storage, read>       bias: array<f32>;       // u again where there is none
@group(0) @binding(3) var<storage, read>       made: array<Quad>; // u again without SLOPE
@group(0) @binding(4) var<storage, read_write> y:    array<Quad>;
@group(0) @binding(5) var<storage, read_write> work: array<Quad>;
@group(0) @binding(6) var<uniform>             dim:  Params;

const O4: u32 = 1u; //@set
const STEP: u32 = 1u; //@set
const BIAS: bool = true; //@set
const FUNCTION: u32 = 0u; //@set
const SLOPE: u32 = 0u; //@set

const a = 0u;
const i = 0u;
const j = 0u;
const s = 0u;
const o = 0u;
const l = 0u;
const e = 0u;

// Where a tile of y and its images are.
struct Patch { row: u32, col: u32, n: u32 }

fn place(column: u32) -> Patch {
    let tile = column / dim.n4;
    let down = tile / dim.tiles_q;
    return Patch(down * 4u, (tile - down * dim.tiles_q) * 4u, column - tile * dim.n4);
}

// Six neighbours along one axis of x: their offsets, clamped, and whether they are there. `first` wraps in the padding:
// huge, it fails the test.
struct Line { at: array<u32, 6>, inside: array<bool, 6> }

fn along(first: u32, length: u32, step: u32) -> Line {
    let last = length - 1u;
    return Line(
        array<u32, 6>(
            min(first, last) * step, min(first + 1u, last) * step, min(first + 2u, last) * step,
            min(first + 3u, last) * step, min(first + 4u, last) * step, min(first + 5u, last) * step,
        ),
        array<bool, 6>(
            first < length, first + 1u < length, first + 2u < length,
            first + 3u < length, first + 4u < length, first + 5u < length,
        ),
    );
}

fn fetch(at: u32, inside: bool) -> vec4<f32> { return select(vec4<f32>(), quad(x[at]), inside); }

fn line(at: u32, inside: bool, cols: Line) -> array<vec4<f32>, 6> {
    return of_x(
        fetch(at + cols.at[0], inside && cols.inside[0]), fetch(at + cols.at[1], inside && cols.inside[1]),
        fetch(at + cols.at[2], inside && cols.inside[2]), fetch(at + cols.at[3], inside && cols.inside[3]),
        fetch(at + cols.at[4], inside && cols.inside[4]), fetch(at + cols.at[5], inside && cols.inside[5]),
    );
}

fn back(at: u32, step: u32) -> array<vec4<f32>, 4> {
    let down = 6u * step;
    return of_y(
        quad(work[at]), quad(work[at + down]), quad(work[at + 2u * down]),
        quad(work[at + 3u * down]), quad(work[at + 4u * down]), quad(work[at + 5u * down]),
    );
}

@compute @workgroup_size(8)
fn conv_winograd(@builtin(workgroup_id) group: vec3<u32>, @builtin(subgroup_invocation_id) lane: u32) {
    // v is [36, depth, 8] and m is [36, O4 * 4, 8], with room between the 36 so that they share no cache set.
    let v_step = (dim.depth + 1u) * 8u;
    let m_step = (O4 * 4u + 1u) * 8u;
    let v0 = group.x * 36u * (v_step + m_step) + lane;
    let m0 = v0 + 36u * v_step;
    // Lane e of load a brings channel e / O4, kernels e % O4.
    //@for a in 0..(STEP*O4+7)/8
    let e_a = min(a * 8u + lane, STEP * O4 - 1u);
    let from_a = e_a / O4 * dim.k4 + e_a % O4;
    //@end
    for (var block = group.x * dim.blocks; block < (group.x + 1u) * dim.blocks; block++) {
        let column = block * 8u + lane;
        let spot = place(min(column, dim.columns - 1u));
        let rows = along(spot.row - dim.pad_h, dim.h, dim.w * dim.n4);
        let cols = along(spot.col - dim.pad_w, dim.w, dim.n4);
        for (var c = 0u; c < dim.depth; c++) {
            let at_c = min(c, dim.c - 1u) * dim.h * dim.w * dim.n4 + spot.n;
            let x0 = line(at_c + cols.at[0], cols.inside[0], rows);
            let x1 = line(at_c + cols.at[1], cols.inside[1], rows);
            let x2 = line(at_c + cols.at[2], cols.inside[2], rows);
            let x3 = line(at_c + cols.at[3], cols.inside[3], rows);
            let x4 = line(at_c + cols.at[4], cols.inside[4], rows);
            let x5 = line(at_c + cols.at[5], cols.inside[5], rows);
            let to = v0 + c * 8u;
            //@for i in 0..6
            {
                let col = of_x(x0[i], x1[i], x2[i], x3[i], x4[i], x5[i]);
                //@for j in 0..6
                work[to + (i * 6u + j) * v_step] = to_quad(col[j]);
                //@end
            }
            //@end
        }
        for (var tile = 0u; tile < dim.k4; tile += O4) {
            let k0 = min(tile, dim.k4 - O4);
            for (var f = 0u; f < 36u; f++) {
                //@for o in 0..O4
                var sum_o = mat4x4<f32>(); // a column for each of four kernels
                //@end
                for (var c = 0u; c < dim.depth; c += STEP) {
                    //@for a in 0..(STEP*O4+7)/8
                    let u_a = quad(u[(f * dim.depth + c) * dim.k4 + k0 + from_a]);
                    //@end
                    let at = v0 + f * v_step + c * 8u;
                    //@for s in 0..STEP
                    let v_s = quad(work[at + s * 8u]);
                    //@end
                    // A sum's products stand together: drivers keep this order, and the sum in a register meanwhile.
                    //@for o in 0..O4
                    {
                        //@for s in 0..STEP
                        //@for a in (s*O4+o)/8..(s*O4+o)/8+1
                        //@for l in (s*O4+o)%8..(s*O4+o)%8+1
                        let t_s = subgroupShuffle(u_a, l);
                        //@end
                        //@end
                        //@end
                        //@for e in 0..4
                        //@for s in 0..STEP
                        sum_o[e] += t_s[e] * v_s;
                        //@end
                        //@end
                    }
                    //@end
                }
                let to = m0 + f * m_step;
                //@for o in 0..O4
                //@for e in 0..4
                work[to + (o * 4u + e) * 8u] = to_quad(sum_o[e]);
                //@end
                //@end
            }
            for (var k = k0 * 4u; k < min((k0 + O4) * 4u, dim.k); k++) {
                let at = m0 + (k - k0 * 4u) * 8u;
                let y0 = back(at, m_step);
                let y1 = back(at + m_step, m_step);
                let y2 = back(at + 2u * m_step, m_step);
                let y3 = back(at + 3u * m_step, m_step);
                let y4 = back(at + 4u * m_step, m_step);
                let y5 = back(at + 5u * m_step, m_step);
                var b = 0.0;
                if BIAS { b = bias[k]; }
                //@for i in 0..4
                {
                    let row = of_y(y0[i], y1[i], y2[i], y3[i], y4[i], y5[i]);
                    let p = spot.row + i;
                    //@for j in 0..4
                    {
                        let q = spot.col + j;
                        let to = ((k * dim.p + p) * dim.q + q) * dim.n4 + spot.n;
                        if column < dim.columns && p < dim.p && q < dim.q {
                            var slope = vec4<f32>(1.0);
                            if SLOPE != 0u { slope = slope_y(SLOPE, quad(made[to]), dim.alpha, dim.beta); }
                            y[to] = to_quad(activate(FUNCTION, row[j] + b, dim.alpha, dim.beta) * slope);
                        }
                    }
                    //@end
                }
                //@end
            }
        }
    }
}
