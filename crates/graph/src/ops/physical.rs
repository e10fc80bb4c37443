//! Axes of values as they lie in their buffers: what the strided kernels of broadcasting and reduction need to know.

use gpu_core::Order;
use gpu_core::kernels::runs::Run;

/// Axes in buffer order, outermost first, and for a padded innermost one how much of it holds values. A padded axis
/// that is reduced has the length of its values, a kept one that of the buffer.
pub(super) fn axes_of(shape: &[usize], order: Order, reduced: impl Fn(usize) -> bool) -> (Vec<Run>, Option<usize>) {
    let first_inner = order == Order::FirstInner && !shape.is_empty();
    let mut order: Vec<usize> = (0..shape.len()).collect();
    if first_inner {
        order.rotate_left(1);
    }
    let mut stride = 1;
    let mut runs = Vec::new();
    for &axis in order.iter().rev() {
        let padded = if first_inner && axis == 0 { shape[0].next_multiple_of(4) } else { shape[axis] };
        let len = if reduced(axis) { shape[axis] } else { padded };
        runs.push(Run { len, stride, reduced: reduced(axis) });
        stride *= padded;
    }
    runs.reverse();
    (runs, (first_inner && !reduced(0)).then(|| shape[0]))
}

/// Strides of an operand of this shape and order along the axes, in buffer order, of a y of `rank` axes that lies in
/// `y`; 0 where the operand stretches. One that lies first-inner has y's first axis.
pub(super) fn strides(shape: &[usize], order: Order, rank: usize, y: Order) -> Vec<usize> {
    let (runs, _) = axes_of(shape, order, |_| false);
    let mut logical: Vec<usize> = runs.iter().map(|r| r.stride).collect();
    if order == Order::FirstInner && !shape.is_empty() {
        logical.rotate_right(1);
    }
    for (axis, stride) in logical.iter_mut().enumerate() {
        if shape[axis] == 1 && (axis > 0 || order == Order::Plain) {
            *stride = 0;
        }
    }
    let mut strides = vec![0; rank - shape.len()];
    strides.extend(logical);
    if y == Order::FirstInner {
        strides.rotate_left(1);
    }
    strides
}
