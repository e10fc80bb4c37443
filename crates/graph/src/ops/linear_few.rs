//! What the rewrite rules make of a linear layer of few outputs whose batch lies innermost: with the cross-entropy of its
//! outputs one node, and all its gradients one node.

use crate::ops::{CrossEntropy, UnaryDx, unary::activation};
use crate::{Io, Layouts, Misfit, Negotiation, Operation, Type, Wide, misfit};
use cpu_reference::Unary as Function;
use gpu_core::kernels::{activation::Activation, linear_few as kernel};
use gpu_core::{Candidate, Caps, Layout, Order};

/// A linear layer, the cross-entropy of its outputs and its gradient by them. Inputs: x `[n, in]`, weight `[out, in]`, labels
/// `[n]`, bias `[out]` if there is one. Outputs: losses, correct, dlogits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LinearCrossEntropy {
    /// Its options.
    pub cross_entropy: CrossEntropy,
    /// The gradient by each loss.
    pub dloss: f32,
}

/// Gradients of a linear layer. Inputs: x, dy, and with `dx` weight. Outputs: dx if asked for, dweight, and dbias if there
/// is a bias.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LinearGradients {
    /// The gradient by x is asked for.
    pub dx: bool,
    /// It is multiplied by this function's slope, told by its result x.
    pub slope: Option<Function>,
    /// There is a bias.
    pub bias: bool,
}

/// The kernels' problem.
pub(crate) fn problem(x: &[usize], outputs: usize, bias: bool) -> Result<kernel::LinearFew, Misfit> {
    match *x {
        [n, inputs] => Ok(kernel::LinearFew { n, inputs, outputs, bias }),
        _ => misfit!("needs x [n, in], got {x:?}"),
    }
}

/// The kernels know one order.
fn lies_inner(io: &Io) -> Result<(), Misfit> {
    match io.inputs[0].layout.order {
        Order::FirstInner => Ok(()),
        Order::Plain => misfit!("what it takes over needs the batch innermost"),
    }
}

impl LinearCrossEntropy {
    fn logits(inputs: &[&Wide]) -> Wide {
        cpu_reference::linear(inputs[0], inputs[1], inputs.get(3).copied())
    }
}

impl Operation for LinearCrossEntropy {
    fn name(&self) -> &'static str {
        "linear_cross_entropy"
    }

    fn outputs(&self, inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        if !(3..=4).contains(&inputs.len()) {
            misfit!("needs x, weight, labels, and bias if there is one; got {} inputs", inputs.len());
        }
        let ([n, features], [outputs, wanted]) = (inputs[0].shape.axes()?, inputs[1].shape.axes()?);
        if features != wanted || inputs.get(3).is_some_and(|bias| *bias.shape != [outputs]) {
            misfit!("x {}, weight {} and bias do not fit each other", inputs[0], inputs[1]);
        }
        let logits = Type::f32([n, outputs]);
        let (losses, _) = self.cross_entropy.check(&[&logits, inputs[2]], 2)?;
        if *inputs[2] == logits {
            misfit!("needs labels, got probabilities {logits}");
        }
        Ok(vec![losses.clone(), losses, logits])
    }

    fn layouts(&self, at: &Negotiation<'_>) -> Layouts {
        let bias = at.inputs.get(3).map(|_| Layout::PLAIN);
        Layouts {
            inputs: [Layout::FIRST_INNER; 3].into_iter().chain(bias).collect(),
            outputs: vec![Layout::FIRST_INNER; 3],
        }
    }

    fn lower(&self, io: &Io, caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        lies_inner(io)?;
        let problem = problem(io.x(0), io.x(1)[0], io.inputs.len() > 3)?;
        if !problem.fits(caps) {
            misfit!("a layer of {} outputs with its loss needs subgroups of 8", problem.outputs);
        }
        Ok(problem.losses(self.cross_entropy.label_smoothing, self.cross_entropy.ignore_index, self.dloss))
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        let logits = Self::logits(inputs);
        let dlosses = Wide::from_elem(inputs[2].raw_dim(), f64::from(self.dloss));
        let mut outputs = self.cross_entropy.losses(&logits, inputs[2], None);
        outputs.push(self.cross_entropy.dlogits(&logits, inputs[2], &dlosses, None));
        outputs
    }

    fn flops(&self, inputs: &[&Type], _outputs: &[&Type]) -> u64 {
        let outputs = inputs[1].shape.first().copied().unwrap_or(1);
        2 * (inputs[0].shape.count() * outputs) as u64
    }

    fn describe(&self) -> String {
        self.cross_entropy.text()
    }
}

impl Operation for LinearGradients {
    fn name(&self) -> &'static str {
        "linear_gradients"
    }

    fn outputs(&self, inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        if inputs.len() != 2 + usize::from(self.dx) {
            misfit!("needs x, dy{}, got {} inputs", if self.dx { " and weight" } else { "" }, inputs.len());
        }
        let ([n, features], [rows, outputs]) = (inputs[0].shape.axes()?, inputs[1].shape.axes()?);
        if n != rows || self.dx && *inputs[2].shape != [outputs, features] {
            misfit!("x {}, dy {} and weight do not fit each other", inputs[0], inputs[1]);
        }
        let dx = self.dx.then(|| inputs[0].clone());
        let dbias = self.bias.then(|| Type::f32([outputs]));
        Ok(dx.into_iter().chain([Type::f32([outputs, features])]).chain(dbias).collect())
    }

    fn layouts(&self, at: &Negotiation<'_>) -> Layouts {
        let parts = problem(&at.inputs[0].shape, 1, false).map_or(1, |problem| problem.parts()) as u32;
        let dx = self.dx.then_some(Layout::FIRST_INNER);
        let gradients = [Layout { order: Order::FirstInner, parts }, Layout { order: Order::Plain, parts }];
        Layouts {
            inputs: vec![Layout::FIRST_INNER; at.inputs.len()],
            outputs: dx.into_iter().chain(gradients).take(at.outputs.len()).collect(),
        }
    }

    fn lower(&self, io: &Io, caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        lies_inner(io)?;
        let problem = problem(io.x(0), io.x(1)[1], self.bias)?;
        if !problem.gradients_fit(caps) {
            misfit!("all gradients of {} outputs at once: a launch that needs subgroups of 8", problem.outputs);
        }
        Ok(problem.gradients(self.dx, self.slope.map_or(Ok(Activation::NONE), activation)?))
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        let (x, dy) = (inputs[0], inputs[1]);
        let mut gradients = Vec::new();
        if self.dx {
            let dx = cpu_reference::linear_dx(dy, inputs[2]);
            gradients.push(match self.slope {
                Some(function) => UnaryDx(function).reference(&[x, &dx]).remove(0),
                None => dx,
            });
        }
        gradients.push(cpu_reference::linear_dweight(x, dy));
        gradients.extend(self.bias.then(|| cpu_reference::linear_dbias(dy)));
        gradients
    }

    fn flops(&self, inputs: &[&Type], _outputs: &[&Type]) -> u64 {
        let outputs = inputs[1].shape.last().copied().unwrap_or(1);
        2 * (1 + u64::from(self.dx)) * (inputs[0].shape.count() * outputs) as u64
    }

    fn describe(&self) -> String {
        self.slope.map_or(String::new(), |function| format!("slope of {function:?}"))
    }
}
