//! A row of the table: an op, the shapes it runs on, the data that fills them, and how exact the result must be.

use crate::fill::{Fill, filled};
use crate::tolerance::Tolerance;
use crate::weighted::Weighted;
use graph::{DType, Error, Graph, Operation, Tensor, Type, Value};
use std::sync::Arc;

/// A row of the table.
#[derive(Clone)]
pub struct Case {
    /// What is asked about.
    pub op: Arc<dyn Operation>,
    /// Ops of one input between the first input and the op, for rewrite rules that look at neighbours.
    pub before: Vec<Arc<dyn Operation>>,
    /// Ops of one input behind the op's first output, likewise.
    pub behind: Vec<Arc<dyn Operation>>,
    /// Types of its inputs, and what they hold.
    pub inputs: Vec<(Type, Fill)>,
    /// How exact the results must be.
    pub tolerance: Tolerance,
    /// Also a benchmark.
    pub timed: bool,
    /// The input by which the op has no gradient, though it is a float.
    pub fixed: Option<usize>,
    /// Its data has kinks or ties: no finite differences.
    pub kinked: bool,
    /// Its gradient cancels in f32: only the values are compared.
    pub forward_only: bool,
}

/// A row's op with a loss behind it.
pub struct GradientGraph {
    /// The op, its loss and its gradients.
    pub graph: Graph,
    /// The op's inputs, and the loss's weights.
    pub inputs: Vec<Value>,
    /// What they hold.
    pub data: Vec<Tensor>,
    /// The inputs that are floats.
    pub floats: Vec<Value>,
    /// The loss's gradient by each of them; then the output, where ops are behind the row's own.
    pub gradients: Vec<Value>,
}

/// An op; see [`Case::on`].
pub fn case(op: impl Operation) -> Case {
    Case {
        op: Arc::new(op),
        before: Vec::new(),
        behind: Vec::new(),
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
    pub fn on(mut self, shapes: &[&[usize]]) -> Self {
        self.inputs.extend(shapes.iter().map(|&s| (Type::f32(s), Fill::Signed)));
        self
    }

    /// The first input comes out of this op.
    pub fn after(mut self, op: impl Operation) -> Self {
        self.before.push(Arc::new(op));
        self
    }

    /// The first output goes into this op, and what is asked for is its output.
    pub fn then(mut self, op: impl Operation) -> Self {
        self.behind.push(Arc::new(op));
        self
    }

    /// One more input: class indices below `classes`.
    pub fn index(mut self, shape: &[usize], classes: usize) -> Self {
        self.inputs.push((Type::i32(shape), Fill::Index(classes)));
        self
    }

    /// One more input: truth values.
    pub fn truths(mut self, shape: &[usize]) -> Self {
        self.inputs.push((Type { shape: shape.into(), dtype: DType::Bool }, Fill::Index(2)));
        self
    }

    /// One more input: bytes.
    pub fn bytes(mut self, shape: &[usize]) -> Self {
        self.inputs.push((Type { shape: shape.into(), dtype: DType::U8 }, Fill::Byte));
        self
    }

    /// All float inputs hold this instead.
    pub fn filled(mut self, fill: Fill) -> Self {
        for input in &mut self.inputs {
            if input.0.dtype == DType::F32 {
                input.1 = fill;
            }
        }
        self.kinked |= matches!(fill, Fill::Ties | Fill::Halves | Fill::Extreme | Fill::Huge);
        self
    }

    /// How exact the results must be; exact unless said.
    pub fn within(mut self, tolerance: Tolerance) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// Also a benchmark.
    pub fn timed(mut self) -> Self {
        self.timed = true;
        self
    }

    /// The op has no gradient by this input, though it is a float: a target.
    pub fn fixed(mut self, input: usize) -> Self {
        self.fixed = Some(input);
        self
    }

    /// Its data has kinks or NaN: no finite differences.
    pub fn kinked(mut self) -> Self {
        self.kinked = true;
        self
    }

    /// Compares values only, where f32 cancels in the gradient whatever the kernel.
    pub fn forward_only(mut self) -> Self {
        self.forward_only = true;
        self
    }

    /// What to call it in a message: enough to find the row.
    pub fn label(&self) -> String {
        let shapes: Vec<String> = self.inputs.iter().map(|(ty, _)| ty.shape.to_string()).collect();
        let named = |ops: &[Arc<dyn Operation>], word: &str| {
            ops.iter().map(|op| format!(" {word} {} {}", op.name(), op.describe())).collect::<String>()
        };
        let (before, behind) = (named(&self.before, "after"), named(&self.behind, "then"));
        format!("{} {}{before}{behind} on {}", self.op.name(), self.op.describe(), shapes.join(" "))
    }

    /// The inputs' data: a function of the row alone.
    pub fn data(&self) -> Vec<Tensor> {
        self.inputs.iter().enumerate().map(|(i, (ty, fill))| filled(ty, *fill, i as u32)).collect()
    }

    /// A graph of this op alone (and its neighbours), its inputs named `x0`, `x1`, …; inputs and outputs.
    ///
    /// # Panics
    /// The inputs do not fit the op, which a test would have found.
    pub fn graph(&self) -> (Graph, Vec<Value>, Vec<Value>) {
        self.placed().unwrap_or_else(|error| panic!("{}: {error}", self.label()))
    }

    /// As [`graph`](Self::graph).
    ///
    /// # Errors
    /// The inputs do not fit the op.
    pub fn placed(&self) -> Result<(Graph, Vec<Value>, Vec<Value>), Error> {
        let mut graph = Graph::new();
        let named = self.inputs.iter().enumerate().map(|(i, (ty, _))| graph.input(&format!("x{i}"), ty.clone()));
        let inputs = named.collect::<Result<Vec<Value>, Error>>()?;
        let mut operands = inputs.clone();
        for op in &self.before {
            operands[0] = graph.place("before", op.clone(), &operands[..1])?[0];
        }
        let mut outputs = graph.place("y", self.op.clone(), &operands)?;
        for op in &self.behind {
            outputs = graph.place("behind", op.clone(), &outputs[..1])?;
        }
        Ok((graph, inputs, outputs))
    }

    /// The graph with a loss behind the first output: the sum of y * w for fixed random w. `None` when the op
    /// says that it has no gradient.
    pub fn gradient_graph(&self) -> Option<GradientGraph> {
        if self.forward_only {
            return None;
        }
        let (mut graph, mut inputs, outputs) = self.graph();
        let free = inputs.iter().enumerate().filter(|&(i, _)| self.fixed != Some(i)).map(|(_, &v)| v);
        let floats: Vec<Value> = free.filter(|&v| graph.ty(v).dtype == DType::F32).collect();
        let ty = graph.ty(outputs[0]).clone();
        if ty.dtype != DType::F32 {
            return None;
        }
        let weights = graph.input("w", ty.clone()).expect("no other is called so");
        let loss = graph.push1("loss", Weighted, &[outputs[0], weights]).expect("same shape");
        inputs.push(weights);
        let mut data = self.data();
        data.push(filled(&ty, Fill::Signed, 99));
        match graph.gradients(loss, &floats) {
            Ok(mut gradients) => {
                // Some rules fuse both ways or not at all.
                if !self.behind.is_empty() {
                    gradients.push(outputs[0]);
                }
                Some(GradientGraph { graph, inputs, data, floats, gradients })
            }
            Err(graph::Error::NoGradient { .. }) => None,
            Err(error) => panic!("{}: {error}", self.label()),
        }
    }
}
