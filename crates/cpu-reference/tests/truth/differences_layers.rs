//! Gradients of convolution, pooling, products, activations and arithmetic against central differences.

use cpu_reference::*;

use crate::check::{assert_gradient, generic, t};

/// Kernel, stride, dilation, pads, and the input's spatial size: strided, dilated, lopsided, 1-D and 3-D.
fn windows() -> Vec<(Window, Vec<usize>)> {
    vec![
        (Window::new(&[3]).stride(&[2]).pads(&[[2, 0]]), vec![8]),
        (Window::new(&[2, 3]).stride(&[2, 1]).dilation(&[1, 2]).pads(&[[1, 0], [2, 1]]), vec![6, 7]),
        (Window::square(3, 2, 1), vec![5, 6]),
        (Window::new(&[1, 1]).stride(&[3, 2]), vec![7, 5]),
        (Window::new(&[2, 2, 3]).stride(&[1, 2, 2]).pad(&[1, 0, 1]), vec![3, 4, 5]),
    ]
}

fn shaped(n: usize, c: usize, spatial: &[usize]) -> Vec<usize> {
    [&[n, c], spatial].concat()
}

#[test]
fn convolution() {
    for (window, size) in windows() {
        for groups in [1, 2] {
            let taps = &window.kernel[3 - size.len()..];
            let x = generic(&shaped(2, 4, &size), 1);
            let (weight, bias) = (generic(&shaped(6, 4 / groups, taps), 2), generic(&[6], 3));
            let y = |x: &Tensor, weight: &Tensor, bias: &Tensor| conv(x, weight, Some(bias), &window, groups);
            let dx = |dy: &Tensor| conv_dx(dy, &weight, x.shape(), &window, groups);
            assert_gradient("conv_dx", &x, |x| y(x, &weight, &bias), dx);
            let dweight = |dy: &Tensor| conv_dweight(&x, dy, weight.shape(), &window, groups);
            assert_gradient("conv_dweight", &weight, |weight| y(&x, weight, &bias), dweight);
            assert_gradient("conv_dbias", &bias, |bias| y(&x, &weight, bias), conv_dbias);
        }
    }
}

#[test]
fn transposed_convolution() {
    for (window, size) in windows() {
        for (groups, extra) in [(1, 0), (2, 1)] {
            let taps = &window.kernel[3 - size.len()..];
            let mut output_padding = [0; 3];
            output_padding[2] = extra.min(window.stride[2].max(window.dilation[2]) - 1);
            let x = generic(&shaped(2, 4, &size), 1);
            let (weight, bias) = (generic(&shaped(4, 6 / groups, taps), 2), generic(&[6], 3));
            let y = |x: &Tensor, weight: &Tensor, bias: &Tensor| {
                conv_transpose(x, weight, Some(bias), &window, groups, output_padding)
            };
            let dx = |dy: &Tensor| conv_transpose_dx(dy, &weight, x.shape(), &window, groups);
            assert_gradient("conv_transpose_dx", &x, |x| y(x, &weight, &bias), dx);
            let dweight = |dy: &Tensor| conv_transpose_dweight(&x, dy, weight.shape(), &window, groups);
            assert_gradient("conv_transpose_dweight", &weight, |weight| y(&x, weight, &bias), dweight);
            assert_gradient("conv_transpose bias", &bias, |bias| y(&x, &weight, bias), conv_dbias);
        }
    }
}

#[test]
fn pooling() {
    for (window, size) in windows() {
        for ceil_mode in [false, true] {
            let x = generic(&shaped(2, 2, &size), 1);
            let dx = |dy: &Tensor| max_pool_dx(&x, dy, &window);
            assert_gradient("max_pool_dx", &x, |x| max_pool(x, &window, ceil_mode), dx);
            for pads in [false, true] {
                let dx = |dy: &Tensor| average_pool_dx(dy, x.shape(), &window, pads);
                assert_gradient("average_pool_dx", &x, |x| average_pool(x, &window, ceil_mode, pads), dx);
            }
            for p in [1.0, 2.0, 3.0] {
                let y = lp_pool(&x, p, &window, ceil_mode);
                let dx = |dy: &Tensor| lp_pool_dx(&x, &y, dy, p, &window);
                assert_gradient("lp_pool_dx", &x, |x| lp_pool(x, p, &window, ceil_mode), dx);
            }
        }
    }
}

#[test]
fn adaptive_pooling() {
    for (size, output) in [(vec![7], [1, 1, 3]), (vec![5, 6], [1, 3, 4]), (vec![3, 4, 5], [2, 2, 1])] {
        let x = generic(&shaped(2, 2, &size), 1);
        let dx = |dy: &Tensor| adaptive_average_pool_dx(dy, x.shape());
        assert_gradient("adaptive_average_pool_dx", &x, |x| adaptive_average_pool(x, output), dx);
        assert_gradient(
            "adaptive_max_pool_dx",
            &x,
            |x| adaptive_max_pool(x, output),
            |dy| adaptive_max_pool_dx(&x, dy),
        );
        assert_gradient("global_average_pool_dx", &x, global_average_pool, |dy| global_average_pool_dx(dy, x.shape()));
        assert_gradient("global_max_pool_dx", &x, global_max_pool, |dy| global_max_pool_dx(&x, dy));
    }
}

#[test]
fn matrix_products() {
    for (trans_a, trans_b) in [(false, false), (false, true), (true, false), (true, true)] {
        let a_shape = if trans_a { [1, 2, 4, 3] } else { [1, 2, 3, 4] };
        let b_shape = if trans_b { [3, 1, 5, 4] } else { [3, 1, 4, 5] };
        for a_rank in [2, 4] {
            let (a, b) = (generic(&a_shape[4 - a_rank..], 1), generic(&b_shape, 2));
            let da = |dy: &Tensor| matmul_da(dy, a.shape(), &b, trans_a, trans_b);
            assert_gradient("matmul_da", &a, |a| matmul(a, &b, trans_a, trans_b), da);
            let db = |dy: &Tensor| matmul_db(dy, &a, b.shape(), trans_a, trans_b);
            assert_gradient("matmul_db", &b, |b| matmul(&a, b, trans_a, trans_b), db);
        }
    }
    let (x, weight, bias) = (generic(&[2, 3, 4], 1), generic(&[5, 4], 2), generic(&[5], 3));
    let y = |x: &Tensor, weight: &Tensor, bias: &Tensor| linear(x, weight, Some(bias));
    assert_gradient("linear_dx", &x, |x| y(x, &weight, &bias), |dy| linear_dx(dy, &weight));
    assert_gradient("linear_dweight", &weight, |weight| y(&x, weight, &bias), |dy| linear_dweight(&x, dy));
    assert_gradient("linear_dbias", &bias, |bias| y(&x, &weight, bias), linear_dbias);
}

#[test]
fn rank_1_operands_of_matmul() {
    let (row, matrix) = (generic(&[3], 1), generic(&[2, 3, 4], 2));
    assert_eq!(matmul(&row, &matrix, false, false).shape(), [2, 4]);
    assert_eq!(matmul(&matrix, &generic(&[4], 3), false, false).shape(), [2, 3]);
    assert_eq!(matmul(&row, &row, false, false).shape(), [0; 0]);
    assert!((matmul(&row, &row, false, false).sum() - row.mapv(|x| x * x).sum()).abs() < 1e-14);
}

#[test]
fn activations() {
    let smooth_or_generic = [
        Unary::Relu,
        Unary::LeakyRelu { slope: 0.1 },
        Unary::Sigmoid,
        Unary::Tanh,
        Unary::Elu { alpha: 0.7 },
        Unary::Selu,
        Unary::Celu { alpha: 1.7 },
        Unary::Gelu,
        Unary::GeluTanh,
        Unary::Silu,
        Unary::HardSigmoid { alpha: 0.2, beta: 0.5 },
        Unary::HardSwish,
        Unary::Softplus,
        Unary::Softsign,
        Unary::Mish,
        Unary::Relu6,
        Unary::Clip { min: -1.0, max: 2.5 },
        Unary::Abs,
        Unary::Neg,
        Unary::Exp,
        Unary::Reciprocal,
        Unary::Sin,
        Unary::Cos,
        Unary::Erf,
        Unary::Square,
    ];
    let x = generic(&[8, 8], 1) * 4.0;
    for kind in smooth_or_generic {
        let x = if kind == Unary::Reciprocal { x.mapv(|x| x + x.signum()) } else { x.clone() };
        assert_gradient(&format!("{kind:?}"), &x, |x| unary(kind, x), |dy| unary_dx(kind, &x, dy));
    }
    for kind in [Unary::Sqrt, Unary::Log] {
        let x = x.mapv(|x| x.abs() + 0.5);
        assert_gradient(&format!("{kind:?}"), &x, |x| unary(kind, x), |dy| unary_dx(kind, &x, dy));
    }
    for kind in [Unary::Floor, Unary::Ceil, Unary::Round, Unary::Sign, Unary::Not] {
        assert_eq!(kind.derivative(0.3), 0.0, "{kind:?} is a staircase");
    }
}

#[test]
fn arithmetic_with_broadcasting() {
    let (a, b) = (generic(&[2, 1, 4], 1), generic(&[3, 1], 2));
    for kind in [Binary::Add, Binary::Sub, Binary::Mul, Binary::Div, Binary::Pow, Binary::Min, Binary::Max] {
        let a = if kind == Binary::Pow { a.mapv(|x| x.abs() + 0.3) } else { a.clone() };
        let b = if kind == Binary::Div { b.mapv(|x| x + x.signum()) } else { b.clone() };
        assert_gradient(&format!("{kind:?} a"), &a, |a| binary(kind, a, &b), |dy| binary_da(kind, &a, &b, dy));
        assert_gradient(&format!("{kind:?} b"), &b, |b| binary(kind, &a, b), |dy| binary_db(kind, &a, &b, dy));
    }
    let condition = binary(Binary::Greater, &generic(&[3, 4], 5), &t(&[1], &[0.0]));
    let da = |dy: &Tensor| where_da(&condition, dy, a.shape());
    assert_gradient("where_da", &a, |a| where_(&condition, a, &b), da);
    assert_gradient("where_db", &b, |b| where_(&condition, &a, b), |dy| where_db(&condition, dy, b.shape()));
    let (x, slope) = (generic(&[2, 3, 5], 1), generic(&[3, 1], 2));
    assert_gradient("prelu_dx", &x, |x| prelu(x, &slope), |dy| prelu_dx(&x, &slope, dy));
    assert_gradient("prelu_dslope", &slope, |slope| prelu(&x, slope), |dy| prelu_dslope(&x, dy, slope.shape()));
}
