// four: T and I = vec4<f32> and vec4<i32>, four neighbouring lanes an invocation; in place of `lane`

alias T = vec4<f32>;
alias I = vec4<i32>;

// Which of the four lanes are the tensor's, not padding, when every `groups` vec4s along the innermost axis hold `n`.
fn real(i: u32, groups: u32, n: u32) -> vec4<bool> {
    return vec4<u32>(i % groups * 4u) + vec4<u32>(0u, 1u, 2u, 3u) < vec4<u32>(n);
}
