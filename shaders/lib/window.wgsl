// window: tap r of output p lies at input p*stride + r*dilation - pad, along one axis
//
// What pooling asks of its windows. `window_adaptive` answers the same questions where windows follow from the sizes.

struct Axis {
    input: u32, output: u32,           // lengths
    taps: u32, stride: u32, dilation: u32, pad: u32,
}

// The input under tap 0 of output p. u32 wraps: in front of the first input is a huge number, past all inputs.
fn first(p: u32, axis: Axis) -> u32 {
    return p * axis.stride - axis.pad;
}

// How many taps the window of output p has, inside x or not.
fn taps(p: u32, axis: Axis) -> u32 {
    return axis.taps;
}

// How many taps of output p lie in low..high, counted from the begin of the padding.
fn counted(p: u32, axis: Axis, low: u32, high: u32) -> u32 {
    let start = p * axis.stride;
    let before = (max(low, start) - start + axis.dilation - 1u) / axis.dilation;
    let end = (max(high, start) - start + axis.dilation - 1u) / axis.dilation;
    return min(end, axis.taps) - min(before, axis.taps);
}

// The first output whose window reaches as far as input h, and the end of those that do.
fn holders(h: u32, axis: Axis) -> vec2<u32> {
    let place = h + axis.pad;
    let reach = (axis.taps - 1u) * axis.dilation;
    let begin = (max(place, reach) - reach + axis.stride - 1u) / axis.stride;
    return vec2<u32>(begin, min(place / axis.stride + 1u, axis.output));
}

// Whether output p, one of the holders of input h, has a tap on it and not only around it.
fn holds(p: u32, h: u32, axis: Axis) -> bool {
    return (h + axis.pad - p * axis.stride) % axis.dilation == 0u;
}
