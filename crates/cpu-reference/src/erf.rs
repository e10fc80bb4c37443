//! The error function in f64, which the standard library lacks; GELU and the op Erf need it.
//!
//! Near 0 the series without alternating signs, further out the continued fraction of erfc: each where it converges
//! fast and without cancellation. (Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.6 and 7.1.14.)

use std::f64::consts::PI;

/// 2/√π times the integral of exp(-t²) from 0 to `x`, to about 1e-15.
pub fn erf(x: f64) -> f64 {
    if x.abs() >= 2.5 { x.signum() * (1.0 - tail(x.abs())) } else { series(x) }
}

/// 1 - erf(x) without cancellation for large `x`.
pub fn erfc(x: f64) -> f64 {
    if x >= 2.5 { tail(x) } else { 1.0 - erf(x) }
}

/// 2/√π exp(-x²) times the sum over n of 2^n x^(2n+1) / (1·3·…·(2n+1)).
fn series(x: f64) -> f64 {
    let mut term = x;
    let mut sum = x;
    let mut odd = 1.0;
    while term.abs() > 1e-17 * sum.abs() {
        odd += 2.0;
        term *= 2.0 * x * x / odd;
        sum += term;
    }
    2.0 / PI.sqrt() * (-x * x).exp() * sum
}

/// exp(-x²)/√π · 1/(x + (1/2)/(x + (2/2)/(x + (3/2)/(x + …)))); 100 terms are plenty from 2.5 on.
fn tail(x: f64) -> f64 {
    let fraction = (1..=100).rev().fold(0.0, |below, k| 0.5 * f64::from(k) / (x + below));
    (-x * x).exp() / PI.sqrt() / (x + fraction)
}

#[cfg(test)]
mod tests {
    use super::{erf, erfc};

    #[test]
    fn known_values() {
        // Handbook of Mathematical Functions, table 7.1, and erfc from its asymptotic expansion.
        for (x, y) in [(0.0, 0.0), (0.5, 0.520_499_877_813_046_5), (1.0, 0.842_700_792_949_714_9)] {
            assert!((erf(x) - y).abs() < 1e-15, "erf({x}) = {}, not {y}", erf(x));
            assert_eq!(erf(-x), -erf(x));
        }
        assert!((erf(2.0) - 0.995_322_265_018_952_7).abs() < 1e-15);
        assert!((erfc(5.0) / 1.537_459_794_428_035e-12 - 1.0).abs() < 1e-12);
        assert!((erf(2.5 - 1e-12) - erf(2.5)).abs() < 1e-14, "the two formulas meet");
        assert_eq!((erf(f64::INFINITY), erf(f64::NEG_INFINITY)), (1.0, -1.0));
        assert!(erf(f64::NAN).is_nan());
    }
}
