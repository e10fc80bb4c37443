//! Rows of matrix products and linear layers: every transpose, ragged edges, broadcast batches, long and thin shapes.

use crate::{Case, Tolerance::*, case};
use graph::UnaryFunction as F;
use graph::ops::*;

/// All rows of the family.
pub(crate) fn cases() -> Vec<Case> {
    [linear(), products()].concat()
}

fn linear() -> Vec<Case> {
    let plain = Linear::default();
    vec![
        case(plain).on(&[&[1, 1], &[1, 1], &[1]]).within(Sums(3)),
        case(plain).on(&[&[7, 5], &[3, 5], &[3]]).within(Sums(9)),
        case(plain).on(&[&[64, 256], &[10, 256], &[10]]).within(Sums(258)), // the classes of a small net
        case(plain).on(&[&[5, 2100], &[6, 2100], &[6]]).within(Sums(2102)), // deep enough to split the sum
        case(plain).on(&[&[5, 3, 8], &[12, 8]]).within(Sums(17)),
        case(Linear { activation: Some(F::Relu) }).on(&[&[33, 40], &[104, 40], &[104]]).within(Sums(106)),
        case(plain).after(Unary(F::Relu)).on(&[&[64, 256], &[10, 256], &[10]]).within(Sums(258)).kinked().timed(),
        case(plain).after(Unary(F::Sigmoid)).on(&[&[35, 21], &[17, 21]]).within(Sums(60)), // a slope behind
        case(Linear { activation: Some(F::Tanh) }).on(&[&[6, 12], &[9, 12], &[9]]).within(Sums(40)).forward_only(), // 1 - y²
        case(plain).on(&[&[65_600, 4], &[3, 4], &[3]]).within(Sums(65_602)), // more rows than a grid axis
        case(plain).on(&[&[128, 1024], &[1024, 1024], &[1024]]).within(Sums(1026)).timed().forward_only(), // f64 takes long
    ]
}

fn products() -> Vec<Case> {
    let ab = Matmul::default();
    let [a_t, b_t] = [Matmul { trans_a: true, ..ab }, Matmul { trans_b: true, ..ab }];
    let both = Matmul { trans_a: true, trans_b: true };
    vec![
        case(ab).on(&[&[1, 1], &[1, 1]]).within(Sums(2)),
        case(ab).on(&[&[7, 5], &[5, 3]]).within(Sums(8)),
        case(a_t).on(&[&[5, 7], &[5, 3]]).within(Sums(8)),
        case(b_t).on(&[&[7, 5], &[3, 5]]).within(Sums(8)),
        case(both).on(&[&[5, 7], &[3, 5]]).within(Sums(8)),
        case(ab).on(&[&[70, 1], &[1, 36]]).within(Sums(71)),
        case(ab).on(&[&[40, 72], &[72, 68]]).within(Sums(74)),
        case(a_t).on(&[&[72, 40], &[72, 68]]).within(Sums(74)),
        case(b_t).on(&[&[40, 72], &[68, 72]]).within(Sums(74)),
        case(both).on(&[&[72, 40], &[68, 72]]).within(Sums(74)),
        case(ab).on(&[&[104, 208], &[208, 440]]).within(Sums(442)),
        case(ab).on(&[&[2, 1, 6, 5], &[3, 5, 4]]).within(Sums(14)),
        case(b_t).on(&[&[2, 1, 3, 4, 8], &[5, 1, 6, 8]]).within(Sums(42)), // sums over axes that do not touch
        case(ab).on(&[&[4, 9, 8], &[8, 12]]).within(Sums(38)),
        case(ab).on(&[&[6], &[2, 6, 5]]).within(Sums(12)),
        case(ab).on(&[&[3, 4, 6], &[6]]).within(Sums(14)),
        case(ab).on(&[&[9], &[9]]).within(Sums(10)),
        case(ab).on(&[&[70_000, 1, 4], &[70_000, 4, 1]]).within(Sums(6)), // more batches than a grid axis
        // Large enough to be packed, and nothing divides.
        case(ab).on(&[&[258, 1027], &[1027, 258]]).within(Sums(1029)).forward_only(),
        case(a_t).on(&[&[520, 510], &[520, 262]]).within(Sums(522)).forward_only(),
        case(both).on(&[&[1027, 258], &[260, 1027]]).within(Sums(1029)).forward_only(),
        case(ab).on(&[&[1024, 1024], &[1024, 1024]]).within(Sums(1026)).timed().forward_only(),
    ]
}
