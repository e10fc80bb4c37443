// chunk_sums: sum of g and of g * (x - mean) of one chunk of one channel
//
// g is dy times the slope of the activation behind the norm, if there is one. With POOL dy is the gradient behind a 2×2
// max pooling of that, and goes to each block's winner; a chunk is then every chunks-th row of blocks, else every
// chunks-th element. Owns x, dy and the knobs that say how they lie.

//@use normalised
//@use width4

@group(0) @binding(0) var<storage, read> x:  array<Element>;
@group(0) @binding(1) var<storage, read> dy: array<Element>;

const RAGGED: bool = false; //@set elements at the end of each n are partly padding
const OUTER: bool = true; //@set outer is more than 1
const POOL: u32 = 0u; //@set

struct Channels {
    groups: u32, outer: u32, inner: u32, // x and dy are [outer, groups, inner] elements, a group is a channel
    n: u32,                              // numbers along the innermost axis, of which the last element may hold fewer than 4
    rows: u32, columns: u32, line: u32,  // with POOL: rows and columns of blocks, and elements of a pixel
    alpha: f32, beta: f32,
}

// The norm is (x - mean) * scale + shift.
struct Affine {
    mean: f32, scale: f32, shift: f32,
}

fn chunk_sums(size: Channels, norm: Affine, group: u32, chunk: u32, chunks: u32) -> vec2<f32> {
    var sum = Element();
    var along = Element();
    //@for once in 0..1-POOL
    let row = (size.n + WIDTH - 1u) / WIDTH;
    for (var e = chunk; e < size.outer * size.inner; e += chunks) {
        var at = group * size.inner + e;
        if OUTER { at = (e / size.inner * size.groups + group) * size.inner + e % size.inner; }
        let apart = x[at] - norm.mean;
        var d = dy[at] * slope_at(apart * norm.scale + norm.shift, size.alpha, size.beta);
        var product = d * apart;
        if RAGGED {
            let real = inside(e % row * WIDTH, size.n);
            d = select(Element(), d, real);
            product = select(Element(), product, real);
        }
        sum += d;
        along += product;
    }
    //@end
    //@for once in 0..POOL
    let pitch = size.columns * 2u * size.line;
    for (var p = chunk; p < size.rows; p += chunks) {
        for (var q = 0u; q < size.columns; q++) {
            let at = group * size.inner + p * 2u * pitch + q * 2u * size.line;
            let spot = ((group * size.rows + p) * size.columns + q) * size.line;
            for (var n = 0u; n < size.line; n++) {
                let a = x[at + n] - norm.mean;
                let b = x[at + size.line + n] - norm.mean;
                let c = x[at + pitch + n] - norm.mean;
                let e = x[at + pitch + size.line + n] - norm.mean;
                let won = winner(a * norm.scale + norm.shift, b * norm.scale + norm.shift, c * norm.scale + norm.shift, e * norm.scale + norm.shift);
                let right = (won.place & vec4<u32>(1u)) != vec4<u32>();
                let apart = select(select(a, b, right), select(c, e, right), won.place > vec4<u32>(1u));
                let d = dy[spot + n] * slope_at(won.value, size.alpha, size.beta);
                let real = inside(n * WIDTH, size.n);
                sum += select(Element(), d, real);
                along += select(Element(), d * apart, real);
            }
        }
    }
    //@end
    return vec2<f32>(across(sum), across(along));
}
