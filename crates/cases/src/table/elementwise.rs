//! Rows of ops that work element by element, and of reductions, in which elements of the same place meet.

use crate::{Case, Fill, Tolerance::*, case};
use cpu_reference::Reduce as R;
use graph::ops::*;
use graph::{BinaryFunction as B, DType, UnaryFunction as F};

pub(crate) fn cases() -> Vec<Case> {
    [unary(), binary(), whole_and_truth(), choice(), reduce(), best()].concat()
}

fn unary() -> Vec<Case> {
    let mut rows = vec![
        case(Unary(F::Relu)).on(&[&[3, 5, 7]]).within(Exact),
        case(Unary(F::Sigmoid)).on(&[&[33, 5]]).within(Ulp(4)),
        case(Unary(F::Sigmoid)).on(&[&[1000]]).filled(Fill::Wide).within(Ulp(64)).forward_only(), // 1 - y
        case(Unary(F::Tanh)).on(&[&[7, 129]]).within(Ulp(8)),
        case(Unary(F::LeakyRelu { slope: 0.01 })).on(&[&[6, 4]]).within(Ulp(1)).timed(),
        case(Unary(F::LeakyRelu { slope: -0.5 })).on(&[&[6, 4]]).within(Ulp(1)), // the sign of y is not that of x
        case(Unary(F::Elu { alpha: 0.7 })).on(&[&[6, 5]]).within(Ulp(8)),
        case(Unary(F::Elu { alpha: -0.7 })).on(&[&[6, 5]]).within(Ulp(8)),
        case(Unary(F::Celu { alpha: 1.3 })).on(&[&[6, 5]]).within(Ulp(8)),
        case(Unary(F::Selu)).on(&[&[6, 5]]).within(Ulp(8)),
    ];
    let smooth = [F::Gelu, F::GeluTanh, F::Silu, F::HardSwish, F::Softplus, F::Softsign, F::Mish];
    let smooth = smooth.into_iter().chain([F::Abs, F::Neg, F::Exp, F::Sin, F::Cos, F::Square]);
    // Near the zero of a slope its terms cancel: a sum of a few.
    rows.extend(smooth.clone().map(|f| case(Unary(f)).on(&[&[6, 31]]).within(Ulp(8)).forward_only()));
    rows.extend(smooth.map(|f| case(Unary(f)).on(&[&[5, 40]]).filled(Fill::Span(4.0)).within(Sums(24))));
    let away = [F::Sqrt, F::Log, F::Reciprocal].into_iter();
    rows.extend(away.map(|f| case(Unary(f)).on(&[&[6, 31]]).filled(Fill::Positive).within(Ulp(4))));
    let steps = [F::Floor, F::Ceil, F::Round, F::Sign, F::Not, F::Relu6, F::Clip { min: -2.5, max: 3.0 }];
    rows.extend(steps.into_iter().map(|f| case(Unary(f)).on(&[&[6, 31]]).filled(Fill::Wide).within(Exact)));
    rows.extend([
        case(Unary(F::Not)).on(&[&[6, 5]]).filled(Fill::Ties).within(Exact),
        case(Unary(F::Round)).on(&[&[6, 5]]).filled(Fill::Halves).within(Exact), // to the even one
        case(Unary(F::HardSigmoid { alpha: 0.2, beta: 0.5 })).on(&[&[6, 31]]).filled(Fill::Span(4.0)).within(Sums(8)),
        case(Unary(F::Erf)).on(&[&[6, 31]]).within(Ulp(8)),
        case(Unary(F::Erf)).on(&[&[5, 40]]).filled(Fill::Span(4.0)).within(Ulp(64)), // exp(-x²)
        case(Unary(F::Sin)).on(&[&[9, 40]]).filled(Fill::Wide).within(Ulp(4)).forward_only(),
        case(Unary(F::Cos)).on(&[&[9, 40]]).filled(Fill::Wide).within(Ulp(4)).forward_only(),
        case(Unary(F::Gelu)).on(&[&[9, 40]]).filled(Fill::Span(5.0)).within(Ulp(64)).forward_only(), // exp(-x² / 2)
    ]);
    rows.extend(
        [F::Softplus, F::Mish, F::Silu, F::Elu { alpha: 1.0 }]
            .map(|f| case(Unary(f)).on(&[&[9, 40]]).filled(Fill::Wide).within(Ulp(64)).forward_only()),
    );
    rows
}

fn binary() -> Vec<Case> {
    vec![
        case(Binary::Add).on(&[&[4, 3, 5], &[4, 3, 5]]).within(Ulp(1)),
        case(Binary::Add).on(&[&[6, 3, 4, 4], &[3, 1, 1]]).within(Sums(96)).timed(), // bias, batch padded
        case(Binary::Sub).on(&[&[1, 3, 1, 1], &[4, 3, 7, 7]]).within(Sums(196)),     // 49 pixels are no whole vec4s
        case(Binary::Mul).on(&[&[5, 3, 4], &[]]).within(Sums(60)),
        case(Binary::Mul).on(&[&[5, 1, 4], &[3, 1]]).within(Sums(20)),
        case(Binary::Div).on(&[&[6, 5], &[6, 1]]).filled(Fill::Positive).within(Sums(12)),
        case(Binary::Mul).on(&[&[1, 5], &[3, 1]]).within(Sums(6)),
        case(Binary::Add).on(&[&[2, 3, 1, 5, 1, 3], &[1, 3, 4, 1, 2, 1]]).within(Sums(24)), // six axes
        case(Binary(B::Pow)).on(&[&[5, 7], &[7]]).filled(Fill::Positive).within(Sums(60)),
        case(Binary(B::Pow)).on(&[&[6, 40], &[6, 40]]).filled(Fill::Halves).within(Ulp(8)).forward_only(),
        case(Binary(B::Max)).on(&[&[6, 40], &[6, 1]]).filled(Fill::Ties).within(Sums(48)), // halves to equals
        case(Binary(B::Min)).on(&[&[6, 3, 4], &[6, 3, 4]]).within(Exact),
        case(Binary(B::Max)).on(&[&[5, 40], &[5, 40]]).filled(Fill::Extreme).within(Exact).forward_only(),
        case(Binary(B::Min)).on(&[&[5, 40], &[40]]).filled(Fill::Extreme).within(Exact).forward_only(),
    ]
}

fn whole_and_truth() -> Vec<Case> {
    let all = [B::Equal, B::NotEqual, B::Less, B::LessEqual, B::Greater, B::GreaterEqual];
    let floats = all.map(|f| case(Binary(f)).on(&[&[6, 5], &[5]]).filled(Fill::Ties));
    let extreme = all.map(|f| case(Binary(f)).on(&[&[6, 40], &[6, 40]]).filled(Fill::Extreme));
    let whole = [B::Add, B::Sub, B::Mul, B::Max, B::Min, B::Less, B::Equal];
    let whole = whole.map(|f| case(Binary(f)).index(&[6, 3, 7], 9).index(&[3, 1], 9));
    let logic = [B::And, B::Or, B::Xor, B::Equal].map(|f| case(Binary(f)).truths(&[6, 5]).truths(&[6, 5]));
    floats.into_iter().chain(extreme).chain(whole).chain(logic).collect()
}

fn choice() -> Vec<Case> {
    vec![
        case(Where).truths(&[6, 3, 5]).on(&[&[6, 3, 5], &[6, 3, 5]]).within(Sums(4)),
        case(Where).truths(&[6, 1, 5]).on(&[&[3, 1], &[]]).within(Sums(100)),
        case(Where).truths(&[3, 4]).index(&[5, 3, 4], 9).index(&[], 9),
        case(Prelu).on(&[&[6, 3, 4, 4], &[3, 1, 1]]).within(Sums(100)),
        case(Prelu).on(&[&[2, 3, 7, 7], &[1]]).within(Sums(300)),
        case(Cast { to: DType::I32 }).on(&[&[6, 40]]).filled(Fill::Wide),
        case(Cast { to: DType::I32 }).on(&[&[6, 40]]).filled(Fill::Extreme),
        case(Cast { to: DType::I32 }).on(&[&[40]]).filled(Fill::Huge),
        case(Cast { to: DType::Bool }).on(&[&[6, 40]]).filled(Fill::Extreme),
        case(Cast { to: DType::F32 }).on(&[&[6, 5]]),
        case(Cast { to: DType::F32 }).index(&[6, 5], 900),
        case(Cast { to: DType::F32 }).truths(&[6, 5]),
        case(Cast { to: DType::I32 }).truths(&[6, 5]),
        case(Cast { to: DType::F32 }).bytes(&[6, 5]),
        case(Cast { to: DType::Bool }).bytes(&[3, 3]),
    ]
}

fn reduce() -> Vec<Case> {
    let over = |function, axes: &[usize]| Reduce::new(function, axes);
    vec![
        case(Reduce::sum(&[])).on(&[&[64, 3, 37, 41]]).within(Sums(64 * 3 * 37 * 41)).timed(), // parts of parts
        case(Reduce::mean(&[])).on(&[&[6]]).within(Sums(7)),
        case(Reduce::mean(&[])).on(&[&[]]).within(Exact),
        case(Reduce::sum(&[0, 2, 3])).on(&[&[6, 3, 5, 7]]).within(Sums(6 * 35)), // a convolution's bias
        case(Reduce::sum(&[0, 2, 3])).on(&[&[16, 3, 28, 28]]).within(Sums(16 * 784)),
        case(Reduce::mean(&[2, 3])).on(&[&[5, 4, 7, 7]]).within(Sums(50)), // global average pooling
        case(Reduce::sum(&[0])).on(&[&[700, 10]]).within(Sums(700)),       // rows that are no whole vec4s
        case(Reduce::sum(&[1]).keepdims()).on(&[&[9, 33]]).within(Sums(33)),
        case(Reduce::sum(&[1]).keepdims()).on(&[&[1, 33, 3]]).within(Sums(33)),
        case(Reduce::sum(&[0, 2, 4])).on(&[&[3, 2, 5, 3, 2]]).within(Sums(30)),
        case(Reduce::sum(&[1, 3])).on(&[&[3, 2, 5, 3, 4]]).within(Sums(6)),
        case(Reduce::sum(&[0])).on(&[&[2050, 8, 4]]).within(Sums(2050)),
        case(over(R::Max, &[])).on(&[&[1, 1]]).within(Exact),
        case(over(R::Max, &[1])).on(&[&[6, 10]]).within(Exact),
        case(over(R::Min, &[0, 1])).on(&[&[6, 10, 2]]).within(Exact),
        case(over(R::Max, &[1])).on(&[&[6, 10, 3]]).filled(Fill::Ties).within(Sums(4)), // shares to equals
        case(over(R::Max, &[0, 2])).on(&[&[5, 4, 3]]).filled(Fill::Extreme).within(Exact).forward_only(),
        case(over(R::Min, &[1])).on(&[&[5, 4, 3]]).filled(Fill::Extreme).within(Exact).forward_only(),
        case(over(R::LogSumExp, &[1])).on(&[&[40, 3, 5]]).filled(Fill::Extreme).within(Sums(8)).forward_only(),
        case(over(R::LogSumExp, &[])).on(&[&[37, 90]]).within(Sums(40)), // parts of its maximum and of its sum
        case(over(R::LogSumExp, &[1])).on(&[&[6, 10]]).filled(Fill::Span(9.0)).within(Sums(64)),
        case(over(R::LogSumExp, &[2])).on(&[&[3, 4, 5]]).filled(Fill::Huge).within(Sums(4)).forward_only(),
        case(over(R::LogSum, &[1, 2])).on(&[&[6, 3, 5]]).filled(Fill::Positive).within(Sums(20)),
        case(over(R::Prod, &[1])).on(&[&[6, 9]]).filled(Fill::Positive).within(Sums(24)),
        case(over(R::Prod, &[1])).on(&[&[9, 3]]).filled(Fill::Ties).within(Sums(4)), // zeros
        case(over(R::L1, &[0])).on(&[&[6, 9]]).within(Sums(8)),
        case(over(R::L2, &[2, 3]).keepdims()).on(&[&[6, 3, 5, 5]]).within(Sums(60)),
        case(over(R::SumSquare, &[])).on(&[&[6, 9]]).within(Sums(60)),
    ]
}

fn best() -> Vec<Case> {
    let last = |op: ArgBest| ArgBest { select_last_index: true, keepdims: true, ..op };
    vec![
        case(ArgBest::max(1)).on(&[&[6, 10]]),
        case(ArgBest::min(1)).on(&[&[6, 10, 5]]).filled(Fill::Ties),
        case(last(ArgBest::max(1))).on(&[&[6, 10, 4]]).filled(Fill::Ties),
        case(last(ArgBest::min(0))).on(&[&[6, 10]]).filled(Fill::Ties),
        case(ArgBest::max(2)).on(&[&[5, 3, 40]]).filled(Fill::Extreme),
        case(ArgBest::min(1)).on(&[&[5, 40]]).filled(Fill::Extreme),
        case(TopK { k: 5, axis: 1, largest: true }).on(&[&[6, 10]]),
        case(TopK { k: 4, axis: 1, largest: false }).on(&[&[6, 4, 5]]).filled(Fill::Ties),
        case(TopK { k: 9, axis: 1, largest: true }).on(&[&[5, 40]]).filled(Fill::Extreme),
        case(TopK { k: 9, axis: 0, largest: false }).on(&[&[40, 5]]).filled(Fill::Extreme),
    ]
}
