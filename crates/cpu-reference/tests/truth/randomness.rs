//! Dropout and initial values: their distributions, and that they depend on nothing but their numbers.

use cpu_reference::*;

use crate::check::{assert_close, assert_gradient, generic, t};

const KEY: DropoutKey = DropoutKey { seed: 3, stream: 5, step: 7 };

#[test]
fn dropout_keeps_the_expectation() {
    let ones = Tensor::ones(vec![100, 100]);
    let y = dropout(&ones, 0.25, KEY);
    assert!(y.iter().all(|&y| y == 0.0 || (y - 4.0 / 3.0).abs() < 1e-7));
    // Standard error of the kept share: √(0.25 · 0.75 / 10,000) = 0.0043.
    assert!((y.mean().unwrap() - 1.0).abs() < 4.0 * 0.0043 * 4.0 / 3.0);
    assert_eq!(dropout(&ones, 0.25, KEY), y, "a function of its numbers");
    assert_ne!(dropout(&ones, 0.25, DropoutKey { step: 8, ..KEY }), y);
    assert_eq!(dropout(&ones, 0.0, KEY), ones);
    assert_eq!(dropout(&ones, 1.0, KEY).sum(), 0.0);
    assert_eq!(dropout(&t(&[1], &[f64::NAN]), 1.0, KEY)[0], 0.0, "a dropped NaN is gone");
}

#[test]
fn dropout_is_its_own_gradient() {
    let x = generic(&[4, 5, 6], 1);
    assert_gradient("dropout", &x, |x| dropout(x, 0.4, KEY), |dy| dropout(dy, 0.4, KEY));
    assert_gradient("spatial_dropout", &x, |x| spatial_dropout(x, 0.4, KEY), |dy| spatial_dropout(dy, 0.4, KEY));
    let planes = reduce(Reduce::Max, &spatial_dropout(&Tensor::ones(vec![4, 5, 6]), 0.5, KEY), &[2], false);
    let mask = t(&[4, 5], &dropout_mask(20, 0.5, KEY));
    assert_close(&planes, &(mask * 2.0), 0.0, "one number a plane");
}

#[test]
fn initial_values_have_their_spread() {
    let shape = [64, 32, 3, 3];
    assert_eq!(fan_in_out(&shape), [288, 576]);
    let root = |x: f64| x.sqrt();
    let relu = gain(Nonlinearity::Relu);
    // A uniform distribution within b has standard deviation b/√3, so both kinds of each scheme have the same.
    let cases = [
        ("kaiming_uniform", kaiming_uniform(&shape, 288, relu, 1, 2), root(2.0 / 288.0)),
        ("kaiming_normal", kaiming_normal(&shape, 576, relu, 1, 2), root(2.0 / 576.0)),
        ("xavier_uniform", xavier_uniform(&shape, 1.0, 1, 2), root(2.0 / 864.0)),
        ("xavier_normal", xavier_normal(&shape, 5.0 / 3.0, 1, 2), root(2.0 / 864.0) * 5.0 / 3.0),
        ("default_init", default_init(&shape, 288, 1, 2), root(1.0 / 288.0 / 3.0)),
    ];
    for (name, values, std) in cases {
        let (n, mean) = (values.len() as f64, values.mean().unwrap());
        assert!(mean.abs() < 4.0 * std / n.sqrt(), "{name}: mean {mean}");
        // The standard error of a sample's standard deviation is at most std/√(2n).
        assert!((values.std(0.0) / std - 1.0).abs() < 4.0 / (2.0 * n).sqrt(), "{name}: {} not {std}", values.std(0.0));
        assert!(values.iter().all(|&x| f64::from(x as f32) == x), "{name}: rounded to f32");
    }
    let bound = (1.0f64 / 288.0).sqrt();
    let widest = default_init(&shape, 288, 1, 2).iter().fold(0.0f64, |w, x| w.max(x.abs()));
    assert!(widest <= bound * 1.000_000_1 && widest > 0.99 * bound);
    assert_ne!(default_init(&[4, 4], 4, 1, 2), default_init(&[4, 4], 4, 1, 3));
}
