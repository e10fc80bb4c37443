//! Convolution in one to three spatial axes (cross-correlation, as PyTorch and ONNX define it), with bias, activation
//! and 2×2 max pooling in the same launch. Its gradients are in `conv_gradient.rs`.

use crate::ops::{ConvDweight, ConvDx, UnaryDx, unary::activation};
use crate::{
    Backward, DType, Error, Io, Layouts, Misfit, Negotiation, Operation, Tensor, Type, Wide, Window, cpu, misfit,
};
use cpu_reference::{Unary as Function, spatial};
use gpu_core::kernels::{activation::Activation, conv as kernel, conv_inner};
use gpu_core::{Candidate, Caps, Layout, Order};

/// y = f(conv(x, weight) + bias). Inputs: x `[n, c, …]`, weight `[k, c/groups, …]`, bias `[k]` if there is one.
///
/// With `pool`, y is max pooled 2×2, and a second output holds the place of each winner in its block (0 to 3 in row
/// order, the first among equals): the rewrite rules make this form, and its gradient is theirs too.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Conv {
    /// Kernel, stride, dilation and padding; the kernel must be the weight's.
    pub window: Window,
    /// Groups that channels are divided into.
    pub groups: usize,
    /// Applied to the sum; with pooling, a function that never falls.
    pub activation: Option<Function>,
    /// Max pooled 2×2.
    pub pool: bool,
}

impl Conv {
    /// A convolution without groups or activation.
    pub fn new(window: Window) -> Self {
        Conv { window, groups: 1, activation: None, pool: false }
    }

    /// Whether the batch-innermost kernels can run it.
    pub(crate) fn inner(&self, x: &[usize], weight: &[usize], caps: &Caps) -> bool {
        let output = self.window.output(spatial(x)).unwrap_or_default();
        let poolable = !self.pool || (output[1] >= 2 && output[2] >= 2);
        poolable && self.problem(x, weight, false).is_ok_and(|problem| conv_inner::fits(&problem, caps))
    }

    /// The layout of its images: batch-innermost where the program prefers that and the kernels can.
    pub(crate) fn order(&self, x: &[usize], weight: &[usize], prefer: Order, caps: &Caps) -> Layout {
        let inner = (prefer == Order::FirstInner || self.pool) && self.inner(x, weight, caps);
        if inner { Layout::FIRST_INNER } else { Layout::PLAIN }
    }

    /// With batch-innermost kernels; `slope` belongs to the data gradient.
    pub(crate) fn problem_inner(
        &self,
        x: &[usize],
        weight: &[usize],
        bias: bool,
        slope: Option<Function>,
    ) -> Result<conv_inner::ConvInner, Misfit> {
        let slope = slope.map_or(Ok(Activation::NONE), activation)?;
        Ok(conv_inner::ConvInner { conv: self.problem(x, weight, bias)?, pool: self.pool, slope })
    }

    pub(crate) fn problem(&self, x: &[usize], weight: &[usize], bias: bool) -> Result<kernel::Conv, Misfit> {
        let input = spatial(x);
        let output = self.window.output(input).ok_or_else(|| too_large(&self.window, x))?;
        Ok(kernel::Conv {
            n: x[0],
            c: x[1],
            k: weight[0],
            groups: self.groups,
            input,
            output,
            kernel: self.window.kernel,
            stride: self.window.stride,
            dilation: self.window.dilation,
            pad: self.window.pads.map(|p| p[0]),
            bias,
            activation: self.activation.map_or(Ok(Activation::NONE), activation)?,
        })
    }

    pub(crate) fn text(&self) -> String {
        let mut text = window_text(&self.window);
        if self.groups > 1 {
            text += &format!(", groups {}", self.groups);
        }
        if let Some(f) = self.activation {
            text += &format!(", {f:?}");
        }
        if self.pool {
            text += ", max pool 2×2";
        }
        text
    }
}

/// Why a window does not fit.
pub(crate) fn too_large(window: &Window, x: &[usize]) -> Misfit {
    let at = 3 - (x.len() - 2);
    Misfit(format!(
        "the kernel {:?} with dilation {:?} and stride {:?} does not fit into x {x:?} padded by {:?}",
        &window.kernel[at..],
        &window.dilation[at..],
        &window.stride[at..],
        &window.pads[at..],
    ))
}

/// `5×5, stride 2×2, pads 1 1 1 1`: what differs from the default.
pub(crate) fn window_text(window: &Window) -> String {
    let by = |v: &[usize]| v.iter().map(usize::to_string).collect::<Vec<_>>().join("×");
    let at = if window.kernel[0] == 1 { 1 } else { 0 };
    let mut text = by(&window.kernel[at..]);
    if window.stride != [1; 3] {
        text += &format!(", stride {}", by(&window.stride[at..]));
    }
    if window.dilation != [1; 3] {
        text += &format!(", dilation {}", by(&window.dilation[at..]));
    }
    if window.pads != [[0; 2]; 3] {
        text += &format!(", pads {:?}", &window.pads[at..]);
    }
    text
}

impl Operation for Conv {
    fn name(&self) -> &'static str {
        "conv"
    }

    fn outputs(&self, inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        let (x, weight) = (&inputs[0].shape, &inputs[1].shape);
        if !(3..=5).contains(&x.len()) || weight.len() != x.len() {
            misfit!("needs x [n, c, …] and weight [k, c, …] with one to three spatial axes, got {x} and {weight}");
        }
        let (groups, k) = (self.groups, weight[0]);
        if groups == 0 || x[1] % groups != 0 || k % groups != 0 {
            misfit!("{groups} groups do not divide {} channels of x and {k} of weight {weight}", x[1]);
        }
        if weight[1] * groups != x[1] {
            let wants = weight[1] * groups;
            misfit!("weight {weight} wants {wants} channels with {groups} groups, x {x} has {}", x[1]);
        }
        if spatial(weight) != self.window.kernel {
            misfit!("weight {weight} does not have the kernel {:?}", self.window.kernel);
        }
        if let Some(bias) = inputs.get(2).filter(|b| *b.shape != [k]) {
            misfit!("bias {} must be [{k}], one for each output channel", bias.shape);
        }
        let problem = self.problem(x, weight, false)?;
        let mut shape = vec![x[0], k];
        shape.extend(&problem.output[5 - x.len()..]);
        if !self.pool {
            return Ok(vec![Type::f32(shape)]);
        }
        let [n, k, p, q] = shape[..] else { misfit!("pooling needs x [n, c, h, w], got {x}") };
        if p < 2 || q < 2 {
            misfit!("y [{n}, {k}, {p}, {q}] is too small for 2×2 pooling");
        }
        let y = Type::f32([n, k, p / 2, q / 2]);
        Ok(vec![y.clone(), y.with(DType::U8)])
    }

    fn backward(&self, at: &mut Backward<'_>) -> Result<(), Error> {
        if self.pool {
            return at.refuse("rewrite rules make this form, behind differentiation");
        }
        let mut dy = at.dy()?;
        if let Some(function) = self.activation {
            dy = at.push(UnaryDx(function), &[at.output(0), dy])?;
        }
        let plain = Conv { activation: None, ..*self };
        let (x, weight) = (at.input(0), at.input(1));
        if at.wants(0) {
            let shape = at.graph().ty(x).clone();
            let dx = at.push(ConvDx { conv: plain, x: shape, pool: false, slope: None }, &[dy, weight])?;
            at.give(0, dx);
        }
        let bias = at.inputs() > 2 && at.wants(2);
        if at.wants(1) || bias {
            let shape = at.graph().ty(weight).clone();
            let op = ConvDweight { conv: plain, weight: shape, bias, pool: false };
            let gradients = at.push_all(op, &[x, dy])?;
            at.give(1, gradients[0]);
            if bias {
                at.give(2, gradients[1]);
            }
        }
        Ok(())
    }

    fn layouts(&self, at: &Negotiation<'_>) -> Layouts {
        let (x, weight) = (&at.inputs[0].shape, &at.inputs[1].shape);
        let layout = self.order(x, weight, at.prefer, at.caps);
        let mut inputs = vec![layout; 2];
        if self.problem(x, weight, false).is_ok_and(|problem| problem.wants_first_inner_weight(at.caps)) {
            inputs[1] = Layout::FIRST_INNER;
        }
        inputs.resize(at.inputs.len(), Layout::PLAIN);
        Layouts { inputs, outputs: vec![layout; at.outputs.len()] }
    }

    fn lower(&self, io: &Io, caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        let bias = io.inputs.len() > 2;
        match io.outputs[0].layout.order {
            Order::FirstInner => Ok(self.problem_inner(io.x(0), io.x(1), bias, None)?.candidates(caps)),
            Order::Plain if self.pool => misfit!("pooling in the same launch needs subgroups of 8"),
            Order::Plain => Ok(self.problem(io.x(0), io.x(1), bias)?.candidates(io.inputs[1].layout.order, caps)),
        }
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        let mut y = cpu_reference::conv(inputs[0], inputs[1], inputs.get(2).copied(), &self.window, self.groups);
        let mut outputs = Vec::new();
        if self.pool {
            let halves = Window::square(2, 2, 0);
            let width = y.shape()[3];
            // From a flat position in y to a place in its block.
            let place = |at: f64| (at as usize / width % y.shape()[2] % 2 * 2 + at as usize % width % 2) as f64;
            outputs.push(cpu_reference::max_pool_indices(&y, &halves, false).mapv(place));
            y = cpu_reference::max_pool(&y, &halves, false);
        }
        outputs.insert(0, self.activation.map_or_else(|| y.clone(), |f| cpu_reference::unary(f, &y)));
        outputs
    }

    fn compute(&self, inputs: &[&Tensor]) -> Option<Vec<Tensor>> {
        let (x, weight) = (inputs[0], inputs[1]);
        if self.pool {
            return None; // made for devices only
        }
        let bias = inputs.get(2).map(|bias| bias.as_f32()).transpose().ok()?;
        let output = self.window.output(spatial(x.shape()))?;
        let mut shape = vec![x.shape()[0], weight.shape()[0]];
        shape.extend(&output[5 - x.shape().len()..]);
        let conv = cpu::conv::Conv::between(x.shape(), &shape, &self.window, self.groups);
        let y = cpu::tensor(shape, conv.forward(x.as_f32().ok()?, weight.as_f32().ok()?, bias));
        match self.activation {
            Some(function) => crate::ops::Unary(function).compute(&[&y]),
            None => Some(vec![y]),
        }
    }

    fn flops(&self, inputs: &[&Type], _outputs: &[&Type]) -> u64 {
        self.problem(&inputs[0].shape, &inputs[1].shape, false).map_or(0, |p| p.flops())
    }

    fn describe(&self) -> String {
        self.text()
    }
}
