// window_adaptive: output p covers inputs floor(p*input/output) .. ceil((p+1)*input/output), along one axis
//
// In place of `window`, with the same functions: PyTorch's adaptive pooling. The taps, stride and pad of an axis
// are not used; its dilation is 1. Turned round, input h is held by outputs floor(h*output/input) .. ceil(…).

struct Axis {
    input: u32, output: u32,           // lengths; their product must fit a u32
    taps: u32, stride: u32, dilation: u32, pad: u32,
}

fn first(p: u32, axis: Axis) -> u32 {
    return p * axis.input / axis.output;
}

fn taps(p: u32, axis: Axis) -> u32 {
    return ((p + 1u) * axis.input + axis.output - 1u) / axis.output - first(p, axis);
}

fn counted(p: u32, axis: Axis, low: u32, high: u32) -> u32 {
    return taps(p, axis);
}

fn holders(h: u32, axis: Axis) -> vec2<u32> {
    return vec2<u32>(h * axis.output / axis.input, ((h + 1u) * axis.output + axis.input - 1u) / axis.input);
}

fn holds(p: u32, h: u32, axis: Axis) -> bool {
    return true;
}
