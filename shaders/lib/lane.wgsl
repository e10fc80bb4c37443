// lane: T and I = f32 and i32, one number an invocation
//
// Kernels that go along one axis (softmax, losses over classes) are written for T and I. With this file an invocation
// goes along one lane; redirected to `four`, along four neighbouring lanes at once.

alias T = f32;
alias I = i32;

// Whether the lane is one of the tensor's: always, for single ones.
fn real(i: u32, groups: u32, n: u32) -> bool {
    return true;
}
