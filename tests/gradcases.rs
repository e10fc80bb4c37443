//! PyTorch's outputs and gradients, each case as a graph: on the device in both layouts, on the CPU, and through the
//! reference.
//!
//! The folder is `LENSLET_GRADCASES`, or the copy in the tree. A case whose op neither [`built`] nor [`NOT_YET`] knows
//! is a failure that names it. A new op of the graph is an arm of `built` and one name less in `NOT_YET`.

use cases::Weighted;
use graph::gpu_core::{Order, test_device};
use graph::ops::*;
use graph::{Engine, Graph, Init, LossFunction, Memory, Tensor, UnaryFunction as F, Value, Wide, Window};
use safetensors::{Dtype, SafeTensors};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// Ops of the folder that have no op in the graph yet.
const NOT_YET: &[&str] = &["elu", "gelu", "gelu_tanh", "hardsigmoid", "hardswish", "mish", "selu", "silu", "softplus"];

/// Sums in another order than PyTorch's: this much of the tensor's largest magnitude.
const SUMS: f64 = 1e-5;

/// One file: tensors by name, and what it says about itself.
struct PytorchCase {
    name: String,
    op: String,
    attrs: Json,
    tensors: BTreeMap<String, Tensor>,
}

#[test]
fn pytorch_agrees() {
    let (mut run, mut failures) = (0, Vec::new());
    for case in cases() {
        let mut graph = Graph::new();
        let inputs: BTreeMap<&str, Value> = case
            .tensors
            .iter()
            .filter_map(|(name, tensor)| Some((name.strip_prefix("in.")?, tensor.ty())))
            .map(|(name, ty)| (name, graph.input(name, ty).expect("names differ")))
            .collect();
        match built(&case, &mut graph, &inputs) {
            Some(Ok(y)) => {
                run += 1;
                compare(&case, graph, &inputs, y, &mut failures);
            }
            Some(Err(error)) => failures.push(format!("{}: {error}", case.name)),
            None if NOT_YET.contains(&case.op.as_str()) => {}
            None => failures.push(format!("{}: op {} is unknown here", case.name, case.op)),
        }
    }
    assert!(failures.is_empty(), "{} failed:\n{}", failures.len(), failures.join("\n"));
    assert!(run > 0, "no case in {} has an op of the graph", folder().display());
}

/// The case's output in the graph; `None` for an op that is not in this table.
fn built(case: &PytorchCase, graph: &mut Graph, inputs: &BTreeMap<&str, Value>) -> Option<Result<Value, graph::Error>> {
    let x = |names: &[&str]| names.iter().filter_map(|name| inputs.get(name).copied()).collect::<Vec<_>>();
    Some(match case.op.as_str() {
        "conv2d" => {
            let weight = graph.ty(inputs["w"]).shape.clone();
            let conv = Conv { groups: case.pair("groups")[0], ..Conv::new(case.window([weight[2], weight[3]])) };
            graph.push1("y", conv, &x(&["x", "w", "b"]))
        }
        "maxpool2d" => graph.push1("y", MaxPool::new(case.window(case.pair("kernel"))), &x(&["x"])),
        "avgpool2d" => {
            let count_include_pad = case.attrs["count_include_pad"].as_bool().expect("a truth value");
            let pool = AveragePool { count_include_pad, ..AveragePool::new(case.window(case.pair("kernel"))) };
            graph.push1("y", pool, &x(&["x"]))
        }
        "global_avgpool" => graph.push1("y", AdaptiveAveragePool::global(2), &x(&["x"])),
        "linear" => graph.push1("y", Linear { activation: None }, &x(&["x", "w", "b"])),
        "add" => graph.push1("y", Binary::Add, &x(&["a", "b"])),
        "sub" => graph.push1("y", Binary::Sub, &x(&["a", "b"])),
        "mul" => graph.push1("y", Binary::Mul, &x(&["a", "b"])),
        "div" => graph.push1("y", Binary::Div, &x(&["a", "b"])),
        "softmax_xent" => {
            let label_smoothing = case.attrs["label_smoothing"].as_f64().unwrap_or(0.0) as f32;
            let op = CrossEntropy { label_smoothing, ..CrossEntropy::default() };
            let losses = graph.push1("losses", op, &x(&["x", "y"]));
            losses.and_then(|losses| graph.push1("y", Reduce::mean(&[]), &[losses]))
        }
        "mse" | "bce_with_logits" => {
            let kind =
                if case.op == "mse" { LossFunction::Mse } else { LossFunction::BceWithLogits { pos_weight: 1.0 } };
            let losses = graph.push1("losses", Loss(kind), &x(&["x", "y"]));
            losses.and_then(|losses| graph.push1("y", Reduce::mean(&[]), &[losses]))
        }
        "conv_transpose2d" => {
            let weight = graph.ty(inputs["w"]).shape.clone();
            let [h, w] = case.pair("output_padding");
            let op = ConvTranspose {
                window: case.window([weight[2], weight[3]]),
                groups: case.pair("groups")[0],
                output_padding: [0, h, w],
            };
            op.place(graph, "y", inputs["x"], inputs["w"], inputs.get("b").copied())
        }
        "batchnorm_train" => batch_norm(case, graph, inputs, ["extra.running_mean0", "extra.running_var0"], true),
        "batchnorm_eval" => batch_norm(case, graph, inputs, ["extra.running_mean", "extra.running_var"], false),
        "softmax_lastdim" => graph.push1("y", Softmax { axis: -1 }, &x(&["x"])),
        "log_softmax_lastdim" => graph.push1("y", LogSoftmax { axis: -1 }, &x(&["x"])),
        "relu" => graph.push1("y", Unary(F::Relu), &x(&["x"])),
        "leaky_relu_0_01" => graph.push1("y", Unary(F::LeakyRelu { slope: 0.01 }), &x(&["x"])),
        "sigmoid" => graph.push1("y", Unary(F::Sigmoid), &x(&["x"])),
        "tanh" => graph.push1("y", Unary(F::Tanh), &x(&["x"])),
        _ => return None,
    })
}

/// Batch norm with running statistics from the file.
fn batch_norm(
    case: &PytorchCase,
    graph: &mut Graph,
    inputs: &BTreeMap<&str, Value>,
    running: [&str; 2],
    training: bool,
) -> Result<Value, graph::Error> {
    let number = |name: &str| case.attrs[name].as_f64().expect("a number") as f32;
    let mut operands = vec![inputs["x"], inputs["gamma"], inputs["beta"]];
    for name in running {
        let start = &case.tensors[name];
        operands.push(graph.state(name, start.ty(), Init::Given(start.clone()))?);
    }
    if !training {
        return graph.push1("y", BatchNormInference { eps: number("eps") }, &operands);
    }
    let made = graph.push("y", BatchNorm { eps: number("eps"), momentum: number("momentum") }, &operands)?;
    graph.assign(operands[3], made[2]);
    graph.assign(operands[4], made[3]);
    Ok(made[0])
}

/// Output and gradients on every executor against what PyTorch made.
fn compare(case: &PytorchCase, mut graph: Graph, inputs: &BTreeMap<&str, Value>, y: Value, failures: &mut Vec<String>) {
    // PyTorch's scalars are stored with one axis.
    let gout = case.tensors["gout"].as_f32().expect("gradients are floats").to_vec();
    let weights = match Tensor::f32(graph.ty(y).shape.clone(), gout) {
        Ok(weights) => weights,
        Err(error) => return failures.push(format!("{}: out: {error}", case.name)),
    };
    let gout = graph.input("gout", weights.ty()).expect("no other is called so");
    let loss = graph.push1("loss", Weighted, &[y, gout]).expect("a scalar");
    let asked: Vec<(&str, Value)> =
        case.tensors.keys().filter_map(|name| name.strip_prefix("grad.")).map(|name| (name, inputs[name])).collect();
    let wrt: Vec<Value> = asked.iter().map(|&(_, value)| value).collect();
    let gradients = match graph.gradients(loss, &wrt) {
        Ok(gradients) => gradients,
        Err(error) => return failures.push(format!("{}: {error}", case.name)),
    };
    let mut fetch = vec![y];
    fetch.extend(&gradients);
    let mut names: Vec<String> =
        std::iter::once("out".to_string()).chain(asked.iter().map(|(name, _)| format!("grad.{name}"))).collect();
    // What batch norm leaves in its states.
    for (name, value) in [("extra.running_mean1", "y:2"), ("extra.running_var1", "y:3")] {
        if case.tensors.contains_key(name) {
            fetch.push(graph.find(value).expect("batch norm has four outputs"));
            names.push(name.to_string());
        }
    }

    let graph = Arc::new(graph);
    let mut executors = vec![("reference", Engine::Reference, None), ("cpu", Engine::Cpu, None)];
    if let Some(device) = test_device() {
        executors.push(("device, plain", Engine::Gpu(device.clone()), Some(Order::Plain)));
        executors.push(("device, first-inner", Engine::Gpu(device.clone()), Some(Order::FirstInner)));
    }
    for (executor, engine, order) in executors {
        let made = || -> Result<Vec<Tensor>, graph::Error> {
            let mut execution = engine.compile_in(graph.clone(), &fetch, &Memory::new(&engine, 0), order)?;
            for (name, &value) in inputs {
                execution.set(value, &case.tensors[&format!("in.{name}")])?;
            }
            execution.set(gout, &weights)?;
            execution.run()?;
            Ok(execution.wait()?.expect("it ran"))
        };
        match made() {
            Err(error) => failures.push(format!("{} on {executor}: {error}", case.name)),
            Ok(made) => {
                for (name, got) in names.iter().zip(made) {
                    let (got, want) = (got.to_reference(), case.tensors[name].to_reference());
                    if let Some(why) = differs(&got, &want) {
                        failures.push(format!("{} on {executor}: {name}{why}", case.name));
                    }
                }
            }
        }
    }
}

/// Where and by how much, if it does. Shapes may differ in axes of length 1.
fn differs(got: &Wide, want: &Wide) -> Option<String> {
    let long = |shape: &[usize]| shape.iter().copied().filter(|&d| d != 1).collect::<Vec<_>>();
    if long(got.shape()) != long(want.shape()) {
        return Some(format!(" is {:?}, not {:?}", got.shape(), want.shape()));
    }
    let scale = want.iter().filter(|w| w.is_finite()).fold(0.0_f64, |scale, w| scale.max(w.abs()));
    let near = |got: f64, want: f64| got == want || got.is_nan() && want.is_nan() || (got - want).abs() <= SUMS * scale;
    let at = got.iter().zip(want).position(|(&got, &want)| !near(got, want))?;
    let value = |wide: &Wide| wide.iter().nth(at).copied().unwrap_or_default();
    Some(format!("[{at}] is {}, not {}, where the largest is {scale}", value(got), value(want)))
}

fn folder() -> PathBuf {
    let in_tree = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/data/gradcases"));
    std::env::var_os("LENSLET_GRADCASES").map_or_else(in_tree, PathBuf::from)
}

/// Every case that the folder's index lists.
fn cases() -> Vec<PytorchCase> {
    let path = folder().join("index.json");
    let index = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let index: Json = serde_json::from_str(&index).expect("the index is JSON");
    index.as_array().expect("a list").iter().map(|case| open(case["file"].as_str().expect("a name"))).collect()
}

fn open(name: &str) -> PytorchCase {
    let path = folder().join(name);
    let bytes = std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let (_, header) = SafeTensors::read_metadata(&bytes).expect("a safetensors file");
    let metadata = header.metadata().clone().unwrap_or_default();
    let text = |key: &str| metadata.get(key).cloned().unwrap_or_default();
    let file = SafeTensors::deserialize(&bytes).expect("a safetensors file");
    let tensors = file.iter().map(|(name, view)| {
        let shape = view.shape().to_vec();
        let tensor = match view.dtype() {
            Dtype::F32 => {
                let words = view.data().as_chunks::<4>().0.iter();
                Tensor::f32(shape, words.map(|&word| f32::from_le_bytes(word)).collect())
            }
            Dtype::I64 => {
                let words = view.data().as_chunks::<8>().0.iter();
                Tensor::i32(shape, words.map(|&word| i64::from_le_bytes(word) as i32).collect())
            }
            other => panic!("{}: {name} is {other:?}", path.display()),
        };
        (name.to_string(), tensor.expect("counted"))
    });
    let attrs = serde_json::from_str(&text("attrs")).unwrap_or_default();
    PytorchCase { name: name.to_string(), op: text("op"), attrs, tensors: tensors.collect() }
}

impl PytorchCase {
    /// An attribute that is one number or one for each of two axes.
    fn pair(&self, name: &str) -> [usize; 2] {
        let one = |value: &Json| value.as_u64().unwrap_or_else(|| panic!("{}: no {name}", self.name)) as usize;
        match &self.attrs[name] {
            Json::Array(both) => [one(&both[0]), one(&both[1])],
            single => [one(single); 2],
        }
    }

    /// A window of this kernel, the rest from the attributes.
    fn window(&self, kernel: [usize; 2]) -> Window {
        let dilation = if self.attrs["dilation"].is_null() { [1; 2] } else { self.pair("dilation") };
        Window::new(&kernel).stride(&self.pair("stride")).pad(&self.pair("pad")).dilation(&dilation)
    }
}
