//! What all poolings share: the shape rule of sliding windows, the kernel's problem, the choice of layout.

use crate::ops::conv::{too_large, window_text};
use crate::ops::physical::axes_of;
use crate::{DType, Io, Layouts, Misfit, Negotiation, Operand, Shape, Type, Window, misfit};
use cpu_reference::spatial;
use gpu_core::kernels::pool::{Pool, Windows};
use gpu_core::kernels::reduce;
use gpu_core::{Candidate, Caps, Layout};

/// x `[n, c, …]` of f32 with one to three spatial axes.
pub(crate) fn check_x(x: &Type) -> Result<(), Misfit> {
    if x.dtype != DType::F32 || !(3..=5).contains(&x.shape.len()) {
        misfit!("needs x [n, c, …] of f32 with one to three spatial axes, got {x}");
    }
    Ok(())
}

/// Type of what a sliding window makes of x; with `ceil_mode` a last window may hang over the end.
pub(crate) fn pooled(x: &Type, window: &Window, ceil_mode: bool) -> Result<Type, Misfit> {
    check_x(x)?;
    let input = spatial(&x.shape);
    let output = if ceil_mode { window.output_ceil(input) } else { window.output(input) };
    let output = output.ok_or_else(|| too_large(window, &x.shape))?;
    Ok(Type::f32(with_spatial(&x.shape, output)))
}

/// `[n, c, …]` of x with these spatial lengths, lifted to three.
pub(crate) fn with_spatial(x: &[usize], output: [usize; 3]) -> Shape {
    let mut shape = x[..2].to_vec();
    shape.extend(&output[5 - x.len()..]);
    shape.into()
}

/// The kernel's problem between these two operands.
pub(crate) fn sliding(x: &Operand, y: &Operand, window: &Window) -> Pool {
    let Window { kernel, stride, dilation, pads } = *window;
    problem(x, y, Windows::Sliding { kernel, stride, dilation, pads })
}

/// The kernel's problem between these two operands.
pub(crate) fn problem(x: &Operand, y: &Operand, windows: Windows) -> Pool {
    let shape = &x.ty.shape;
    let (input, output) = (spatial(shape), spatial(&y.ty.shape));
    Pool { n: shape[0], c: shape[1], input, output, windows, order: x.layout.order }
}

/// One mean a channel, as a reduction: many invocations share a large window.
pub(crate) fn whole_mean(io: &Io, caps: &Caps) -> Vec<Candidate> {
    let (axes, valid) = axes_of(io.x(0), io.inputs[0].layout.order, |axis| axis >= 2);
    reduce::Reduce { function: reduce::Function::MEAN, axes, valid }.candidates(caps).unwrap_or_default()
}

/// As the first input lies, or as the program prefers where nobody has laid it out: kernels take either order.
pub(crate) fn layouts(at: &Negotiation<'_>) -> Layouts {
    let order = at.current.iter().flatten().next().map_or(at.prefer, |layout| layout.order);
    let layout = Layout { order, parts: 1 };
    Layouts { inputs: vec![layout; at.inputs.len()], outputs: vec![layout; at.outputs.len()] }
}

/// `2×2, stride 2×2, ceil`.
pub(crate) fn describe(window: &Window, ceil_mode: bool) -> String {
    window_text(window) + if ceil_mode { ", ceil" } else { "" }
}
