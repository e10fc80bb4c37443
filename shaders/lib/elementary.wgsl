// elementary: functions that WGSL lacks, or grants too few digits to, four at a time
//
// WGSL allows sin and cos an absolute error of 2^-11, and log one of 2^-21 around 1, where little is left of it. These
// stay within a few units in the last place. Polynomials of log4 and sine: Moshier's Cephes, logf.c and sinf.c.

// By the sign, so that exp never overflows.
fn sigmoid(x: vec4<f32>) -> vec4<f32> {
    let e = exp(-abs(x));
    return select(e, vec4<f32>(1.0), x >= vec4<f32>()) / (1.0 + e);
}

// Near 0 the quotient loses its digits: there the series x - x³/3 + 2x⁵/15 - 17x⁷/315 is exact to an ulp.
fn tanh4(x: vec4<f32>) -> vec4<f32> {
    let e = exp(-2.0 * abs(x));
    let far = sign(x) * (1.0 - e) / (1.0 + e);
    let s = x * x;
    let near = x * (1.0 + s * (-0.33333334 + s * (0.13333334 + s * -0.053968254)));
    return select(far, near, s < vec4<f32>(0.02));
}

// exp(x) - 1, near 0 by its series.
fn expm1(x: vec4<f32>) -> vec4<f32> {
    let series = 1.0 + x / 2.0 * (1.0 + x / 3.0 * (1.0 + x / 4.0 * (1.0 + x / 5.0 * (1.0 + x / 6.0 * (1.0 + x / 7.0
        * (1.0 + x / 8.0))))));
    return select(exp(x) - 1.0, x * series, abs(x) < vec4<f32>(0.5));
}

// log(1 + e) for e from 0 to 1: 2 artanh(s) with s = e / (2 + e), at most 1/3.
fn log1p_unit(e: vec4<f32>) -> vec4<f32> {
    let s = e / (2.0 + e);
    let z = s * s;
    let series = 1.0 + z * (1.0 / 3.0 + z * (1.0 / 5.0 + z * (1.0 / 7.0 + z * (1.0 / 9.0 + z * (1.0 / 11.0
        + z * (1.0 / 13.0 + z / 15.0))))));
    return 2.0 * s * series;
}

// Natural logarithm: x = m * 2^e with m around 1. What is no normal positive number is left to the device.
fn log4(x: vec4<f32>) -> vec4<f32> {
    let bits = bitcast<vec4<u32>>(x);
    let normal = (bits >= vec4<u32>(0x00800000u)) & (bits < vec4<u32>(0x7f800000u));
    let shifted = bits - vec4<u32>(0x3f3504f3u); // the bits of √½
    let e = vec4<f32>(bitcast<vec4<i32>>(shifted) >> vec4<u32>(23u));
    let m = bitcast<vec4<f32>>((shifted & vec4<u32>(0x007fffffu)) + vec4<u32>(0x3f3504f3u));
    let f = m - 1.0;
    let z = f * f;
    let p = f * z * (3.3333331174e-1 + f * (-2.4999993993e-1 + f * (2.0000714765e-1 + f * (-1.6668057665e-1
        + f * (1.4249322787e-1 + f * (-1.2420140846e-1 + f * (1.1676998740e-1 + f * (-1.1514610310e-1
        + f * 7.0376836292e-2))))))));
    let small = p - 2.12194440e-4 * e - 0.5 * z;
    return select(log(x), f + small + 0.693359375 * e, normal);
}

// Sine of x, or of x + π/2 for `turn` 1: x less a multiple of π/2, taken off in three steps which are exact for |x|
// below about 10⁵; beyond, digits are lost as in any f32 sine.
fn sine(x: vec4<f32>, turn: i32) -> vec4<f32> {
    let q = round(x * 0.63661977);
    let r = ((x - q * 1.5703125) - q * 4.837512969970703125e-4) - q * 7.54978995489188216e-8;
    let z = r * r;
    let s = r + r * z * (-1.6666654611e-1 + z * (8.3321608736e-3 + z * -1.9515295891e-4));
    let c = 1.0 - 0.5 * z + z * z * (4.166664568298827e-2 + z * (-1.388731625493765e-3 + z * 2.443315711809948e-5));
    let quarter = vec4<i32>(q) + turn;
    let size = select(s, c, (quarter & vec4<i32>(1)) != vec4<i32>());
    return select(size, -size, (quarter & vec4<i32>(2)) != vec4<i32>());
}

// 2/√π times the integral of exp(-t²) from 0 to x.
fn erf(x: vec4<f32>) -> vec4<f32> {
    let far = sign(x) * (1.0 - erfc_far(abs(x)));
    return select(far, erf_near(x), abs(x) < vec4<f32>(0.75));
}

// Φ(x) = erfc(-x / √2) / 2, without cancellation far below 0.
fn normal_cdf(x: vec4<f32>) -> vec4<f32> {
    let z = x * 0.70710678;
    let tail = 0.5 * erfc_far(abs(z));
    let far = select(tail, 1.0 - tail, z > vec4<f32>());
    return select(far, 0.5 + 0.5 * erf_near(z), abs(z) < vec4<f32>(0.75));
}

// The series, to an ulp below 0.75.
fn erf_near(x: vec4<f32>) -> vec4<f32> {
    let s = x * x;
    return 1.1283791671 * x * (1.0 + s * (-1.0 / 3.0 + s * (1.0 / 10.0 + s * (-1.0 / 42.0 + s * (1.0 / 216.0
        + s * (-1.0 / 1320.0 + s * (1.0 / 9360.0 + s * (-1.0 / 75600.0 + s * (1.0 / 685440.0)))))))));
}

// erfc of z ≥ 0 with a relative error of 1.2e-7 before rounding: Press et al., Numerical Recipes in C, 6.2.
fn erfc_far(z: vec4<f32>) -> vec4<f32> {
    let t = 1.0 / (1.0 + 0.5 * z);
    let p = -1.26551223 + t * (1.00002368 + t * (0.37409196 + t * (0.09678418 + t * (-0.18628806 + t * (0.27886807
        + t * (-1.13520398 + t * (1.48851587 + t * (-0.82215223 + t * 0.17087277))))))));
    return t * exp(-z * z + p);
}
