// reduce: sums and maxima over a workgroup, in an order that WORKGROUP alone fixes
//
// Pairs at a distance of half the workgroup, then a quarter, …: the same bits on every device. A pointer to workgroup
// memory cannot be passed on all targets (HLSL copies it), so this file owns the memory and also WORKGROUP: a kernel
// that uses it takes WORKGROUP from here. Every invocation must reach the call, and each gets the result.

const WORKGROUP: u32 = 64u; //@set a power of two

var<workgroup> partial: array<f32, WORKGROUP>;

// The sum of all x; `lane` is the local invocation index.
fn workgroup_sum(lane: u32, x: f32) -> f32 {
    partial[lane] = x;
    for (var half = WORKGROUP / 2u; half > 0u; half /= 2u) {
        workgroupBarrier(); // between the writes above and the reads of other lanes' below
        if lane < half { partial[lane] += partial[lane + half]; }
    }
    workgroupBarrier(); // the last write, before all read it
    let total = partial[0];
    workgroupBarrier(); // all have read, so that the next call may write
    return total;
}

// The largest x.
fn workgroup_max(lane: u32, x: f32) -> f32 {
    partial[lane] = x;
    for (var half = WORKGROUP / 2u; half > 0u; half /= 2u) {
        workgroupBarrier(); // between the writes above and the reads of other lanes' below
        if lane < half { partial[lane] = max(partial[lane], partial[lane + half]); }
    }
    workgroupBarrier(); // the last write, before all read it
    let best = partial[0];
    workgroupBarrier(); // all have read, so that the next call may write
    return best;
}
