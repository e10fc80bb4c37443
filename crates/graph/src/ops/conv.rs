//! Convolution in one to three spatial axes (cross-correlation, as PyTorch and ONNX define it), with bias and
//! activation in the same launch.

use crate::ops::{UnaryDx, unary::activation};
use crate::{Backward, Error, Io, Misfit, Operation, Type, Wide, Window, misfit};
use cpu_reference::{Unary as Function, spatial};
use gpu_core::kernels::{activation::Activation, conv as kernel};
use gpu_core::{Candidate, Caps};

/// y = f(conv(x, weight) + bias). Inputs: x `[n, c, …]`, weight `[k, c/groups, …]`, bias `[k]` if there is one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Conv {
    /// Kernel, stride, dilation and padding; the kernel must be the weight's.
    pub window: Window,
    /// Groups that channels are divided into.
    pub groups: usize,
    /// Applied to the sum.
    pub activation: Option<Function>,
}

impl Conv {
    /// A convolution without groups or activation.
    pub fn new(window: Window) -> Self {
        Conv { window, groups: 1, activation: None }
    }

    fn problem(&self, x: &[usize], weight: &[usize], bias: bool) -> Result<kernel::Conv, Misfit> {
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

    fn text(&self) -> String {
        let mut text = window_text(&self.window);
        if self.groups > 1 {
            text += &format!(", groups {}", self.groups);
        }
        if let Some(f) = self.activation {
            text += &format!(", {f:?}");
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
        Ok(vec![Type::f32(shape)])
    }

    fn backward(&self, at: &mut Backward<'_>) -> Result<(), Error> {
        let mut dy = at.dy()?;
        if let Some(function) = self.activation {
            dy = at.push(UnaryDx(function), &[at.output(0), dy])?;
        }
        let plain = Conv { activation: None, ..*self };
        let (x, weight) = (at.input(0), at.input(1));
        if at.wants(0) {
            let shape = at.graph().ty(x).clone();
            let dx = at.push(ConvDx { conv: plain, x: shape }, &[dy, weight])?;
            at.give(0, dx);
        }
        let bias = at.inputs() > 2 && at.wants(2);
        if at.wants(1) || bias {
            let shape = at.graph().ty(weight).clone();
            let op = ConvDweight { conv: plain, weight: shape, bias };
            let gradients = at.push_all(op, &[x, dy])?;
            at.give(1, gradients[0]);
            if bias {
                at.give(2, gradients[1]);
            }
        }
        Ok(())
    }

    fn lower(&self, io: &Io, _caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        Ok(self.problem(io.x(0), io.x(1), io.inputs.len() > 2)?.candidates())
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        let y = cpu_reference::conv(inputs[0], inputs[1], inputs.get(2).copied(), &self.window, self.groups);
        vec![match self.activation {
            Some(function) => cpu_reference::unary(function, &y),
            None => y,
        }]
    }

    fn flops(&self, inputs: &[&Type], _outputs: &[&Type]) -> u64 {
        self.problem(&inputs[0].shape, &inputs[1].shape, false).map_or(0, |p| p.flops())
    }

    fn describe(&self) -> String {
        self.text()
    }
}

/// Gradient of a convolution by x. Inputs: dy, weight.
#[derive(Clone, Debug, PartialEq)]
pub struct ConvDx {
    /// The convolution.
    pub conv: Conv,
    /// Type of x.
    pub x: Type,
}

impl Operation for ConvDx {
    fn name(&self) -> &'static str {
        "conv_dx"
    }

    fn outputs(&self, _inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        Ok(vec![self.x.clone()])
    }

    fn lower(&self, io: &Io, _caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        Ok(self.conv.problem(io.y(0), io.x(1), false)?.dx_candidates())
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        vec![cpu_reference::conv_dx(inputs[0], inputs[1], &self.x.shape, &self.conv.window, self.conv.groups)]
    }

    fn flops(&self, inputs: &[&Type], outputs: &[&Type]) -> u64 {
        self.conv.problem(&outputs[0].shape, &inputs[1].shape, false).map_or(0, |p| p.flops())
    }

    fn describe(&self) -> String {
        self.conv.text()
    }
}

/// Gradients of a convolution by weight and bias. Inputs: x, dy. Outputs: dweight, dbias if there is a bias.
#[derive(Clone, Debug, PartialEq)]
pub struct ConvDweight {
    /// The convolution.
    pub conv: Conv,
    /// Type of weight.
    pub weight: Type,
    /// There is a bias.
    pub bias: bool,
}

impl Operation for ConvDweight {
    fn name(&self) -> &'static str {
        "conv_dweight"
    }

    fn outputs(&self, _inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        let bias = Type::f32([self.weight.shape[0]]);
        Ok(if self.bias { vec![self.weight.clone(), bias] } else { vec![self.weight.clone()] })
    }

    fn lower(&self, io: &Io, _caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        Ok(self.conv.problem(io.x(0), io.y(0), self.bias)?.dweight_candidates())
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        let (window, groups) = (&self.conv.window, self.conv.groups);
        let mut gradients = vec![cpu_reference::conv_dweight(inputs[0], inputs[1], &self.weight.shape, window, groups)];
        if self.bias {
            gradients.push(cpu_reference::conv_dbias(inputs[1]));
        }
        gradients
    }

    fn flops(&self, inputs: &[&Type], _outputs: &[&Type]) -> u64 {
        self.conv.problem(&inputs[0].shape, &self.weight.shape, false).map_or(0, |p| p.flops())
    }

    fn describe(&self) -> String {
        self.conv.text()
    }
}
