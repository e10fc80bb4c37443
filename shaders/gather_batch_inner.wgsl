// gather_batch_inner: y[j, n] = scale[c] * images[order[at + n], j] + offset[c], labels[n] = classes[order[at + n]]
//
// As gather_batch, y batch-innermost. One invocation takes `span` neighbouring pixels of four images, a word of each at a
// time, and makes a vec4 for each pixel, and one label. The padding of n holds the last image again.
// grid  flat over [rest/span, batch/4], and over labels

//@use index

struct Params {
    batch: u32, steps: u32,
    rest: u32,  // elements of an image
    plane: u32, // of one channel
    span: u32,  // pixels of an invocation, a multiple of 4
}

@group(0) @binding(0) var<storage, read>       images:  array<u32>;       // [count, rest], bytes or floats
@group(0) @binding(1) var<storage, read>       classes: array<u32>;       // [count]
@group(0) @binding(2) var<storage, read>       order:   array<u32>;       // [steps, batch]
@group(0) @binding(3) var<storage, read>       step:    array<u32>;       // [1]
@group(0) @binding(4) var<storage, read>       affine:  array<vec2<f32>>; // scale and offset of each channel
@group(0) @binding(5) var<storage, read_write> y:       array<vec4<f32>>; // [rest, batch/4]
@group(0) @binding(6) var<storage, read_write> labels:  array<u32>; // [batch], padded
@group(0) @binding(7) var<storage, read_write> now:     array<u32>;       // the step again, with CLOCK
@group(0) @binding(8) var<uniform>             dim:     Params;

const WORKGROUP: u32 = 64u; //@set
const ALIGNED: bool = true; //@set whether four neighbours always share a channel and a word
const FLOATS: bool = false; //@set whether images are floats; never with ALIGNED
const CLOCK: bool = true; //@set whether the step is the clock itself, which goes on later: whoever wants it then reads `now`

fn row(at: u32, n: u32) -> u32 {
    return order[at + min(n, dim.batch - 1u)];
}

fn pixel(row: u32, j: u32) -> f32 {
    let at = row * dim.rest + j;
    if FLOATS { return bitcast<f32>(images[at]); }
    return f32(images[at / 4u] >> (at % 4u * 8u) & 255u);
}

@compute @workgroup_size(WORKGROUP)
fn gather_batch_inner(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = flat_id(id, groups.x * WORKGROUP);
    if CLOCK && i == 0u { now[0] = step[0]; }
    let inner = (dim.batch + 3u) / 4u;
    let at = step[0] % dim.steps * dim.batch;
    if i < inner * 4u { labels[i] = classes[row(at, i)]; }
    if i >= inner * ((dim.rest + dim.span - 1u) / dim.span) { return; }

    let n = i % inner;
    let first = i / inner * dim.span;
    let rows = vec4<u32>(row(at, n * 4u), row(at, n * 4u + 1u), row(at, n * 4u + 2u), row(at, n * 4u + 3u));
    for (var j = first; j < min(first + dim.span, dim.rest); j += 4u) {
        if ALIGNED {
            let spot = (rows * dim.rest + j) / 4u;
            let words = vec4<u32>(images[spot.x], images[spot.y], images[spot.z], images[spot.w]);
            let s = affine[j / dim.plane];
            y[j * inner + n] = vec4<f32>(words & vec4<u32>(255u)) * s.x + s.y;
            y[(j + 1u) * inner + n] = vec4<f32>((words >> vec4<u32>(8u)) & vec4<u32>(255u)) * s.x + s.y;
            y[(j + 2u) * inner + n] = vec4<f32>((words >> vec4<u32>(16u)) & vec4<u32>(255u)) * s.x + s.y;
            y[(j + 3u) * inner + n] = vec4<f32>(words >> vec4<u32>(24u)) * s.x + s.y;
        } else {
            for (var k = j; k < min(j + 4u, dim.rest); k++) {
                let s = affine[k / dim.plane];
                let four = vec4<f32>(pixel(rows.x, k), pixel(rows.y, k), pixel(rows.z, k), pixel(rows.w, k));
                y[k * inner + n] = four * s.x + s.y;
            }
        }
    }
}
