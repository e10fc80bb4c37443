//! Products of matrices whose leading axes broadcast (numpy's and ONNX's matmul), with optional transposes.
//!
//! The gradient is a product again, summed over the axes that an operand lacked: `MatmulReduced`.

use crate::ops::Reshape;
use crate::{Backward, DType, Error, Io, Misfit, Operation, Shape, Tensor, Type, Value, Wide, cpu, misfit};
use gpu_core::kernels::matmul as kernel;
use gpu_core::{Arg, Candidate, Caps};

/// y = a b. Inputs: a `[…, i, k]`, b `[…, k, j]`; y is `[…, i, j]`. An operand with one axis is a row (a) or a column
/// (b), and y lacks that axis; transposes do not apply to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Matmul {
    /// `a` is given as `[…, k, i]`.
    pub trans_a: bool,
    /// `b` is given as `[…, j, k]`.
    pub trans_b: bool,
}

/// y = a b, summed to `shape` over the leading axes that it lacks or has as 1. Operands have two axes or more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatmulReduced {
    /// The product.
    pub product: Matmul,
    /// Shape of y.
    pub shape: Shape,
}

/// The matrices of operands and product: a `[…, i, k]`, b `[…, k, j]`, batches broadcast.
struct Lifted {
    a: Vec<usize>,
    b: Vec<usize>,
    batch: Vec<usize>,
    i: usize,
    j: usize,
    k: usize,
}

impl Matmul {
    fn lift(self, a: &[usize], b: &[usize]) -> Result<(Matmul, Lifted), Misfit> {
        let product = Matmul { trans_a: self.trans_a && a.len() > 1, trans_b: self.trans_b && b.len() > 1 };
        let row = |a: &[usize]| if a.len() == 1 { vec![1, a[0]] } else { a.to_vec() };
        let column = |b: &[usize]| if b.len() == 1 { vec![b[0], 1] } else { b.to_vec() };
        if a.is_empty() || b.is_empty() {
            misfit!("needs operands of one axis or more, got a {a:?} and b {b:?}: multiply by a scalar with mul");
        }
        let (a, b) = (row(a), column(b));
        let (a_batch, a_matrix) = a.split_at(a.len() - 2);
        let (b_batch, b_matrix) = b.split_at(b.len() - 2);
        let (i, depth) = if product.trans_a { (a_matrix[1], a_matrix[0]) } else { (a_matrix[0], a_matrix[1]) };
        let (j, k) = if product.trans_b { (b_matrix[0], b_matrix[1]) } else { (b_matrix[1], b_matrix[0]) };
        if depth != k {
            misfit!("a {a:?} has rows of {depth}, b {b:?} has columns of {k}; they must be equal ({})", self.text());
        }
        let Some(batch) = cpu_reference::broadcast_shape(a_batch, b_batch) else {
            misfit!("the leading axes of a {a:?} and b {b:?} do not broadcast: they must be equal or 1");
        };
        Ok((product, Lifted { a: a.clone(), b: b.clone(), batch, i, j, k }))
    }

    fn text(self) -> &'static str {
        match (self.trans_a, self.trans_b) {
            (false, false) => "a b",
            (true, false) => "aᵀ b",
            (false, true) => "a bᵀ",
            (true, true) => "aᵀ bᵀ",
        }
    }

    fn candidates(self, io: &Io, shape: Option<&[usize]>, caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        let (product, lifted) = self.lift(io.x(0), io.x(1))?;
        let batch = shape.map_or(lifted.batch.as_slice(), |y| &y[..y.len() - 2]);
        Ok(problem(product, &lifted, batch)?.candidates(caps))
    }
}

impl Matmul {
    /// The product on the CPU; summed over the leading axes that `kept` lacks or has as 1, where it is given.
    fn compute_to(self, inputs: &[&Tensor], kept: Option<&[usize]>) -> Option<Vec<f32>> {
        let (product, lifted) = self.lift(inputs[0].shape(), inputs[1].shape()).ok()?;
        let kept = kept.unwrap_or(&lifted.batch);
        let of = |shape: &[usize]| cpu::products::places(&lifted.batch, &shape[..shape.len() - 2]);
        let mut pairs = vec![Vec::new(); kept.iter().product()];
        let operands = of(&lifted.a).into_iter().zip(of(&lifted.b));
        for (y, operands) in cpu::products::places(&lifted.batch, kept).into_iter().zip(operands) {
            pairs[y].push(operands);
        }
        let [a, b] = [inputs[0].as_f32().ok()?, inputs[1].as_f32().ok()?];
        let size = [lifted.i, lifted.j, lifted.k];
        let (a, b) = ((a, product.trans_a), (b, product.trans_b));
        Some(cpu::products::Batched { a, b, size, pairs }.multiply())
    }
}

/// A leading axis of the product: its length, whether y has it, and an operand's stride along it.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Axis {
    length: usize,
    kept: bool,
    a: usize,
    b: usize,
}

/// The leading axes, those merged along which both operands go on in the same step.
fn axes(lifted: &Lifted, kept: &[usize]) -> Vec<Axis> {
    let rank = lifted.batch.len();
    let strides = |shape: &[usize]| {
        let matrix: usize = shape[shape.len() - 2..].iter().product();
        let own = &shape[..shape.len() - 2];
        let mut strides = vec![0; rank];
        let mut stride = matrix;
        for (axis, &length) in own.iter().enumerate().rev() {
            strides[rank - own.len() + axis] = if length == 1 { 0 } else { stride };
            stride *= length;
        }
        strides
    };
    let (a, b) = (strides(&lifted.a), strides(&lifted.b));
    let mut axes: Vec<Axis> = Vec::new();
    for axis in 0..rank {
        let at = axis + kept.len();
        let kept = lifted.batch[axis] == 1 || at >= rank && kept[at - rank] != 1;
        let next = Axis { length: lifted.batch[axis], kept, a: a[axis], b: b[axis] };
        if next.length == 1 {
            continue;
        }
        let (length, goes_on) = (next.length, |outer: usize, inner: usize| outer == inner * next.length);
        match axes.last_mut() {
            Some(last) if last.kept == next.kept && goes_on(last.a, next.a) && goes_on(last.b, next.b) => {
                *last = Axis { length: last.length * length, ..next };
            }
            _ => axes.push(next),
        }
    }
    axes
}

/// The kernels' problem; y has the leading axes `kept`.
fn problem(product: Matmul, lifted: &Lifted, kept: &[usize]) -> Result<kernel::Matmul, Misfit> {
    let axes = axes(lifted, kept);
    let (kept, summed): (Vec<Axis>, Vec<Axis>) = axes.into_iter().partition(|axis| axis.kept);
    if kept.len() > 3 || summed.len() > 2 {
        let (a, b) = (&lifted.a, &lifted.b);
        misfit!("the leading axes of a {a:?} and b {b:?} broadcast in more than three turns: reshape or expand one");
    }
    fn of<const N: usize>(axes: &[Axis], missing: usize, field: impl Fn(&Axis) -> usize) -> [usize; N] {
        let mut all = [missing; N];
        all[N - axes.len()..].iter_mut().zip(axes).for_each(|(to, axis)| *to = field(axis));
        all
    }
    let pitch = |shape: &[usize]| shape[shape.len() - 1];
    let mut a = kernel::Matrix::new(Arg::Input(0), product.trans_a, pitch(&lifted.a));
    (a.batch, a.sum) = (of(&kept, 0, |axis| axis.a), of(&summed, 0, |axis| axis.a));
    let mut b = kernel::Matrix::new(Arg::Input(1), product.trans_b, pitch(&lifted.b));
    (b.batch, b.sum) = (of(&kept, 0, |axis| axis.b), of(&summed, 0, |axis| axis.b));
    let mut problem = kernel::Matmul::new([lifted.i, lifted.j, lifted.k], a, b);
    problem.batch = of(&kept, 1, |axis| axis.length);
    problem.sums = of(&summed, 1, |axis| axis.length);
    Ok(problem)
}

fn floats(inputs: &[&Type]) -> Result<(), Misfit> {
    if inputs.iter().any(|ty| ty.dtype != DType::F32) {
        misfit!("needs two f32, got {} and {}", inputs[0], inputs[1]);
    }
    Ok(())
}

impl Operation for Matmul {
    fn name(&self) -> &'static str {
        "matmul"
    }

    fn outputs(&self, inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        floats(inputs)?;
        let (product, lifted) = self.lift(&inputs[0].shape, &inputs[1].shape)?;
        problem(product, &lifted, &lifted.batch)?;
        let mut shape = lifted.batch.clone();
        shape.extend((inputs[0].shape.len() > 1).then_some(lifted.i));
        shape.extend((inputs[1].shape.len() > 1).then_some(lifted.j));
        Ok(vec![Type::f32(shape)])
    }

    fn backward(&self, at: &mut Backward<'_>) -> Result<(), Error> {
        let dy = at.dy()?;
        let shapes = [0, 1].map(|i| at.graph().ty(at.input(i)).shape.clone());
        let (product, lifted) = self.lift(&shapes[0], &shapes[1]).expect("the shape rule accepted them");
        let Matmul { trans_a, trans_b } = product;
        let whole =
            |at: &mut Backward<'_>, value: Value, shape: Vec<usize>| match *at.graph().ty(value).shape == shape[..] {
                true => Ok(value),
                false => at.push(Reshape { shape: shape.into() }, &[value]),
            };
        let a = whole(at, at.input(0), lifted.a.clone())?;
        let b = whole(at, at.input(1), lifted.b.clone())?;
        let dy = whole(at, dy, [&lifted.batch[..], &[lifted.i, lifted.j]].concat())?;
        let sides = [
            if trans_a { ((trans_b, true), [b, dy]) } else { ((false, !trans_b), [dy, b]) },
            if trans_b { ((true, trans_a), [dy, a]) } else { ((!trans_a, false), [a, dy]) },
        ];
        for (i, ((trans_a, trans_b), operands)) in sides.into_iter().enumerate() {
            if at.wants(i) {
                let shape = if i == 0 { &lifted.a } else { &lifted.b };
                let op = MatmulReduced { product: Matmul { trans_a, trans_b }, shape: shape.clone().into() };
                let gradient = at.push(op, &operands)?;
                let gradient = whole(at, gradient, shapes[i].to_vec())?;
                at.give(i, gradient);
            }
        }
        Ok(())
    }

    fn lower(&self, io: &Io, caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        self.candidates(io, None, caps)
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        vec![cpu_reference::matmul(inputs[0], inputs[1], self.trans_a, self.trans_b)]
    }

    fn compute(&self, inputs: &[&Tensor]) -> Option<Vec<Tensor>> {
        let y = self.outputs(&[&inputs[0].ty(), &inputs[1].ty()]).ok()?.swap_remove(0);
        Some(vec![cpu::tensor(y.shape, self.compute_to(inputs, None)?)])
    }

    fn flops(&self, inputs: &[&Type], _outputs: &[&Type]) -> u64 {
        flops(*self, inputs)
    }

    fn describe(&self) -> String {
        self.text().into()
    }
}

fn flops(product: Matmul, inputs: &[&Type]) -> u64 {
    product
        .lift(&inputs[0].shape, &inputs[1].shape)
        .map_or(0, |(_, lifted)| 2 * (lifted.batch.iter().product::<usize>() * lifted.i * lifted.j * lifted.k) as u64)
}

impl Operation for MatmulReduced {
    fn name(&self) -> &'static str {
        "matmul_reduced"
    }

    fn outputs(&self, inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        floats(inputs)?;
        let (product, lifted) = self.product.lift(&inputs[0].shape, &inputs[1].shape)?;
        problem(product, &lifted, &self.shape[..self.shape.len() - 2])?;
        Ok(vec![Type::f32(self.shape.clone())])
    }

    fn lower(&self, io: &Io, caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        self.product.candidates(io, Some(&self.shape), caps)
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        let Matmul { trans_a, trans_b } = self.product;
        let y = cpu_reference::matmul(inputs[0], inputs[1], trans_a, trans_b);
        vec![cpu_reference::reduce_to_shape(&y, &self.shape)]
    }

    fn compute(&self, inputs: &[&Tensor]) -> Option<Vec<Tensor>> {
        let y = self.product.compute_to(inputs, Some(&self.shape[..self.shape.len() - 2]))?;
        Some(vec![cpu::tensor(self.shape.clone(), y)])
    }

    fn flops(&self, inputs: &[&Type], _outputs: &[&Type]) -> u64 {
        flops(self.product, inputs)
    }

    fn describe(&self) -> String {
        format!("{} to {}", self.product.text(), self.shape)
    }
}
