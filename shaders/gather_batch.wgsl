// gather_batch: y[n, j] = scale[c] * images[order[at + n], j] + offset[c], labels[n] = classes[order[at + n]]
//
// at = step % steps * batch: the step counts over the whole run, the order holds one epoch. Images are bytes, four to
// a word, or floats. One invocation makes one vec4 of row-major y, and one label.
// grid  flat over y in vec4s, and over labels

//@use index

struct Params {
    batch: u32, steps: u32,
    rest: u32,  // elements of an image
    plane: u32, // of one channel
}

@group(0) @binding(0) var<storage, read>       images:  array<u32>;       // [count, rest], bytes or floats
@group(0) @binding(1) var<storage, read>       classes: array<u32>;       // [count]
@group(0) @binding(2) var<storage, read>       order:   array<u32>;       // [steps, batch]
@group(0) @binding(3) var<storage, read>       step:    array<u32>;       // [1]
@group(0) @binding(4) var<storage, read>       affine:  array<vec2<f32>>; // scale and offset of each channel
@group(0) @binding(5) var<storage, read_write> y:       array<vec4<f32>>;
@group(0) @binding(6) var<storage, read_write> labels:  array<u32>;
@group(0) @binding(7) var<storage, read_write> now:     array<u32>;       // the step again, with CLOCK
@group(0) @binding(8) var<uniform>             dim:     Params;

const WORKGROUP: u32 = 64u; //@set
const ALIGNED: bool = true; //@set whether four neighbours always share a channel and a word
const FLOATS: bool = false; //@set whether images are floats; never with ALIGNED
const CLOCK: bool = true; //@set whether the step is the clock itself, which goes on later: whoever wants it then reads `now`

fn row(n: u32) -> u32 {
    return order[step[0] % dim.steps * dim.batch + min(n, dim.batch - 1u)];
}

fn one(i: u32) -> f32 {
    let j = i % dim.rest;
    let at = row(i / dim.rest) * dim.rest + j;
    let s = affine[j / dim.plane];
    if FLOATS { return bitcast<f32>(images[at]) * s.x + s.y; }
    let pixel = images[at / 4u] >> (at % 4u * 8u) & 255u;
    return f32(pixel) * s.x + s.y;
}

@compute @workgroup_size(WORKGROUP)
fn gather_batch(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = flat_id(id, groups.x * WORKGROUP);
    if CLOCK && i == 0u { now[0] = step[0]; }
    if i < dim.batch { labels[i] = classes[row(i)]; }
    if i >= (dim.batch * dim.rest + 3u) / 4u { return; }

    let at = i * 4u;
    if ALIGNED {
        let j = at % dim.rest;
        let word = images[(row(at / dim.rest) * dim.rest + j) / 4u];
        let s = affine[j / dim.plane];
        y[i] = vec4<f32>((vec4<u32>(word) >> vec4<u32>(0u, 8u, 16u, 24u)) & vec4<u32>(255u)) * s.x + s.y;
    } else {
        y[i] = vec4<f32>(one(at), one(at + 1u), one(at + 2u), one(at + 3u));
    }
}
