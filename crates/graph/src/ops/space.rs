//! Shuffles between channels and pixels: `depth_to_space` (PyTorch's pixel shuffle) and `space_to_depth`, each other's
//! gradient. One strided move either way.

use crate::ops::axes::{common_length, follow, launches, lengths_and_strides, too_many_axes, words};
use crate::{Backward, Error, Io, Layouts, Misfit, Negotiation, Operand, Operation, Type, Wide, misfit};
use cpu_reference::ShuffleOrder;
use gpu_core::kernels::strided_copy::{Axis, StridedCopy};
use gpu_core::{Arg, Candidate, Caps};

/// `[n, c * block², h, w]` to `[n, c, h * block, w * block]`. PyTorch's `pixel_shuffle` is `Crd`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DepthToSpace {
    /// Pixels of a block along each axis.
    pub block: usize,
    /// How the channels of a block are ordered.
    pub order: ShuffleOrder,
}

/// `[n, c, h * block, w * block]` to `[n, c * block², h, w]`. PyTorch's `pixel_unshuffle` is `Crd`, ONNX's
/// `SpaceToDepth` `Dcr`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpaceToDepth {
    /// Pixels of a block along each axis.
    pub block: usize,
    /// How the channels of a block are ordered.
    pub order: ShuffleOrder,
}

/// The axes n, c, h, row in block, w, column in block: their distances where pixels are deep, and where they are wide.
fn blocks(deep: &Operand, wide: &Operand, block: usize, order: ShuffleOrder) -> Vec<[i64; 3]> {
    let ((_, from), (_, to)) = (lengths_and_strides(deep), lengths_and_strides(wide));
    let [c, h, w] = [wide.ty.shape[1], deep.ty.shape[2], deep.ty.shape[3]];
    // Channels of the deep side between neighbours along channel, row and column.
    let (channel, row, column) = match order {
        ShuffleOrder::Dcr => (1, block * c, c),
        ShuffleOrder::Crd => (block * block, block, 1),
    };
    let axes = [
        [common_length(deep, wide, 0), from[0], to[0]],
        [c, channel * from[1], to[1]],
        [h, from[2], block * to[2]],
        [block, row * from[1], to[2]],
        [w, from[3], block * to[3]],
        [block, column * from[1], to[3]],
    ];
    axes.map(|axis| axis.map(|v| v as i64)).to_vec()
}

fn moved(axes: impl Iterator<Item = [i64; 3]>, shape: &[usize]) -> Result<Vec<Candidate>, Misfit> {
    let axes = axes.map(|[len, x, y]| Axis { len: len as usize, x, y }).collect();
    let launch = StridedCopy { axes, x_start: 0, y_start: 0 }.launch(Arg::Input(0), Arg::Output(0));
    Ok(launches("strided_copy", vec![launch.ok_or_else(|| too_many_axes(shape))?]))
}

fn follows(at: &Negotiation<'_>) -> Layouts {
    let layout = follow(at, 0);
    Layouts { inputs: vec![layout], outputs: vec![layout] }
}

impl Operation for DepthToSpace {
    fn name(&self) -> &'static str {
        "depth_to_space"
    }

    fn outputs(&self, inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        words(inputs[0])?;
        let [n, c, h, w] = inputs[0].shape.axes()?;
        let b = self.block;
        if b == 0 || c % (b * b) != 0 {
            misfit!("blocks of {b}×{b} do not divide the {c} channels of {}", inputs[0].shape);
        }
        Ok(vec![Type { shape: [n, c / (b * b), h * b, w * b].into(), dtype: inputs[0].dtype }])
    }

    fn backward(&self, at: &mut Backward<'_>) -> Result<(), Error> {
        let dy = at.dy()?;
        let dx = at.push(SpaceToDepth { block: self.block, order: self.order }, &[dy])?;
        at.give(0, dx);
        Ok(())
    }

    fn layouts(&self, at: &Negotiation<'_>) -> Layouts {
        follows(at)
    }

    fn lower(&self, io: &Io, _caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        moved(blocks(&io.inputs[0], &io.outputs[0], self.block, self.order).into_iter(), io.x(0))
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        vec![cpu_reference::depth_to_space(inputs[0], self.block, self.order)]
    }

    fn flops(&self, _inputs: &[&Type], _outputs: &[&Type]) -> u64 {
        0
    }

    fn describe(&self) -> String {
        format!("{} {:?}", self.block, self.order)
    }
}

impl Operation for SpaceToDepth {
    fn name(&self) -> &'static str {
        "space_to_depth"
    }

    fn outputs(&self, inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        words(inputs[0])?;
        let [n, c, h, w] = inputs[0].shape.axes()?;
        let b = self.block;
        if b == 0 || h % b != 0 || w % b != 0 {
            misfit!("blocks of {b}×{b} do not divide the pixels of {}", inputs[0].shape);
        }
        Ok(vec![Type { shape: [n, c * b * b, h / b, w / b].into(), dtype: inputs[0].dtype }])
    }

    fn backward(&self, at: &mut Backward<'_>) -> Result<(), Error> {
        let dy = at.dy()?;
        let dx = at.push(DepthToSpace { block: self.block, order: self.order }, &[dy])?;
        at.give(0, dx);
        Ok(())
    }

    fn layouts(&self, at: &Negotiation<'_>) -> Layouts {
        follows(at)
    }

    fn lower(&self, io: &Io, _caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        let axes = blocks(&io.outputs[0], &io.inputs[0], self.block, self.order);
        moved(axes.into_iter().map(|[len, deep, wide]| [len, wide, deep]), io.x(0))
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        vec![cpu_reference::space_to_depth(inputs[0], self.block, self.order)]
    }

    fn flops(&self, _inputs: &[&Type], _outputs: &[&Type]) -> u64 {
        0
    }

    fn describe(&self) -> String {
        format!("{} {:?}", self.block, self.order)
    }
}
