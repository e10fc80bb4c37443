//! Transposed convolution in one to three spatial axes: the data gradient of a convolution, used as an op of its own.
//!
//! Its gradients are therefore a convolution and a convolution's weight gradient with x and dy exchanged, and all three
//! run on the kernels of `conv.rs`. A bias is an addition behind it.

use crate::graph::{Graph, Value};
use crate::ops::{Binary, Conv, ConvDweight, ConvDx, Reshape};
use crate::{Backward, Error, Io, Layouts, Misfit, Negotiation, Operation, Tensor, Type, Wide, Window, misfit};
use cpu_reference::spatial;
use gpu_core::{Candidate, Caps};

/// y `[n, k, …]` from x `[n, c, …]` and weight `[c, k/groups, …]`: each x adds weight * x under its window. Inputs: x,
/// weight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ConvTranspose {
    /// Kernel, stride, dilation and padding of the convolution whose gradient this is.
    pub window: Window,
    /// Groups that channels are divided into.
    pub groups: usize,
    /// Lengthens the output at its end, less than the stride; `[d, h, w]`, 0 on missing axes.
    pub output_padding: [usize; 3],
}

impl ConvTranspose {
    /// Without groups or output padding.
    pub fn new(window: Window) -> Self {
        ConvTranspose { window, groups: 1, output_padding: [0; 3] }
    }

    /// Places it in a graph, with the addition of `bias` `[k]` behind it if there is one.
    ///
    /// # Errors
    /// When the shapes do not fit.
    pub fn place(
        self,
        graph: &mut Graph,
        name: &str,
        x: Value,
        weight: Value,
        bias: Option<Value>,
    ) -> Result<Value, Error> {
        let y = graph.push1(name, self, &[x, weight])?;
        let Some(bias) = bias else { return Ok(y) };
        let mut shape = vec![1; graph.ty(y).shape.len()];
        shape[1] = graph.ty(bias).shape.count();
        let bias = graph.push1(&format!("{name}.bias"), Reshape { shape: shape.into() }, &[bias])?;
        graph.push1(&format!("{name}.sum"), Binary::Add, &[y, bias])
    }

    fn conv(&self) -> Conv {
        Conv { groups: self.groups, ..Conv::new(self.window) }
    }

    /// The data gradient that makes y.
    fn gradient(&self, y: Type) -> ConvDx {
        ConvDx { conv: self.conv(), x: y, pool: false, slope: None }
    }
}

impl Operation for ConvTranspose {
    fn name(&self) -> &'static str {
        "conv_transpose"
    }

    fn outputs(&self, inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        super::axes::floats(inputs)?;
        let [x, weight] = inputs else { misfit!("needs x and weight, got {} inputs", inputs.len()) };
        let (x, weight) = (&x.shape, &weight.shape);
        if !(3..=5).contains(&x.len()) || weight.len() != x.len() {
            misfit!("needs x [n, c, …] and weight [c, k, …] with one to three spatial axes, got {x} and {weight}");
        }
        if self.groups == 0 || x[1] % self.groups != 0 || weight[0] != x[1] {
            misfit!(
                "x {x} with {} groups needs weight [{}, k, …] and groups that divide {}, got {weight}",
                self.groups,
                x[1],
                x[1]
            );
        }
        if spatial(weight) != self.window.kernel {
            misfit!("weight {weight} does not have the kernel {:?}", self.window.kernel);
        }
        if (0..3).any(|axis| self.output_padding[axis] >= self.window.stride[axis].max(1)) {
            misfit!("output_padding {:?} must be less than the stride {:?}", self.output_padding, self.window.stride);
        }
        let fits = self.window.dilation.iter().chain(&self.window.stride).all(|&step| step > 0);
        match self.window.output_transposed(spatial(x), self.output_padding).filter(|_| fits) {
            Some(size) => {
                let mut shape = vec![x[0], weight[1] * self.groups];
                shape.extend(&size[5 - x.len()..]);
                Ok(vec![Type::f32(shape)])
            }
            None => misfit!("nothing of {x} is left: {:?} crops more than the kernel adds", self.window),
        }
    }

    fn backward(&self, at: &mut Backward<'_>) -> Result<(), Error> {
        let dy = at.dy()?;
        let (x, weight) = (at.input(0), at.input(1));
        if at.wants(0) {
            let dx = at.push(self.conv(), &[dy, weight])?;
            at.give(0, dx);
        }
        if at.wants(1) {
            let weight = at.graph().ty(weight).clone();
            let op = ConvDweight { conv: self.conv(), weight, bias: false, pool: false };
            let dweight = at.push(op, &[dy, x])?;
            at.give(1, dweight);
        }
        Ok(())
    }

    fn layouts(&self, at: &Negotiation<'_>) -> Layouts {
        self.gradient(at.outputs[0].clone()).layouts(at)
    }

    fn lower(&self, io: &Io, caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        self.gradient(io.outputs[0].ty.clone()).lower(io, caps)
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        let (window, groups) = (&self.window, self.groups);
        vec![cpu_reference::conv_transpose(inputs[0], inputs[1], None, window, groups, self.output_padding)]
    }

    fn compute(&self, inputs: &[&Tensor]) -> Option<Vec<Tensor>> {
        let y = self.outputs(&[&inputs[0].ty(), &inputs[1].ty()]).ok()?.swap_remove(0);
        self.gradient(y).compute(inputs)
    }

    fn flops(&self, inputs: &[&Type], outputs: &[&Type]) -> u64 {
        self.gradient(outputs[0].clone()).flops(inputs, outputs)
    }

    fn describe(&self) -> String {
        let padding = match self.output_padding {
            [0, 0, 0] => String::new(),
            padding => format!(", output padding {padding:?}"),
        };
        self.conv().describe() + &padding
    }
}
