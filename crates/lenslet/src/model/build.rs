//! From layers to a graph: each layer becomes ops, its parameters are named like PyTorch's (`conv2d1.weight`) and begin
//! like them, uniform within 1 / √(fan in).

use super::{Conv2d, Entry, Layer, Model, Padding, Pool2d, Rule};
use crate::{Error, Result};
use graph::ops;
use graph::{Graph, Init, Shape, Type, UnaryFunction, Value, Window};

/// Whether a graph is for training.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Mode {
    /// Dropout drops, drawn by step and seed; batch norm uses the batch's statistics and keeps the running ones.
    Train {
        /// The number of steps taken so far, one i32.
        step: Value,
        /// The run's seed.
        seed: u64,
    },
    /// Dropout passes; batch norm uses the running statistics.
    Eval,
}

/// A layer in a graph.
#[derive(Clone, Debug, PartialEq)]
pub struct Built {
    /// Its name.
    pub name: String,
    /// Its output, `[n, …]`.
    pub value: Value,
    /// What it learns.
    pub parameters: Vec<Value>,
}

impl Model {
    /// Appends the model to a graph, from x `[n, …]` to its output `[n, …]`.
    ///
    /// # Errors
    /// x is not of the model's input shape, or a layer does not fit what comes before it.
    pub fn build(&self, graph: &mut Graph, x: Value, mode: Mode) -> Result<Value> {
        Ok(self.build_layers(graph, x, mode)?.last().map_or(x, |last| last.value))
    }

    /// As [`build`](Self::build); returns every layer's output.
    ///
    /// # Errors
    /// As [`build`](Self::build).
    pub fn build_layers(&self, graph: &mut Graph, x: Value, mode: Mode) -> Result<Vec<Built>> {
        let got = &graph.ty(x).shape;
        if got.len() != self.input.len() + 1 || got[1..] != self.input[..] {
            return Err(Error::Setting(format!("the model takes {:?}, got images of {:?}", self.input, &got[1..])));
        }
        let mut built: Vec<Built> = Vec::new();
        for (at, (entry, name)) in self.layers.iter().zip(self.names()).enumerate() {
            let wrong = |why: String| Error::Layer { position: at + 1, layer: name.clone(), why };
            if name == "input" || built.iter().any(|b| b.name == name) {
                return Err(wrong("this name is taken; give it another".into()));
            }
            let inputs = sources(entry, x, &built).map_err(wrong)?;
            let known = graph.parameters().len();
            let value = place(graph, entry.layer, &name, &inputs, mode).map_err(|why| match why {
                Problem::Layer(why) => wrong(why),
                Problem::Graph(graph::Error::Op { why, .. }) => wrong(why),
                Problem::Graph(other) => other.into(),
            })?;
            let parameters = graph.parameters().split_off(known);
            built.push(Built { name, value, parameters });
        }
        Ok(built)
    }

    /// The model over one input, for shapes and counts.
    pub(crate) fn sketch(&self) -> Result<(Graph, Vec<Built>)> {
        let mut graph = Graph::new();
        let shape: Vec<usize> = std::iter::once(1).chain(self.input.iter().copied()).collect();
        let x = graph.input("input", Type::f32(shape))?;
        let built = self.build_layers(&mut graph, x, Mode::Eval)?;
        Ok((graph, built))
    }
}

enum Problem {
    Layer(String),
    Graph(graph::Error),
}

impl From<graph::Error> for Problem {
    fn from(error: graph::Error) -> Self {
        Problem::Graph(error)
    }
}

impl From<String> for Problem {
    fn from(why: String) -> Self {
        Problem::Layer(why)
    }
}

/// What a layer takes: the layers that it names, or the one before.
fn sources(entry: &Entry, x: Value, built: &[Built]) -> std::result::Result<Vec<Value>, String> {
    let named = |name: &String| match built.iter().find(|b| b.name == *name) {
        Some(b) => Ok(b.value),
        None if name == "input" => Ok(x),
        None => {
            let known: Vec<&str> = std::iter::once("input").chain(built.iter().map(|b| b.name.as_str())).collect();
            Err(format!("\"{name}\" is not a layer in front of it; there are {}", known.join(", ")))
        }
    };
    let inputs = match &entry.from[..] {
        [] => vec![built.last().map_or(x, |last| last.value)],
        names => names.iter().map(named).collect::<std::result::Result<_, _>>()?,
    };
    match (entry.layer, inputs.len()) {
        (Layer::Add {} | Layer::Concat {}, 1) => {
            Err("needs at least two layers: from = [\"conv2d1\", \"conv2d2\"]".into())
        }
        (Layer::Add {} | Layer::Concat {}, _) | (_, 1) => Ok(inputs),
        (_, n) => Err(format!("takes one input, from names {n}; join them with add or concat first")),
    }
}

fn place(
    graph: &mut Graph,
    layer: Layer,
    name: &str,
    inputs: &[Value],
    mode: Mode,
) -> std::result::Result<Value, Problem> {
    let x = inputs[0];
    let shape = graph.ty(x).shape.clone();
    if let Some(function) = activation(layer) {
        return Ok(graph.push1(name, ops::Unary(function), &[x])?);
    }
    match layer {
        Layer::Conv2d(conv) => conv2d(graph, conv, name, x),
        Layer::Linear { out_features, bias } => linear(graph, out_features, bias, name, x),
        Layer::MaxPool2d(pool) => {
            let op = ops::MaxPool { window: pool_window(&pool, &shape)?, ceil_mode: pool.ceil_mode };
            Ok(graph.push1(name, op, &[x])?)
        }
        Layer::AvgPool2d(pool) => {
            let window = pool_window(&pool, &shape)?;
            if pool.dilation.get() != [1; 2] {
                return Err("an average pooling has no dilation".to_string().into());
            }
            let Pool2d { ceil_mode, count_include_pad, .. } = pool;
            Ok(graph.push1(name, ops::AveragePool { window, ceil_mode, count_include_pad }, &[x])?)
        }
        Layer::AdaptiveAvgPool2d { output_size } => {
            image(&shape)?;
            let op = ops::AdaptiveAveragePool { output: output_size.get().to_vec() };
            Ok(graph.push1(name, op, &[x])?)
        }
        Layer::BatchNorm2d { eps, momentum } => batch_norm(graph, name, x, [eps as f32, momentum as f32], mode),
        Layer::Dropout { p } => match mode {
            Mode::Eval => Ok(x),
            Mode::Train { step, seed } => {
                let op = ops::Dropout::new(p as f32, seed, stream(name));
                Ok(graph.push1(name, op, &[x, step])?)
            }
        },
        Layer::Flatten {} => {
            let shape: Shape = vec![shape[0], shape[1..].iter().product()].into();
            Ok(graph.push1(name, ops::Reshape { shape }, &[x])?)
        }
        Layer::Add {} => {
            let shapes: Vec<&Shape> = inputs.iter().map(|&v| &graph.ty(v).shape).collect();
            if shapes.iter().any(|s| **s != shape) {
                let list: Vec<String> = shapes.iter().map(|s| format!("{:?}", &s[1..])).collect();
                return Err(format!("adds outputs of one shape, got {}", list.join(" and ")).into());
            }
            let mut sum = x;
            for &next in &inputs[1..] {
                sum = graph.push1(name, ops::Binary::Add, &[sum, next])?;
            }
            Ok(sum)
        }
        Layer::Concat {} => Ok(graph.push1(name, ops::Concat { axis: 1 }, inputs)?),
        other => unreachable!("{} is an activation", other.kind()),
    }
}

/// The function of a layer that is one.
pub(crate) fn activation(layer: Layer) -> Option<UnaryFunction> {
    use UnaryFunction as F;
    Some(match layer {
        Layer::Relu {} => F::Relu,
        Layer::LeakyRelu { negative_slope } => F::LeakyRelu { slope: negative_slope },
        Layer::Relu6 {} => F::Relu6,
        Layer::Elu { alpha } => F::Elu { alpha },
        Layer::Selu {} => F::Selu,
        Layer::Gelu {} => F::Gelu,
        Layer::Silu {} => F::Silu,
        Layer::Hardswish {} => F::HardSwish,
        Layer::Softplus {} => F::Softplus,
        Layer::Sigmoid {} => F::Sigmoid,
        Layer::Tanh {} => F::Tanh,
        _ => return None,
    })
}

/// Numbers of a dropout's own: the FNV-1a hash of its name, as for first values.
fn stream(name: &str) -> u32 {
    name.bytes().fold(0x811c_9dc5u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

fn image(shape: &Shape) -> std::result::Result<[usize; 2], String> {
    match shape[..] {
        [_, _, h, w] => Ok([h, w]),
        _ => Err(format!("takes images [c, h, w], gets {:?}", &shape[1..])),
    }
}

fn padded(window: Window, padding: Padding, [h, w]: [usize; 2]) -> Window {
    match padding {
        Padding::Sides(sides) => window.pad(&sides.get()),
        Padding::Rule(Rule::Valid) => window,
        Padding::Rule(Rule::Same) => window.same_upper([1, h, w]),
        Padding::Rule(Rule::SameLower) => window.same_lower([1, h, w]),
    }
}

fn pool_window(pool: &Pool2d, shape: &Shape) -> std::result::Result<Window, String> {
    let size = image(shape)?;
    let stride = pool.stride.unwrap_or(pool.kernel_size).get();
    positive(&[("kernel_size", pool.kernel_size.get()), ("stride", stride), ("dilation", pool.dilation.get())])?;
    let window = Window::new(&pool.kernel_size.get()).stride(&stride).dilation(&pool.dilation.get());
    Ok(padded(window, pool.padding, size))
}

fn positive(numbers: &[(&str, [usize; 2])]) -> std::result::Result<(), String> {
    match numbers.iter().find(|(_, pair)| pair.contains(&0)) {
        Some((what, _)) => Err(format!("{what} is 0; it must be at least 1")),
        None => Ok(()),
    }
}

fn conv2d(graph: &mut Graph, conv: Conv2d, name: &str, x: Value) -> std::result::Result<Value, Problem> {
    let shape = graph.ty(x).shape.clone();
    let size = image(&shape)?;
    let (c, k, groups) = (shape[1], conv.out_channels, conv.groups);
    if k == 0 || groups == 0 || c % groups != 0 || k % groups != 0 {
        let why = format!("{groups} groups must divide the {c} channels that come in and the {k} (≥ 1) that go out");
        return Err(why.into());
    }
    let (kernel, stride, dilation) = (conv.kernel_size.get(), conv.stride.get(), conv.dilation.get());
    positive(&[("kernel_size", kernel), ("stride", stride), ("dilation", dilation)])?;
    let window = padded(Window::new(&kernel).stride(&stride).dilation(&dilation), conv.padding, size);
    let fan_in = c / groups * kernel[0] * kernel[1];
    let inputs = weights(graph, name, &[k, c / groups, kernel[0], kernel[1]], fan_in, conv.bias)?;
    let op = ops::Conv { groups, ..ops::Conv::new(window) };
    Ok(graph.push1(name, op, &[&[x], &inputs[..]].concat())?)
}

fn linear(
    graph: &mut Graph,
    out_features: usize,
    bias: bool,
    name: &str,
    x: Value,
) -> std::result::Result<Value, Problem> {
    let shape = graph.ty(x).shape.clone();
    let [_, features] = shape[..] else {
        return Err(format!("takes [features], gets {:?}: put flatten in front of it", &shape[1..]).into());
    };
    if out_features == 0 {
        return Err("out_features is 0; it must be at least 1".to_string().into());
    }
    let inputs = weights(graph, name, &[out_features, features], features, bias)?;
    Ok(graph.push1(name, ops::Linear::default(), &[&[x], &inputs[..]].concat())?)
}

/// Weight, and bias if there is one, as PyTorch draws them.
fn weights(
    graph: &mut Graph,
    name: &str,
    shape: &[usize],
    fan_in: usize,
    bias: bool,
) -> std::result::Result<Vec<Value>, Problem> {
    let init = Init::Uniform((1.0 / (fan_in as f64).sqrt()) as f32);
    let mut made = vec![graph.parameter(&format!("{name}.weight"), Type::f32(shape), init.clone())?];
    if bias {
        made.push(graph.parameter(&format!("{name}.bias"), Type::f32([shape[0]]), init)?);
    }
    Ok(made)
}

/// Parameters weight and bias, states running_mean and running_var, all `[c]`, as PyTorch names and begins them.
fn batch_norm(
    graph: &mut Graph,
    name: &str,
    x: Value,
    [eps, momentum]: [f32; 2],
    mode: Mode,
) -> std::result::Result<Value, Problem> {
    let shape = graph.ty(x).shape.clone();
    image(&shape)?;
    let ty = Type::f32([shape[1]]);
    let weight = graph.parameter(&format!("{name}.weight"), ty.clone(), Init::Fill(1.0))?;
    let bias = graph.parameter(&format!("{name}.bias"), ty.clone(), Init::Fill(0.0))?;
    let mean = graph.state(&format!("{name}.running_mean"), ty.clone(), Init::Fill(0.0))?;
    let var = graph.state(&format!("{name}.running_var"), ty, Init::Fill(1.0))?;
    let inputs = [x, weight, bias, mean, var];
    Ok(match mode {
        Mode::Eval => graph.push1(name, ops::BatchNormInference { eps }, &inputs)?,
        Mode::Train { .. } => {
            let outputs = graph.push(name, ops::BatchNorm { eps, momentum }, &inputs)?;
            graph.assign(mean, outputs[2]);
            graph.assign(var, outputs[3]);
            outputs[0]
        }
    })
}
