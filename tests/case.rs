//! A row of the table: an op, the shapes it runs on, the data that fills them, and how exact the result must be.
//!
//! Tolerances are named by cause, never a bare number. NaN and infinity are compared apart: they must be equal.

use graph::{DType, Graph, Operation, Shape, Tensor, Type, Value, Wide};
use std::sync::Arc;

/// Distance from 1 to the next f32, halved: the error of one rounding.
pub(crate) const EPS: f64 = f32::EPSILON as f64 / 2.0;

/// Why a result may differ from the reference.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Tolerance {
    /// It may not: values are moved or chosen.
    Exact,
    /// This many units in the last place of the result: exp and friends.
    Ulp(u32),
    /// A difference of numbers as large as the largest result: this many roundings of that one.
    Largest(u32),
    /// A sum of this many products in another order: k roundings of the sum of magnitudes.
    Sums(usize),
}

/// What an input holds.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fill {
    /// Uniform in [-1, 1).
    Signed,
    /// Uniform in [0.5, 1.5): away from kinks and poles.
    Positive,
    /// Uniform in [0, 1): probabilities.
    Unit,
    /// One of 0, 1, 2: many ties.
    Ties,
    /// Uniform in [-30, 30): saturates.
    Wide,
    /// Some NaN and infinities of both signs among a few numbers.
    Extreme,
    /// Uniform in [-1e30, 1e30): exp of a difference is 0 or 1.
    Huge,
    /// Halves of whole numbers: ties of rounding.
    Halves,
    /// Uniform in ± this.
    Span(f32),
    /// Class indices below this.
    Index(usize),
    /// Any byte.
    Byte,
}

/// A row of the table.
#[derive(Clone)]
pub(crate) struct Case {
    pub(crate) op: Arc<dyn Operation>,
    pub(crate) inputs: Vec<(Type, Fill)>,
    pub(crate) tolerance: Tolerance,
    /// Also a benchmark.
    pub(crate) timed: bool,
    /// The input by which the op has no gradient, though it is a float.
    pub(crate) fixed: Option<usize>,
    /// Its data has kinks or ties: no finite differences.
    pub(crate) kinked: bool,
    /// Its gradient cancels in f32: only the values are compared.
    pub(crate) forward_only: bool,
}

/// A row's op with a loss behind it.
pub(crate) struct GradientGraph {
    pub(crate) graph: Graph,
    pub(crate) inputs: Vec<Value>,
    /// The inputs that are floats.
    pub(crate) floats: Vec<Value>,
    /// The loss's gradient by each of them.
    pub(crate) gradients: Vec<Value>,
}

/// An op; see [`Case::on`].
pub(crate) fn case(op: impl Operation) -> Case {
    Case {
        op: Arc::new(op),
        inputs: Vec::new(),
        tolerance: Tolerance::Exact,
        timed: false,
        fixed: None,
        kinked: false,
        forward_only: false,
    }
}

impl Case {
    /// Floats of these shapes, uniform in [-1, 1).
    pub(crate) fn on(mut self, shapes: &[&[usize]]) -> Self {
        self.inputs.extend(shapes.iter().map(|&s| (Type::f32(s), Fill::Signed)));
        self
    }

    /// One more input: class indices below `classes`.
    pub(crate) fn index(mut self, shape: &[usize], classes: usize) -> Self {
        self.inputs.push((Type::i32(shape), Fill::Index(classes)));
        self
    }

    /// One more input: truth values.
    pub(crate) fn truths(mut self, shape: &[usize]) -> Self {
        self.inputs.push((Type { shape: shape.into(), dtype: DType::Bool }, Fill::Index(2)));
        self
    }

    /// One more input: bytes.
    pub(crate) fn bytes(mut self, shape: &[usize]) -> Self {
        self.inputs.push((Type { shape: shape.into(), dtype: DType::U8 }, Fill::Byte));
        self
    }

    /// All float inputs hold this instead.
    pub(crate) fn filled(mut self, fill: Fill) -> Self {
        for input in &mut self.inputs {
            if input.0.dtype == DType::F32 {
                input.1 = fill;
            }
        }
        self.kinked |= matches!(fill, Fill::Ties | Fill::Halves | Fill::Extreme | Fill::Huge);
        self
    }

    pub(crate) fn within(mut self, tolerance: Tolerance) -> Self {
        self.tolerance = tolerance;
        self
    }

    pub(crate) fn timed(mut self) -> Self {
        self.timed = true;
        self
    }

    /// The op has no gradient by this input, though it is a float: a target.
    pub(crate) fn fixed(mut self, input: usize) -> Self {
        self.fixed = Some(input);
        self
    }

    /// Its data has kinks or NaN: no finite differences.
    pub(crate) fn kinked(mut self) -> Self {
        self.kinked = true;
        self
    }

    /// Compares values only, where f32 cancels in the gradient whatever the kernel.
    pub(crate) fn forward_only(mut self) -> Self {
        self.forward_only = true;
        self
    }

    /// What to call it in a message: enough to find the row.
    pub(crate) fn label(&self) -> String {
        let shapes: Vec<String> = self.inputs.iter().map(|(ty, _)| ty.shape.to_string()).collect();
        format!("{} {} on {}", self.op.name(), self.op.describe(), shapes.join(" "))
    }

    /// The inputs' data: a function of the row alone.
    pub(crate) fn data(&self) -> Vec<Tensor> {
        self.inputs.iter().enumerate().map(|(i, (ty, fill))| filled(ty, *fill, i as u32)).collect()
    }

    /// A graph of this op alone, its inputs named `x0`, `x1`, …
    pub(crate) fn graph(&self) -> (Graph, Vec<Value>, Vec<Value>) {
        let mut graph = Graph::new();
        let inputs: Vec<Value> = self
            .inputs
            .iter()
            .enumerate()
            .map(|(i, (ty, _))| graph.input(&format!("x{i}"), ty.clone()).expect("names differ"))
            .collect();
        let outputs = push(&mut graph, "y", self.op.clone(), &inputs);
        (graph, inputs, outputs)
    }

    /// The graph with a loss behind the first output: the sum of y * w for fixed random w. `None` when the op
    /// says that it has no gradient.
    pub(crate) fn gradient_graph(&self) -> Option<GradientGraph> {
        if self.forward_only {
            return None;
        }
        let (mut graph, inputs, outputs) = self.graph();
        let free = inputs.iter().enumerate().filter(|&(i, _)| self.fixed != Some(i)).map(|(_, &v)| v);
        let floats: Vec<Value> = free.filter(|&v| graph.ty(v).dtype == DType::F32).collect();
        let ty = graph.ty(outputs[0]).clone();
        if ty.dtype != DType::F32 {
            return None;
        }
        let weights = filled(&ty, Fill::Signed, 99);
        let loss = graph.push1("loss", crate::weighted::Weighted { weights }, &[outputs[0]]).expect("same shape");
        match graph.gradients(loss, &floats) {
            Ok(gradients) => Some(GradientGraph { graph, inputs, floats, gradients }),
            Err(graph::Error::NoGradient { .. }) => None,
            Err(error) => panic!("{}: {error}", self.label()),
        }
    }
}

fn push(graph: &mut Graph, name: &str, op: Arc<dyn Operation>, inputs: &[Value]) -> Vec<Value> {
    graph.place(name, op, inputs).unwrap_or_else(|error| panic!("{error}"))
}

/// Data for an input, by counter: no row depends on another.
pub(crate) fn filled(ty: &Type, fill: Fill, stream: u32) -> Tensor {
    let at = |i: usize| cpu_reference::uniform(7, stream, 0, i as u64);
    let count = ty.shape.count();
    let shape: Shape = ty.shape.clone();
    if ty.dtype == DType::Bool {
        return Tensor::bool(shape, (0..count).map(|i| (at(i) * 2.0) as u8).collect()).expect("counted");
    }
    if let Fill::Index(classes) = fill {
        let data = (0..count).map(|i| (at(i) * classes as f32) as i32).collect();
        return Tensor::i32(shape, data).expect("counted");
    }
    if let Fill::Byte = fill {
        return Tensor::u8(shape, (0..count).map(|i| (at(i) * 256.0) as u8).collect()).expect("counted");
    }
    let data = (0..count).map(|i| match fill {
        Fill::Signed => 2.0 * at(i) - 1.0,
        Fill::Positive => at(i) + 0.5,
        Fill::Unit => at(i),
        Fill::Ties => (at(i) * 3.0).floor(),
        Fill::Halves => (at(i) * 16.0).floor() / 2.0 - 4.0,
        Fill::Span(bound) => bound * (2.0 * at(i) - 1.0),
        Fill::Wide => 60.0 * at(i) - 30.0,
        Fill::Extreme => match (at(i) * 8.0) as u32 {
            0 => f32::NAN,
            1 => f32::INFINITY,
            2..=4 => f32::NEG_INFINITY,
            _ => (at(i) * 64.0).floor(),
        },
        Fill::Huge => 2e30 * at(i) - 1e30,
        Fill::Index(_) | Fill::Byte => unreachable!("done above"),
    });
    Tensor::f32(shape, data.collect()).expect("counted")
}

/// The worst error in units of the tolerance and where it is; `magnitude` is the sum of magnitudes at each element.
pub(crate) fn worst(got: &Tensor, want: &Wide, magnitude: &Wide, tolerance: Tolerance) -> (f64, usize) {
    let floats = got.ty().dtype == DType::F32;
    let got = got.to_reference();
    assert_eq!(got.shape(), want.shape());
    let mut worst = (0.0, 0);
    let largest = want.iter().filter(|want| want.is_finite()).fold(0.0, |largest: f64, want| largest.max(want.abs()));
    for (i, ((&got, &want), &magnitude)) in got.iter().zip(want).zip(magnitude).enumerate() {
        let want = if floats { f64::from(want as f32) } else { want };
        let error = if got == want || got.is_nan() && want.is_nan() {
            0.0
        } else if !got.is_finite() || !want.is_finite() {
            f64::INFINITY
        } else {
            let room = match tolerance {
                Tolerance::Exact => 0.0,
                Tolerance::Ulp(k) => f64::from(k) * 2.0 * EPS * want.abs().max(f64::from(f32::MIN_POSITIVE)),
                Tolerance::Largest(k) => f64::from(k) * EPS * largest,
                Tolerance::Sums(k) => k as f64 * EPS * magnitude.abs().max(want.abs()),
            };
            (got - want).abs() / room
        };
        if error > worst.0 {
            worst = (error, i);
        }
    }
    worst
}
