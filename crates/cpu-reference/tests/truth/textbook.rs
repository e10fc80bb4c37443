//! Answers that can be worked out with pencil and paper, and so can be trusted without a computer.

use cpu_reference::*;

use crate::check::{assert_close, generic, t};

#[test]
fn sigmoid_neuron() {
    let sum = linear(&t(&[3], &[2.7, -8.6, 1.4]), &t(&[1, 3], &[-0.06, -2.5, 0.002]), None);
    assert!((sum[0] - 21.3408).abs() < 1e-12, "{}", sum[0]);
    let y = unary(Unary::Sigmoid, &sum)[0];
    assert!((1.0 - y - 5.4e-10).abs() < 0.05e-10, "1 - y = {}", 1.0 - y);
    assert_eq!(y as f32, 1.0);
}

#[test]
fn mlp_3_4_2_equals_its_formula() {
    let (x, w1, b1) = (generic(&[1, 3], 1), generic(&[4, 3], 2), generic(&[4], 3));
    let (w2, b2) = (generic(&[2, 4], 4), generic(&[2], 5));
    let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
    let h: Vec<f64> = (0..4).map(|i| sigmoid((0..3).map(|j| w1[[i, j]] * x[[0, j]]).sum::<f64>() + b1[i])).collect();
    let y: Vec<f64> = (0..2).map(|i| sigmoid((0..4).map(|j| w2[[i, j]] * h[j]).sum::<f64>() + b2[i])).collect();
    let hidden = unary(Unary::Sigmoid, &linear(&x, &w1, Some(&b1)));
    let output = unary(Unary::Sigmoid, &linear(&hidden, &w2, Some(&b2)));
    assert_close(&output, &t(&[1, 2], &y), 1e-15, "mlp");
}

/// Two inputs, two hidden and two output neurons, all sigmoid; half the squared errors summed; biases stay.
struct TwoByTwo {
    hidden: Tensor,
    output: Tensor,
}

impl TwoByTwo {
    fn step(&mut self, rate: f64) -> f64 {
        let (x, target) = (t(&[1, 2], &[0.05, 0.10]), t(&[1, 2], &[0.01, 0.99]));
        let sum1 = linear(&x, &self.hidden, Some(&t(&[2], &[0.35; 2])));
        let h = unary(Unary::Sigmoid, &sum1);
        let sum2 = linear(&h, &self.output, Some(&t(&[2], &[0.60; 2])));
        let y = unary(Unary::Sigmoid, &sum2);
        let error = loss(Loss::Mse, &y, &target, Reduction::Sum).sum() / 2.0;

        let dy = loss_dx(Loss::Mse, &y, &target, &t(&[], &[0.5]), Reduction::Sum);
        let dsum2 = unary_dx(Unary::Sigmoid, &sum2, &dy);
        let dsum1 = unary_dx(Unary::Sigmoid, &sum1, &linear_dx(&dsum2, &self.output));
        self.output = &self.output - &(linear_dweight(&h, &dsum2) * rate);
        self.hidden = &self.hidden - &(linear_dweight(&x, &dsum1) * rate);
        error
    }
}

#[test]
fn back_propagation_by_hand() {
    let near = |got: f64, want: f64| assert!((got - want).abs() < 5e-10, "{got}, not {want}");
    let mut net =
        TwoByTwo { hidden: t(&[2, 2], &[0.15, 0.20, 0.25, 0.30]), output: t(&[2, 2], &[0.40, 0.45, 0.50, 0.55]) };
    near(net.step(0.5), 0.298371109);
    near(net.hidden[[0, 0]], 0.149780716);
    near(net.output[[0, 0]], 0.358916480);
    near(net.output[[1, 1]], 0.561370121);
    near(net.step(0.5), 0.291027774);
    for _ in 2..10_000 {
        net.step(0.5);
    }
    let error = net.step(0.0);
    assert!((error - 3.51019e-5).abs() < 5e-11, "after 10,000 steps {error}");
}

#[test]
fn edges_of_images() {
    let columns = |left: f64, right: f64| [[left; 3], [right; 3]].concat();
    let filter = |image: &[f64], filter: &[f64]| {
        let y = conv(&t(&[1, 1, 6, 6], image), &t(&[1, 1, 3, 3], filter), None, &Window::square(3, 1, 0), 1);
        y.iter().copied().collect::<Vec<_>>()
    };
    let vertical = [1.0, 0.0, -1.0].repeat(3);
    let horizontal = [1.0, 1.0, 1.0, 0.0, 0.0, 0.0, -1.0, -1.0, -1.0];
    assert_eq!(filter(&columns(10.0, 0.0).repeat(6), &vertical), [0.0, 30.0, 30.0, 0.0].repeat(4));
    assert_eq!(filter(&columns(0.0, 10.0).repeat(6), &vertical), [0.0, -30.0, -30.0, 0.0].repeat(4));
    let blocks = [columns(10.0, 0.0).repeat(3), columns(0.0, 10.0).repeat(3)].concat();
    let edge = [30.0, 10.0, -10.0, -30.0];
    assert_eq!(filter(&blocks, &horizontal), [[0.0; 4], edge, edge, [0.0; 4]].concat());
}

#[test]
fn sizes() {
    let size = |window: Window, n: usize| window.output([1, n, n]);
    let y = conv(&generic(&[1, 3, 6, 6], 1), &generic(&[2, 3, 3, 3], 2), None, &Window::square(3, 1, 0), 1);
    assert_eq!(y.shape(), [1, 2, 4, 4]);
    assert_eq!(size(Window::square(3, 1, 0), 7), Some([1, 5, 5]));
    assert_eq!(size(Window::square(3, 2, 0), 7), Some([1, 3, 3]));
    for (n, k) in [(28, 5), (9, 4), (5, 5)] {
        assert_eq!(size(Window::square(k, 1, 0), n), Some([1, n - k + 1, n - k + 1]), "valid");
        let square = Window::square(k, 1, 0);
        assert_eq!(size(square.same_upper([1, n, n]), n), Some([1, n, n]), "same");
        assert_eq!(size(square.same_lower([1, n, n]), n), Some([1, n, n]), "same");
    }
    assert_eq!(size(Window::square(8, 1, 0), 7), None, "no window fits");
}

#[test]
fn pooling() {
    let window = Window::square(2, 2, 0);
    let x = [1.0, 3.0, 2.0, 1.0, 2.0, 9.0, 1.0, 1.0, 1.0, 3.0, 2.0, 3.0, 5.0, 6.0, 1.0, 2.0];
    assert_eq!(max_pool(&t(&[1, 1, 4, 4], &x), &window, false), t(&[1, 1, 2, 2], &[9.0, 2.0, 6.0, 3.0]));
    let x = [1.0, 3.0, 2.0, 1.0, 2.0, 9.0, 1.0, 1.0, 1.0, 4.0, 2.0, 3.0, 5.0, 6.0, 1.0, 2.0];
    let y = average_pool(&t(&[1, 1, 4, 4], &x), &window, false, true);
    assert_eq!(y, t(&[1, 1, 2, 2], &[3.75, 1.25, 4.0, 2.0]));
}
