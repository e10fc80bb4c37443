// arg: value[o, j] = the j-th best of x[o, ·], index[o, j] = its place
//
// One invocation finds the k best of one lane, or of four neighbouring ones, in k walks: each takes the best of those
// that come after the one before. Among equals the lower place comes first, or the higher one under LAST.
// grid  flat over lanes

//@use index
//@use lane

struct Params {
    outer: u32, inner: u32, // x is [outer, len, inner], y is [outer, k, inner], inner in lanes or fours of them
    len: u32, k: u32,
    n: u32, run: u32, // lanes from n on in each run of fours are padding: they become 0
}

@group(0) @binding(0) var<storage, read>       x:     array<T>;
@group(0) @binding(1) var<storage, read_write> index: array<I>;
@group(0) @binding(2) var<storage, read_write> value: array<T>;
@group(0) @binding(3) var<uniform>             dim:   Params;

const WORKGROUP: u32 = 64u; //@set
const SMALLEST: bool = false; //@set
const NAN_LAST: bool = false; //@set else NaN is better than any number
const LAST: bool = false; //@set

// How good x is: the bits of positive floats order like integers, those of negative ones the other way round.
fn rank(x: T) -> I {
    let bits = bitcast<I>(x);
    let size = bits & I(0x7fffffff);
    var order = select(size, -size, bits < I());
    if SMALLEST { order = -order; }
    var nan = I(2147483647);
    if NAN_LAST { nan = -nan; }
    return select(order, nan, size > I(0x7f800000));
}

@compute @workgroup_size(WORKGROUP)
fn arg(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = flat_id(id, groups.x * WORKGROUP);
    if i >= dim.outer * dim.inner { return; }

    let o = i / dim.inner;
    let lane = i % dim.inner;
    let first = o * dim.len * dim.inner + lane;
    let whole = real(lane, dim.run, dim.n);
    var before = I(2147483647); // rank and place of the last one taken
    var taken = I(-1);
    for (var j = 0u; j < dim.k; j++) {
        var best = I(-2147483647) - I(1); // below all
        var place = I();
        var held = T();
        for (var l = 0u; l < dim.len; l++) {
            let element = x[first + l * dim.inner];
            let r = rank(element);
            let here = I(i32(l));
            let left = (r < before) | ((r == before) & (here > taken));
            var better = r > best;
            if LAST { better = r >= best; }
            best = select(best, r, left & better);
            place = select(place, here, left & better);
            held = select(held, element, left & better);
        }
        before = best;
        taken = place;
        let to = (o * dim.k + j) * dim.inner + lane;
        index[to] = select(I(), place, whole);
        value[to] = select(T(), held, whole);
    }
}
