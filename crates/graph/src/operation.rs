//! What an op is: shape rule, gradient, lowering to kernels, CPU reference. One file an op under `ops/`.

use crate::{Backward, Error, Misfit, Tensor, Type};
use gpu_core::{Candidate, Caps, Layout, Order};
use std::any::Any;
use std::fmt::Debug;

/// Host values as the reference sees them.
pub type Wide = cpu_reference::Tensor;

/// A unit of meaning. Implementations are plain data: two equal ops on equal inputs give equal outputs.
pub trait Operation: Any + Debug + Send + Sync {
    /// Stem of the op's files, as PyTorch or ONNX name it.
    fn name(&self) -> &'static str;

    /// Shape rule: types of the outputs, or why the inputs do not fit.
    fn outputs(&self, inputs: &[&Type]) -> Result<Vec<Type>, Misfit>;

    /// Appends the gradient: gives each input that wants one its share. Ops without one say so.
    fn backward(&self, at: &mut Backward<'_>) -> Result<(), Error> {
        at.refuse("lenslet defines none for it; use it for inference only")
    }

    /// Physical layouts that it takes and makes, when the program prefers `at.prefer`. Plain unless overridden.
    fn layouts(&self, at: &Negotiation<'_>) -> Layouts {
        Layouts { inputs: vec![Layout::PLAIN; at.inputs.len()], outputs: vec![Layout::PLAIN; at.outputs.len()] }
    }

    /// Kernels that could run it, best guess first. An error says which limit of the device is in the way.
    fn lower(&self, io: &Io, caps: &Caps) -> Result<Vec<Candidate>, Misfit>;

    /// The op in f64 over row-major arrays: what every kernel is checked against.
    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide>;

    /// The op on the CPU in f32 on all cores (see `cpu/`), which trains where there is no device; `None` where only the
    /// reference has it. Checked against the reference like a kernel.
    fn compute(&self, _inputs: &[&Tensor]) -> Option<Vec<Tensor>> {
        None
    }

    /// Arithmetic, multiply and add counted as two.
    fn flops(&self, _inputs: &[&Type], outputs: &[&Type]) -> u64 {
        outputs.first().map_or(0, |y| y.shape.count() as u64)
    }

    /// Pairs (output, input): the kernel updates this input in place, as this output. The input is a state.
    fn in_place(&self) -> Vec<(usize, usize)> {
        Vec::new()
    }

    /// The output is the input under another shape: no data moves, no kernel runs.
    fn is_view(&self) -> bool {
        false
    }

    /// Attributes as `explain` prints them.
    fn describe(&self) -> String {
        String::new()
    }
}

/// What an op may consider when it states its layouts.
pub struct Negotiation<'a> {
    /// Types of the inputs.
    pub inputs: &'a [&'a Type],
    /// Types of the outputs.
    pub outputs: &'a [&'a Type],
    /// How each input lies; `None` for a parameter that nobody has laid out yet.
    pub current: &'a [Option<Layout>],
    /// The order that the program prefers.
    pub prefer: Order,
    /// The device.
    pub caps: &'a Caps,
}

impl Negotiation<'_> {
    /// The first input's layout for every operand: right for ops that work element by element. Inputs of another
    /// shape than the first output stay plain, and force plain on the rest.
    pub fn elementwise(&self) -> Layouts {
        let shape = &self.outputs[0].shape;
        let alike = self.inputs.iter().chain(self.outputs).all(|t| t.shape == *shape);
        let unlaid = self.current.iter().all(Option::is_none) && self.prefer == Order::FirstInner;
        let inner = unlaid || self.current.iter().flatten().any(|l| l.order == Order::FirstInner);
        let layout = if alike && inner && !shape.is_empty() { Layout::FIRST_INNER } else { Layout::PLAIN };
        Layouts { inputs: vec![layout; self.inputs.len()], outputs: vec![layout; self.outputs.len()] }
    }

    /// `prefer` for every operand.
    pub fn preferred(&self) -> Layouts {
        let layout = Layout { order: self.prefer, parts: 1 };
        Layouts { inputs: vec![layout; self.inputs.len()], outputs: vec![layout; self.outputs.len()] }
    }
}

/// Physical layouts of an op's operands.
#[derive(Clone, Debug, PartialEq)]
pub struct Layouts {
    /// One for each input; the plan converts where a value lies otherwise.
    pub inputs: Vec<Layout>,
    /// One for each output.
    pub outputs: Vec<Layout>,
}

/// An operand as a kernel meets it.
#[derive(Clone, Debug, PartialEq)]
pub struct Operand {
    /// Shape and dtype.
    pub ty: Type,
    /// How it lies.
    pub layout: Layout,
}

impl Operand {
    /// Elements in the buffer, padding and parts included.
    pub fn elements(&self) -> usize {
        self.layout.elements(&self.ty.shape)
    }

    /// Bytes in the buffer, whole `vec4`s.
    pub fn bytes(&self) -> u64 {
        self.ty.dtype.bytes(self.elements()).next_multiple_of(16).max(16)
    }
}

/// Operands of a node that is being lowered.
#[derive(Clone, Debug, PartialEq)]
pub struct Io {
    /// In op order.
    pub inputs: Vec<Operand>,
    /// In op order.
    pub outputs: Vec<Operand>,
}

impl Io {
    /// Shape of an input.
    pub fn x(&self, i: usize) -> &[usize] {
        &self.inputs[i].ty.shape
    }

    /// Shape of an output.
    pub fn y(&self, i: usize) -> &[usize] {
        &self.outputs[i].ty.shape
    }
}
