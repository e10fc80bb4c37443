//! The optimisers that no trajectory covers, by steps that can be worked out by hand.

use cpu_reference::*;

/// Steps of one parameter from 1 under these gradients.
fn walk(gradients: &[f64], mut step: impl FnMut(u64, &mut [f64], &[f64])) -> Vec<f64> {
    let mut w = [1.0];
    let go = |(i, &g): (usize, &f64)| {
        step(i as u64 + 1, &mut w, &[g]);
        w[0]
    };
    gradients.iter().enumerate().map(go).collect()
}

#[track_caller]
fn near(got: &[f64], want: &[f64]) {
    assert_eq!(got.len(), want.len());
    assert!(got.iter().zip(want).all(|(got, want)| (got - want).abs() < 1e-12), "{got:?}, not {want:?}");
}

#[test]
fn sgd_damps_all_steps_but_the_first() {
    let hyper = Sgd { lr: 0.1, momentum: 0.5, dampening: 0.2, ..Sgd::default() };
    let mut v = [0.0];
    // v = 1, then 0.5 + 0.8 = 1.3.
    near(&walk(&[1.0, 1.0], |step, w, g| sgd(&hyper, step, w, g, &mut v)), &[0.9, 0.77]);
}

#[test]
fn plain_sgd_needs_no_velocity() {
    let hyper = Sgd { lr: 0.1, weight_decay: 0.5, ..Sgd::default() };
    near(&walk(&[1.0], |step, w, g| sgd(&hyper, step, w, g, &mut [])), &[1.0 - 0.1 * 1.5]);
}

#[test]
fn amsgrad_remembers_the_largest_square() {
    let hyper = Adam { lr: 0.1, betas: [0.0, 0.5], eps: 0.0, amsgrad: true, ..Adam::default() };
    let (mut m, mut v, mut v_max) = ([0.0], [0.0], [0.0]);
    // v = 2, then 1 with the maximum still 2: v̂ = 2 / 0.5 = 4, then 2 / 0.75; the gradients are 2 and 0.
    let path = walk(&[2.0, 0.0, 1.0], |step, w, g| adam(&hyper, step, w, g, &mut m, &mut v, &mut v_max));
    assert_eq!((v_max[0], v[0]), (2.0, 1.0));
    let third = 0.9 - 0.1 / (2.0f64 / 0.875).sqrt();
    near(&path, &[0.9, 0.9, third]);
}

#[test]
fn rmsprop_plain_centred_and_with_momentum() {
    let plain = RmsProp { lr: 0.1, alpha: 0.75, eps: 0.0, ..RmsProp::default() };
    let mut s = [0.0];
    // s = 0.25 · 4 = 1, so the step is 0.1 · 2 / 1; then s = 0.75 + 0.25 · 9 = 3.
    let path = walk(&[2.0, 3.0], |_, w, g| rmsprop(&plain, w, g, &mut s, &mut [], &mut []));
    near(&path, &[0.8, 0.8 - 0.3 / 3f64.sqrt()]);
    let centred = RmsProp { centered: true, momentum: 0.5, ..plain };
    let (mut s, mut mean, mut v) = ([0.0], [0.0], [0.0]);
    // Mean 0.5, variance 1 - 0.25; then mean 0.375 and variance 0.75 - 0.140625, direction 0, velocity halved.
    let path = walk(&[2.0, 0.0], |_, w, g| rmsprop(&centred, w, g, &mut s, &mut mean, &mut v));
    let first = 2.0 / 0.75f64.sqrt();
    near(&path, &[1.0 - 0.1 * first, 1.0 - 0.15 * first]);
}

#[test]
fn adagrad_sums_squares_and_decays_its_rate() {
    let hyper = Adagrad { lr: 0.1, lr_decay: 1.0, eps: 0.0, ..Adagrad::default() };
    let mut s = [0.0];
    // 0.1 · 3/3, then 0.05 · 4/5.
    near(&walk(&[3.0, 4.0], |step, w, g| adagrad(&hyper, step, w, g, &mut s)), &[0.9, 0.86]);
}

#[test]
fn adadelta_matches_units() {
    let hyper = Adadelta { lr: 1.0, rho: 0.5, eps: 1.0, ..Adadelta::default() };
    let (mut s, mut u) = ([0.0], [0.0]);
    // s = 0.5 · 16 = 8: d = √(1/9) · 4 = 4/3, u = 8/9; then s = 4: d = √((17/9) / 5) · 0 = 0.
    near(&walk(&[4.0, 0.0], |_, w, g| adadelta(&hyper, w, g, &mut s, &mut u)), &[-1.0 / 3.0, -1.0 / 3.0]);
    assert!((u[0] - 4.0 / 9.0).abs() < 1e-12);
}

#[test]
fn lamb_moves_by_the_norm_of_the_weights() {
    let hyper = Adam { lr: 0.1, eps: 0.0, weight_decay: 0.0, ..Adam::default() };
    let mut w = [3.0, 4.0];
    // The first Adam direction is (1, -1): length √2; the weights have length 5.
    lamb(&hyper, 1, &mut w, &[0.3, -7.0], &mut [0.0; 2], &mut [0.0; 2]);
    let move_by = 0.1 * 5.0 / 2f64.sqrt();
    near(&w, &[3.0 - move_by, 4.0 + move_by]);
    let mut zero = [0.0];
    lamb(&hyper, 1, &mut zero, &[2.0], &mut [0.0], &mut [0.0]);
    near(&zero, &[-0.1]);
}

#[test]
fn lion_moves_by_its_rate() {
    let hyper = Lion { lr: 0.1, betas: [0.5, 0.25], weight_decay: 1.0 };
    let mut m = [0.0];
    // Directions 1, and then of 0.5 · 3 - 0.5 · 2 > 0, still 1.
    let path = walk(&[4.0, -2.0], |_, w, g| lion(&hyper, w, g, &mut m));
    near(&path, &[0.9 - 0.1, 0.8 * 0.9 - 0.1]);
    near(&m, &[0.25 * 3.0 + 0.75 * -2.0]);
}

#[test]
fn clipping_and_averaging() {
    let (mut a, mut b) = ([3.0], [0.0, 4.0]);
    let norm = clip_grad_norm(&mut [&mut a[..], &mut b[..]], 1.0);
    assert_eq!(norm, 5.0);
    assert!((a[0] - 0.6).abs() < 1e-6 && (b[1] - 0.8).abs() < 1e-6);
    let mut kept = [3.0, 4.0];
    clip_grad_norm(&mut [&mut kept[..]], 6.0);
    assert_eq!(kept, [3.0, 4.0]);
    let mut g = [-3.0, 0.5, 3.0];
    clip_grad_value(&mut g, 1.0);
    assert_eq!(g, [-1.0, 0.5, 1.0]);
    let mut average = [1.0];
    moving_average(&mut average, &[2.0], 0.75);
    assert_eq!(average, [1.25]);
}
