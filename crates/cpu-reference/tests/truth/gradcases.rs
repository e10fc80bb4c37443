//! Every case in the folder: PyTorch's output and gradients, computed in f64, against ours.

use cpu_reference::*;
use serde_json::Value;

use crate::check::assert_close;
use crate::pytorch_file::{PytorchFile, folder};

#[test]
fn pytorch_agrees() {
    let path = folder().join("index.json");
    let index = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let index: Value = serde_json::from_str(&index).unwrap();
    let files: Vec<&str> = index.as_array().unwrap().iter().map(|case| case["file"].as_str().unwrap()).collect();
    assert!(!files.is_empty(), "no cases in {}", folder().display());
    for name in files {
        let case = PytorchFile::open(name);
        for (tensor, got) in ours(&case) {
            let want = case.get(tensor);
            let got = if want.len() == got.len() { got.into_shape_with_order(want.raw_dim()).unwrap() } else { got };
            assert_close(&got, &want, case.rel_tol, &format!("{name} {tensor}"));
        }
    }
}

/// What our functions make of the case's inputs, by the name of the tensor that PyTorch made.
fn ours(case: &PytorchFile) -> Vec<(&'static str, Tensor)> {
    let dy = case.get("gout");
    let x = || case.get("in.x");
    match case.op.as_str() {
        "conv2d" => conv2d(case, &x(), &dy),
        "conv_transpose2d" => conv_transpose2d(case, &x(), &dy),
        "maxpool2d" => {
            let window = window(case, case.pair("kernel")).dilation(&case.pair("dilation"));
            vec![("out", max_pool(&x(), &window, false)), ("grad.x", max_pool_dx(&x(), &dy, &window))]
        }
        "avgpool2d" => {
            let window = window(case, case.pair("kernel"));
            let pads = case.attrs["count_include_pad"].as_bool().unwrap();
            let dx = average_pool_dx(&dy, x().shape(), &window, pads);
            vec![("out", average_pool(&x(), &window, false, pads)), ("grad.x", dx)]
        }
        "global_avgpool" => {
            vec![("out", global_average_pool(&x())), ("grad.x", global_average_pool_dx(&dy, x().shape()))]
        }
        "batchnorm_train" => batch_norm_training(case, &x(), &dy),
        "batchnorm_eval" => batch_norm_evaluation(case, &x(), &dy),
        "linear" => {
            let (weight, bias) = (case.get("in.w"), case.get("in.b"));
            vec![
                ("out", linear(&x(), &weight, Some(&bias))),
                ("grad.x", linear_dx(&dy, &weight)),
                ("grad.w", linear_dweight(&x(), &dy)),
                ("grad.b", linear_dbias(&dy)),
            ]
        }
        "softmax_xent" => {
            let label_smoothing = case.attrs["label_smoothing"].as_f64().unwrap_or(0.0);
            let (indices, options) = (case.get("in.y"), CrossEntropy { label_smoothing, ..Default::default() });
            let dx = cross_entropy_dx(&x(), &indices, &dy, &options);
            vec![("out", cross_entropy(&x(), &indices, &options)), ("grad.x", dx)]
        }
        "mse" => element_loss(case, Loss::Mse, &dy),
        "bce_with_logits" => element_loss(case, Loss::BceWithLogits { pos_weight: 1.0 }, &dy),
        "softmax_lastdim" => {
            let y = softmax(&x(), 2);
            vec![("grad.x", softmax_dx(&y, &dy, 2)), ("out", y)]
        }
        "log_softmax_lastdim" => {
            let y = log_softmax(&x(), 2);
            vec![("grad.x", log_softmax_dx(&y, &dy, 2)), ("out", y)]
        }
        "add" => arithmetic(case, Binary::Add, &dy),
        "sub" => arithmetic(case, Binary::Sub, &dy),
        "mul" => arithmetic(case, Binary::Mul, &dy),
        "div" => arithmetic(case, Binary::Div, &dy),
        name => {
            let kind = activation(name).unwrap_or_else(|| panic!("{}: op {name} has no comparison here", case.name));
            vec![("out", unary(kind, &x())), ("grad.x", unary_dx(kind, &x(), &dy))]
        }
    }
}

fn activation(name: &str) -> Option<Unary> {
    Some(match name {
        "relu" => Unary::Relu,
        "leaky_relu_0_01" => Unary::LeakyRelu { slope: 0.01 },
        "sigmoid" => Unary::Sigmoid,
        "tanh" => Unary::Tanh,
        "elu" => Unary::Elu { alpha: 1.0 },
        "selu" => Unary::Selu,
        "gelu" => Unary::Gelu,
        "gelu_tanh" => Unary::GeluTanh,
        "silu" => Unary::Silu,
        "hardsigmoid" => Unary::HardSigmoid { alpha: 1.0 / 6.0, beta: 0.5 },
        "hardswish" => Unary::HardSwish,
        "softplus" => Unary::Softplus,
        "mish" => Unary::Mish,
        _ => return None,
    })
}

fn window(case: &PytorchFile, kernel: [usize; 2]) -> Window {
    Window::new(&kernel).stride(&case.pair("stride")).pad(&case.pair("pad"))
}

fn conv2d(case: &PytorchFile, x: &Tensor, dy: &Tensor) -> Vec<(&'static str, Tensor)> {
    let (weight, bias, groups) = (case.get("in.w"), case.find("in.b"), case.pair("groups")[0]);
    let window = window(case, [weight.shape()[2], weight.shape()[3]]).dilation(&case.pair("dilation"));
    let mut made = vec![
        ("out", conv(x, &weight, bias.as_ref(), &window, groups)),
        ("grad.x", conv_dx(dy, &weight, x.shape(), &window, groups)),
        ("grad.w", conv_dweight(x, dy, weight.shape(), &window, groups)),
    ];
    made.extend(bias.map(|_| ("grad.b", conv_dbias(dy))));
    made
}

fn conv_transpose2d(case: &PytorchFile, x: &Tensor, dy: &Tensor) -> Vec<(&'static str, Tensor)> {
    let (weight, bias, groups) = (case.get("in.w"), case.get("in.b"), case.pair("groups")[0]);
    let window = window(case, [weight.shape()[2], weight.shape()[3]]).dilation(&case.pair("dilation"));
    let [h, w] = case.pair("output_padding");
    vec![
        ("out", conv_transpose(x, &weight, Some(&bias), &window, groups, [0, h, w])),
        ("grad.x", conv_transpose_dx(dy, &weight, x.shape(), &window, groups)),
        ("grad.w", conv_transpose_dweight(x, dy, weight.shape(), &window, groups)),
        ("grad.b", conv_dbias(dy)),
    ]
}

fn batch_norm_training(case: &PytorchFile, x: &Tensor, dy: &Tensor) -> Vec<(&'static str, Tensor)> {
    let (weight, bias) = (case.get("in.gamma"), case.get("in.beta"));
    let (eps, momentum) = (case.attrs["eps"].as_f64().unwrap(), case.attrs["momentum"].as_f64().unwrap());
    let (y, mean, var) = batch_norm_train(x, Some(&weight), Some(&bias), eps);
    let running_var = batch_norm_running_var(&case.get("extra.running_var0"), &var, x.shape(), momentum);
    vec![
        ("out", y),
        ("grad.x", batch_norm_train_dx(x, dy, Some(&weight), &mean, &var, eps)),
        ("grad.gamma", batch_norm_dweight(x, dy, &mean, &var, eps)),
        ("grad.beta", batch_norm_dbias(dy)),
        ("extra.running_mean1", batch_norm_running_mean(&case.get("extra.running_mean0"), &mean, momentum)),
        ("extra.running_var1", running_var),
    ]
}

fn batch_norm_evaluation(case: &PytorchFile, x: &Tensor, dy: &Tensor) -> Vec<(&'static str, Tensor)> {
    let (weight, bias, eps) = (case.get("in.gamma"), case.get("in.beta"), case.attrs["eps"].as_f64().unwrap());
    let (mean, var) = (case.get("extra.running_mean"), case.get("extra.running_var"));
    vec![
        ("out", batch_norm(x, Some(&weight), Some(&bias), &mean, &var, eps)),
        ("grad.x", batch_norm_inference_dx(dy, Some(&weight), &var, eps)),
        ("grad.gamma", batch_norm_dweight(x, dy, &mean, &var, eps)),
        ("grad.beta", batch_norm_dbias(dy)),
    ]
}

fn element_loss(case: &PytorchFile, kind: Loss, dy: &Tensor) -> Vec<(&'static str, Tensor)> {
    let (x, target) = (case.get("in.x"), case.get("in.y"));
    let dx = loss_dx(kind, &x, &target, dy, Reduction::Mean);
    vec![("out", loss(kind, &x, &target, Reduction::Mean)), ("grad.x", dx)]
}

fn arithmetic(case: &PytorchFile, kind: Binary, dy: &Tensor) -> Vec<(&'static str, Tensor)> {
    let (a, b) = (case.get("in.a"), case.get("in.b"));
    vec![
        ("out", binary(kind, &a, &b)),
        ("grad.a", binary_da(kind, &a, &b, dy)),
        ("grad.b", binary_db(kind, &a, &b, dy)),
    ]
}
