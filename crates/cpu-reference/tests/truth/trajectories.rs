//! Twenty steps of training a small network, PyTorch's losses and final weights against ours: SGD with momentum,
//! Nesterov with weight decay, Adam, AdamW.

use cpu_reference::*;

use crate::check::{assert_close, t};
use crate::pytorch_file::PytorchFile;

const PARAMETERS: [&str; 6] = ["conv1.weight", "conv1.bias", "conv2.weight", "conv2.bias", "fc.weight", "fc.bias"];

/// conv(1→4, 3×3, pad 1), ReLU, max pool 2, conv(4→8, 3×3), ReLU, max pool 2, linear(32→10), cross-entropy.
/// The loss, and the gradients in the order of `PARAMETERS`.
fn loss_and_gradients(p: &[Tensor], x: &Tensor, classes: &Tensor) -> (f64, Vec<Tensor>) {
    let (first, second, pool) = (Window::square(3, 1, 1), Window::square(3, 1, 0), Window::square(2, 2, 0));
    let sum1 = conv(x, &p[0], Some(&p[1]), &first, 1);
    let relu1 = unary(Unary::Relu, &sum1);
    let pool1 = max_pool(&relu1, &pool, false);
    let sum2 = conv(&pool1, &p[2], Some(&p[3]), &second, 1);
    let relu2 = unary(Unary::Relu, &sum2);
    let pool2 = max_pool(&relu2, &pool, false);
    let flat = reshape(&pool2, &[x.shape()[0], p[4].shape()[1]]);
    let logits = linear(&flat, &p[4], Some(&p[5]));
    let options = CrossEntropy::default();

    let dlogits = cross_entropy_dx(&logits, classes, &t(&[], &[1.0]), &options);
    let dpool2 = reshape(&linear_dx(&dlogits, &p[4]), pool2.shape());
    let dsum2 = unary_dx(Unary::Relu, &sum2, &max_pool_dx(&relu2, &dpool2, &pool));
    let dpool1 = conv_dx(&dsum2, &p[2], pool1.shape(), &second, 1);
    let dsum1 = unary_dx(Unary::Relu, &sum1, &max_pool_dx(&relu1, &dpool1, &pool));
    let gradients = vec![
        conv_dweight(x, &dsum1, p[0].shape(), &first, 1),
        conv_dbias(&dsum1),
        conv_dweight(&pool1, &dsum2, p[2].shape(), &second, 1),
        conv_dbias(&dsum2),
        linear_dweight(&flat, &dlogits),
        linear_dbias(&dlogits),
    ];
    (cross_entropy(&logits, classes, &options).sum(), gradients)
}

/// Moments of one parameter, named by nobody: an optimiser uses as many as it needs.
struct Moments([Vec<f64>; 2]);

fn follow(name: &str, update: impl Fn(u64, &mut [f64], &[f64], &mut Moments)) {
    let file = PytorchFile::open("trajectory.safetensors");
    let mut parameters: Vec<Tensor> = PARAMETERS.iter().map(|p| file.get(&format!("init.{p}"))).collect();
    let mut moments: Vec<Moments> =
        parameters.iter().map(|p| Moments([vec![0.0; p.len()], vec![0.0; p.len()]])).collect();
    let (xs, classes) = (file.get("batches.x"), file.get("batches.y"));
    let mut losses = Vec::new();
    for step in 0..xs.shape()[0] {
        let axis = ndarray::Axis(0);
        let (x, y) = (xs.index_axis(axis, step).to_owned(), classes.index_axis(axis, step).to_owned());
        let (loss, gradients) = loss_and_gradients(&parameters, &x, &y);
        losses.push(loss);
        for ((parameter, gradient), (moments, path)) in
            parameters.iter_mut().zip(&gradients).zip(moments.iter_mut().zip(PARAMETERS))
        {
            if step == 0 {
                assert_close(gradient, &file.get(&format!("step0.grad.{path}")), 1e-6, &format!("first {path}"));
            }
            update(step as u64 + 1, parameter.as_slice_mut().unwrap(), gradient.as_slice().unwrap(), moments);
        }
    }
    assert_close(&t(&[losses.len()], &losses), &file.get(&format!("{name}.loss")), 2e-6, &format!("{name} losses"));
    for (parameter, path) in parameters.iter().zip(PARAMETERS) {
        assert_close(parameter, &file.get(&format!("{name}.final.{path}")), 2e-6, &format!("{name} final {path}"));
    }
}

#[test]
fn sgd_with_momentum() {
    let hyper = Sgd { lr: 0.05, momentum: 0.9, ..Sgd::default() };
    follow("sgd_momentum", |step, w, g, m| sgd(&hyper, step, w, g, &mut m.0[0]));
}

#[test]
fn sgd_with_nesterov_and_weight_decay() {
    let hyper = Sgd { lr: 0.03, momentum: 0.9, nesterov: true, weight_decay: 1e-3, ..Sgd::default() };
    follow("sgd_nesterov_wd", |step, w, g, m| sgd(&hyper, step, w, g, &mut m.0[0]));
}

#[test]
fn adam_follows() {
    let hyper = Adam { lr: 0.005, ..Adam::default() };
    follow("adam", |step, w, g, Moments([m, v])| adam(&hyper, step, w, g, m, v, &mut []));
}

#[test]
fn adamw_follows() {
    let hyper = Adam { lr: 0.005, weight_decay: 0.01, ..Adam::default() };
    follow("adamw", |step, w, g, Moments([m, v])| adamw(&hyper, step, w, g, m, v, &mut []));
}
