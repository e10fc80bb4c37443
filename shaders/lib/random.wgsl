// random: Philox4x32-10 (Salmon et al., Parallel random numbers: as easy as 1, 2, 3, SC 2011)
//
// A number is a function of where it is used: key = seed, counter = [index / 4, stream, step, 0], word = index % 4.
// There is no state, so any number can be made again, on any device, in any order.
// The Rust twin must give the same bits; the known answers are those of the authors' Random123 library.

// The high 32 bits of a * b: WGSL has no u64, so by halves of 16 bits.
fn mul_high(a: u32, b: u32) -> u32 {
    let a_low = a & 0xffffu;
    let a_high = a >> 16u;
    let b_low = b & 0xffffu;
    let b_high = b >> 16u;
    let middle = a_high * b_low + (a_low * b_low >> 16u); // at most 2^32 - 2^17: cannot wrap
    let carry = a_low * b_high + (middle & 0xffffu);
    return a_high * b_high + (middle >> 16u) + (carry >> 16u);
}

fn philox(counter: vec4<u32>, seed: vec2<u32>) -> vec4<u32> {
    var c = counter;
    var key = seed;
    for (var round = 0u; round < 10u; round++) {
        let high_x = mul_high(0xD2511F53u, c.x);
        let low_x = 0xD2511F53u * c.x;
        let high_z = mul_high(0xCD9E8D57u, c.z);
        let low_z = 0xCD9E8D57u * c.z;
        c = vec4<u32>(high_z ^ c.y ^ key.x, low_z, high_x ^ c.w ^ key.y, low_x);
        key += vec2<u32>(0x9E3779B9u, 0xBB67AE85u);
    }
    return c;
}

// Numbers 4 * quad .. 4 * quad + 3 of a stream, each in [0, 1): the 24 high bits of a word, times 2^-24, so exact.
fn random_uniform4(seed: vec2<u32>, stream: u32, step: u32, quad: u32) -> vec4<f32> {
    let words = philox(vec4<u32>(quad, stream, step, 0u), seed);
    return vec4<f32>(words >> vec4<u32>(8u)) * 5.9604644775390625e-8;
}

// Number `index` of a stream, in [0, 1). Named apart from WGSL's own word `uniform`.
fn random_uniform(seed: vec2<u32>, stream: u32, step: u32, index: u32) -> f32 {
    let four = random_uniform4(seed, stream, step, index / 4u);
    let pair = select(four.xy, four.zw, (index & 2u) != 0u);
    return select(pair.x, pair.y, (index & 1u) != 0u);
}
