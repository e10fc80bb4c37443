//! Losses as users know them: an op for the loss of each place, then PyTorch's reduction. And losses made of other ops.

use crate::graph::{Graph, Value};
use crate::ops::{Binary, CrossEntropy, Loss, Reduce, TargetWeight};
use crate::{DType, Error, Tensor};
use cpu_reference::{Loss as Kind, Reduction};

impl Graph {
    /// Cross-entropy of logits `[n, c, …]` against labels `[n, …]` or probabilities `[n, c, …]`, with class weights `[c]`
    /// if there are any: the loss, reduced, and for each place whether its class was hit, `[n, …]` of 0 and 1.
    ///
    /// The mean over labels divides by the sum of their weights, ignored ones weighing nothing; the mean over
    /// probabilities divides by the number of places.
    pub fn cross_entropy(
        &mut self,
        name: &str,
        options: CrossEntropy,
        inputs: &[Value],
        reduction: Reduction,
    ) -> Result<(Value, Value), Error> {
        let outputs = self.push(name, options, inputs)?;
        let (losses, correct) = (outputs[0], outputs[1]);
        let (logits, targets, weight) = (inputs[0], inputs[1], &inputs[2..]);
        let uneven = options.ignore_index.is_some() || !weight.is_empty();
        if reduction != Reduction::Mean || !uneven || self.ty(targets).dtype != DType::I32 {
            return Ok((self.reduced(name, losses, reduction)?, correct));
        }
        let op = TargetWeight { classes: self.ty(logits).shape[1], ignore_index: options.ignore_index };
        let weights = self.push1(&format!("{name}.weights"), op, &[&[targets], weight].concat())?;
        let divisor = self.push1(&format!("{name}.weight"), Reduce::sum(&[]), &[weights])?;
        let sum = self.push1(&format!("{name}.sum"), Reduce::sum(&[]), &[losses])?;
        Ok((self.push1(&format!("{name}.mean"), Binary::Div, &[sum, divisor])?, correct))
    }

    /// A loss of `x` against a target of the same shape, number by number, reduced.
    pub fn loss(
        &mut self,
        name: &str,
        kind: Kind,
        x: Value,
        target: Value,
        reduction: Reduction,
    ) -> Result<Value, Error> {
        let losses = self.push1(name, Loss(kind), &[x, target])?;
        self.reduced(name, losses, reduction)
    }

    /// Dice loss of probabilities `x [n, c, …]` against a target of the same shape, reduced from `[n, c]`:
    /// 1 - (2 sum of x t + smooth) / (sum of x + sum of t + smooth) over the places of each plane.
    pub fn dice_loss(
        &mut self,
        name: &str,
        x: Value,
        target: Value,
        smooth: f32,
        reduction: Reduction,
    ) -> Result<Value, Error> {
        let (shape, other) = (self.ty(x).shape.clone(), self.ty(target).shape.clone());
        if shape != other || shape.len() < 3 {
            let why = format!("needs x [n, c, …] with places and a target of its shape, got {shape} and {other}");
            return Err(Error::Op { op: "dice_loss", node: name.to_string(), why });
        }
        let axes: Vec<usize> = (2..shape.len()).collect();
        let mut node = |part: &str, op: Binary, a, b| self.push1(&format!("{name}.{part}"), op, &[a, b]);
        let (products, both) = (node("products", Binary::Mul, x, target)?, node("both", Binary::Add, x, target)?);
        let common = self.push1(&format!("{name}.common"), Reduce::sum(&axes), &[products])?;
        let areas = self.push1(&format!("{name}.areas"), Reduce::sum(&axes), &[both])?;
        let smooth = self.constant(&format!("{name}.smooth"), Tensor::f32([], vec![smooth])?);
        let one = self.constant(&format!("{name}.one"), Tensor::f32([], vec![1.0])?);
        let mut node = |part: &str, op: Binary, a, b| self.push1(&format!("{name}.{part}"), op, &[a, b]);
        let twice = node("twice", Binary::Add, common, common)?;
        let overlap = node("overlap", Binary::Add, twice, smooth)?;
        let total = node("total", Binary::Add, areas, smooth)?;
        let share = node("share", Binary::Div, overlap, total)?;
        let losses = node("losses", Binary::Sub, one, share)?;
        self.reduced(name, losses, reduction)
    }

    /// `losses` under PyTorch's reduction. The batch mean divides by the length of the first axis.
    fn reduced(&mut self, name: &str, losses: Value, reduction: Reduction) -> Result<Value, Error> {
        match reduction {
            Reduction::None => Ok(losses),
            Reduction::Mean => self.push1(&format!("{name}.mean"), Reduce::mean(&[]), &[losses]),
            Reduction::Sum => self.push1(&format!("{name}.sum"), Reduce::sum(&[]), &[losses]),
            Reduction::BatchMean => {
                let n = self.ty(losses).shape.first().copied().unwrap_or(1);
                let sum = self.push1(&format!("{name}.sum"), Reduce::sum(&[]), &[losses])?;
                let n = self.constant(&format!("{name}.batch"), Tensor::f32([], vec![n as f32])?);
                self.push1(&format!("{name}.batch_mean"), Binary::Div, &[sum, n])
            }
        }
    }
}
