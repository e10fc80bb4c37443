// chunk_moments: number, mean and sum of squared distances from it, of one chunk of one group of x
//
// Owns x and the knobs that say how it lies: [outer, groups, inner] elements. A chunk is every chunks-th element of its
// group, so that neighbours read neighbours. Sums are taken around its first number, so that a large mean costs no
// digits.

//@use moments
//@use width4

@group(0) @binding(0) var<storage, read> x: array<Element>;

const RAGGED: bool = false; //@set elements at the end of each n are partly padding
const OUTER: bool = true; //@set outer is more than 1

struct Extent {
    groups: u32, outer: u32, inner: u32,
    n: u32, // numbers along the innermost axis, of which the last element may hold fewer than 4
}

fn chunk_moments(size: Extent, group: u32, chunk: u32, chunks: u32) -> Moments {
    let row = (size.n + WIDTH - 1u) / WIDTH;
    var shift = 0.0;
    var count = 0.0;
    var sum = Element();
    var squares = Element();
    for (var e = chunk; e < size.outer * size.inner; e += chunks) {
        var at = group * size.inner + e;
        if OUTER { at = (e / size.inner * size.groups + group) * size.inner + e % size.inner; }
        let v = x[at];
        if e == chunk { shift = first(v); }
        var apart = v - shift;
        if RAGGED {
            let column = e % row * WIDTH;
            apart = select(Element(), apart, inside(column, size.n));
            count += f32(min(size.n - column, WIDTH));
        } else {
            count += f32(WIDTH);
        }
        sum += apart;
        squares += apart * apart;
    }
    let total = across(sum);
    return Moments(count, shift + total / count, max(across(squares) - total * (total / count), 0.0));
}
