//! What random rows are made of, a strategy an op family. Each row knows how it would be written in the table.
//!
//! Lengths are small and odd ones are likely; windows and their strides stay few, since each may be a text of its own that
//! the driver compiles.

use cases::{Case, Fill, Tolerance::*, case};
use graph::ops::*;
use graph::{BinaryFunction as B, PadMode, ReduceFunction as R, SliceAxis, UnaryFunction as F, Window};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

/// A row, and its text.
#[derive(Clone)]
pub(crate) struct Row {
    pub(crate) case: Case,
    text: String,
}

impl std::fmt::Debug for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{},", self.text)
    }
}

/// A row of any family.
pub(crate) fn row() -> impl Strategy<Value = Row> {
    prop_oneof![
        4 => conv(),
        1 => conv_transpose(),
        3 => pool(),
        3 => matmul(),
        2 => linear(),
        2 => reduce(),
        2 => broadcast(),
        1 => softmax(),
        3 => moves(),
        1 => joins(),
        1 => norms(),
        1 => cross_entropy(),
    ]
    .prop_filter("the op takes these shapes", |row| row.case.placed().is_ok())
}

/// The op as its source says, on these shapes.
fn made(op: impl graph::Operation, source: String, shapes: &[Vec<usize>]) -> Row {
    let slices: Vec<&[usize]> = shapes.iter().map(Vec::as_slice).collect();
    let on = shapes.iter().map(|shape| format!("&{shape:?}")).collect::<Vec<_>>().join(", ");
    Row { case: case(op).on(&slices), text: format!("case({source}).on(&[{on}])") }
}

fn within(row: Row, k: usize) -> Row {
    Row { case: row.case.within(Sums(k)), text: format!("{}.within(Sums({k}))", row.text) }
}

fn length() -> impl Strategy<Value = usize> {
    prop_oneof![3 => 1usize..8, 1 => 8usize..20]
}

/// First axes: from one image to more than two vec4s of them.
fn batch() -> impl Strategy<Value = usize> {
    prop_oneof![4 => 1usize..7, 1 => 15usize..19, 1 => 31usize..35]
}

/// A window and the lengths of the axes under it.
#[derive(Clone, Debug)]
struct Slide {
    window: Window,
    source: String,
    lengths: Vec<usize>,
    taps: usize,
}

fn slide(axes: std::ops::Range<usize>, most: usize) -> impl Strategy<Value = Slide> {
    let axis = (1..=most, 1usize..4, 1usize..3, 0usize..3, 0usize..3, 0usize..7);
    vec(axis, axes).prop_map(|axes| {
        let kernel: Vec<usize> = axes.iter().map(|axis| axis.0).collect();
        let stride: Vec<usize> = axes.iter().map(|axis| axis.1).collect();
        let dilation: Vec<usize> = axes.iter().map(|axis| axis.2).collect();
        let pads: Vec<[usize; 2]> = axes.iter().map(|axis| [axis.3.min(axis.0 - 1), axis.4.min(axis.0 - 1)]).collect();
        let lengths = axes.iter().map(|axis| (axis.0 - 1) * axis.2 + 1 + axis.5).collect();
        Slide {
            window: Window::new(&kernel).stride(&stride).dilation(&dilation).pads(&pads),
            source: format!("Window::new(&{kernel:?}).stride(&{stride:?}).dilation(&{dilation:?}).pads(&{pads:?})"),
            taps: kernel.iter().product(),
            lengths,
        }
    })
}

fn shape(front: &[usize], lengths: &[usize]) -> Vec<usize> {
    [front, lengths].concat()
}

fn conv() -> impl Strategy<Value = Row> {
    let parts = (slide(1..4, 3), batch(), 1usize..4, 1usize..5, 1usize..6, any::<bool>(), any::<bool>());
    parts.prop_map(|(slide, n, groups, c, k, bias, relu)| {
        let Slide { window, source, lengths, taps } = slide;
        let kernel = &window.kernel[3 - lengths.len()..];
        let activation = relu.then_some(F::Relu);
        let op = Conv { groups, activation, ..Conv::new(window) };
        let named = if relu { "Some(F::Relu)" } else { "None" };
        let source = format!("Conv {{ groups: {groups}, activation: {named}, ..Conv::new({source}) }}");
        let mut shapes = vec![shape(&[n, c * groups], &lengths), shape(&[k * groups, c], kernel)];
        shapes.extend(bias.then(|| vec![k * groups]));
        within(made(op, source, &shapes), c * taps + 2)
    })
}

fn conv_transpose() -> impl Strategy<Value = Row> {
    let parts = (slide(1..3, 3), batch(), 1usize..3, 1usize..5, 1usize..5, vec(0usize..2, 3));
    parts.prop_map(|(slide, n, groups, c, k, more)| {
        let Slide { window, source, lengths, taps } = slide;
        let kernel = &window.kernel[3 - lengths.len()..];
        let mut output_padding = [0; 3];
        for axis in 3 - lengths.len()..3 {
            output_padding[axis] = more[axis].min(window.stride[axis] - 1);
        }
        let op = ConvTranspose { groups, output_padding, ..ConvTranspose::new(window) };
        let source = format!(
            "ConvTranspose {{ groups: {groups}, output_padding: {output_padding:?}, ..ConvTranspose::new({source}) }}"
        );
        let shapes = [shape(&[n, c * groups], &lengths), shape(&[c * groups, k], kernel)];
        within(made(op, source, &shapes), c * taps + 2)
    })
}

fn pool() -> impl Strategy<Value = Row> {
    let parts = (slide(1..4, 3), batch(), 1usize..4, 0usize..3, any::<bool>(), any::<bool>(), any::<bool>());
    parts.prop_map(|(slide, n, c, kind, ceil_mode, count_include_pad, ties)| {
        let Slide { window, source, lengths, taps } = slide;
        let shapes = [shape(&[n, c], &lengths)];
        let row = match kind {
            0 => {
                let source = format!("MaxPool {{ ceil_mode: {ceil_mode}, ..MaxPool::new({source}) }}");
                made(MaxPool { ceil_mode, ..MaxPool::new(window) }, source, &shapes)
            }
            1 => {
                let op = AveragePool { ceil_mode, count_include_pad, ..AveragePool::new(window) };
                let source = format!(
                    "AveragePool {{ ceil_mode: {ceil_mode}, count_include_pad: {count_include_pad}, \
                     ..AveragePool::new({source}) }}"
                );
                made(op, source, &shapes)
            }
            _ => {
                let source = format!("LpPool {{ ceil_mode: {ceil_mode}, ..LpPool::new({source}) }}");
                made(LpPool { ceil_mode, ..LpPool::new(window) }, source, &shapes)
            }
        };
        let row = within(row, taps + 9);
        if kind == 0 && ties {
            return Row { case: row.case.filled(Fill::Ties), text: format!("{}.filled(Fill::Ties)", row.text) };
        }
        row
    })
}

fn matmul() -> impl Strategy<Value = Row> {
    let leading = vec((1usize..4, any::<bool>(), any::<bool>()), 0..3);
    let side = || prop_oneof![3 => length(), 1 => 30usize..70];
    (leading, side(), side(), side(), any::<bool>(), any::<bool>()).prop_map(|(leading, i, k, j, trans_a, trans_b)| {
        let of = |own: fn(&(usize, bool, bool)) -> bool, matrix: [usize; 2], turned: bool| {
            let mut shape: Vec<usize> = leading.iter().map(|axis| if own(axis) { axis.0 } else { 1 }).collect();
            shape.extend(if turned { [matrix[1], matrix[0]] } else { matrix });
            shape
        };
        let shapes = [of(|axis| axis.1, [i, k], trans_a), of(|axis| axis.2 || !axis.1, [k, j], trans_b)];
        let source = format!("Matmul {{ trans_a: {trans_a}, trans_b: {trans_b} }}");
        within(made(Matmul { trans_a, trans_b }, source, &shapes), k + 2)
    })
}

fn linear() -> impl Strategy<Value = Row> {
    let side = || prop_oneof![3 => length(), 1 => 30usize..140];
    (batch(), side(), side(), any::<bool>()).prop_map(|(n, features, outputs, relu)| {
        let activation = relu.then_some(F::Relu);
        let named = if relu { "Some(F::Relu)" } else { "None" };
        let shapes = [vec![n, features], vec![outputs, features], vec![outputs]];
        within(made(Linear { activation }, format!("Linear {{ activation: {named} }}"), &shapes), features + 2)
    })
}

fn axes() -> impl Strategy<Value = (Vec<usize>, Vec<usize>)> {
    vec(length(), 1..5).prop_flat_map(|shape| {
        let all: Vec<usize> = (0..shape.len()).collect();
        (Just(shape), subsequence(all.clone(), 0..=all.len()))
    })
}

fn reduce() -> impl Strategy<Value = Row> {
    let functions = vec![R::Sum, R::Mean, R::Max, R::Min, R::L1, R::SumSquare, R::LogSumExp];
    (axes(), select(functions), any::<bool>()).prop_map(|((shape, axes), function, keepdims)| {
        let terms: usize = shape.iter().product();
        let source = format!("Reduce {{ keepdims: {keepdims}, ..Reduce::new(R::{function:?}, &{axes:?}) }}");
        let op = Reduce { keepdims, ..Reduce::new(function, &axes) };
        within(made(op, source, &[shape]), terms + 40)
    })
}

/// Two shapes of which each may lack axes, or have 1 where the other has more.
fn broadcast() -> impl Strategy<Value = Row> {
    let functions = vec![B::Add, B::Sub, B::Mul, B::Max, B::Min];
    (vec((length(), 0usize..4), 1..5), 0usize..4, select(functions)).prop_map(|(axes, missing, function)| {
        let a: Vec<usize> = axes.iter().map(|axis| if axis.1 == 1 { 1 } else { axis.0 }).collect();
        let b: Vec<usize> = axes.iter().map(|axis| if axis.1 == 2 { 1 } else { axis.0 }).collect();
        let terms: usize = axes.iter().map(|axis| axis.0).product();
        let b = b[missing.min(b.len())..].to_vec();
        within(made(Binary(function), format!("Binary(B::{function:?})"), &[a, b]), terms + 2)
    })
}

fn softmax() -> impl Strategy<Value = Row> {
    (vec(length(), 1..5), 0usize..4, any::<bool>()).prop_map(|(shape, axis, log)| {
        let axis = (axis % shape.len()) as isize;
        let row = match log {
            true => made(LogSoftmax { axis }, format!("LogSoftmax {{ axis: {axis} }}"), &[shape]),
            false => made(Softmax { axis }, format!("Softmax {{ axis: {axis} }}"), &[shape]),
        };
        Row { case: row.case.within(Largest(32)), text: format!("{}.within(Largest(32))", row.text) }
    })
}

fn moves() -> impl Strategy<Value = Row> {
    let axis = (length(), 1usize..4, -3isize..4, 0usize..3, -1isize..3, -1isize..3);
    (vec(axis, 1..5), 0usize..4, any::<u64>()).prop_map(|(axes, kind, order)| {
        let x: Vec<usize> = axes.iter().map(|axis| axis.0).collect();
        match kind {
            0 => {
                let mut perm: Vec<usize> = (0..x.len()).collect();
                for at in (1..perm.len()).rev() {
                    perm.swap(at, (order >> (8 * at)) as usize % (at + 1));
                }
                made(Transpose { perm: perm.clone() }, format!("Transpose {{ perm: vec!{perm:?} }}"), &[x])
            }
            1 => {
                let taken: Vec<SliceAxis> = axes.iter().map(|axis| taken(axis.0, axis.1, axis.2, axis.3)).collect();
                let source = format!("Slice {{ axes: vec!{taken:?} }}");
                made(Slice { axes: taken }, source, &[x])
            }
            2 => {
                let repeats: Vec<usize> = axes.iter().map(|axis| axis.1).collect();
                let row = made(Tile { repeats: repeats.clone() }, format!("Tile {{ repeats: vec!{repeats:?} }}"), &[x]);
                within(row, repeats.iter().product::<usize>() + 1)
            }
            _ => {
                let pads: Vec<[isize; 2]> = axes.iter().map(|axis| [axis.4, axis.5]).collect();
                let source = format!("Pad {{ pads: vec!{pads:?}, mode: PadMode::Constant(1.5) }}");
                made(Pad { pads, mode: PadMode::Constant(1.5) }, source, &[x])
            }
        }
    })
}

/// Elements of an axis, forward or backward.
fn taken(length: usize, len: usize, step: isize, start: usize) -> SliceAxis {
    let step = if step == 0 { 1 } else { step };
    let start = if step > 0 { start.min(length - 1) } else { length - 1 };
    let room = if step > 0 { length - 1 - start } else { start };
    SliceAxis { start, len: len.min(room / step.unsigned_abs() + 1), step }
}

fn joins() -> impl Strategy<Value = Row> {
    (vec(length(), 1..5), 0usize..4, vec(1usize..6, 1..5), any::<bool>()).prop_map(|(shape, axis, sizes, join)| {
        let axis = axis % shape.len();
        let with = |size: usize| {
            let mut shape = shape.clone();
            shape[axis] = size;
            shape
        };
        if join {
            let shapes: Vec<Vec<usize>> = sizes.iter().map(|&size| with(size)).collect();
            return made(Concat { axis }, format!("Concat {{ axis: {axis} }}"), &shapes);
        }
        let source = format!("Split {{ sizes: vec!{sizes:?}, axis: {axis} }}");
        let whole = with(sizes.iter().sum());
        made(Split { sizes, axis }, source, &[whole])
    })
}

// Rows of three numbers at least: of two that lie close, whatever comes before, the norm is 1 and -1, and their gradient
// is what is left when everything has cancelled.
fn norms() -> impl Strategy<Value = Row> {
    (batch(), 1usize..5, 1usize..4, vec(3usize..6, 1..3), 0usize..3).prop_map(|(n, c, groups, lengths, kind)| {
        let (n, channels) = (n + 1, c * groups);
        let x = shape(&[n, channels], &lengths);
        let each = || vec![channels];
        let row = match kind {
            0 => {
                // Running statistics are no signed numbers: what is added to them would cancel.
                let row =
                    made(BatchNorm::default(), "BatchNorm::default()".into(), &[x, each(), each(), each(), each()]);
                Row { case: row.case.filled(Fill::Positive), text: format!("{}.filled(Fill::Positive)", row.text) }
            }
            1 => {
                let source = format!("RowNorm::group_norm({groups}, 1e-5)");
                made(RowNorm::group_norm(groups, 1e-5), source, &[x, each(), each()])
            }
            _ => {
                let rest = x[1..].to_vec();
                made(RowNorm::layer_norm(1, 1e-5), "RowNorm::layer_norm(1, 1e-5)".into(), &[x, rest.clone(), rest])
            }
        };
        Row { case: row.case.within(Largest(64)), text: format!("{}.within(Largest(64))", row.text) }
    })
}

fn cross_entropy() -> impl Strategy<Value = Row> {
    (batch(), 1usize..12, vec(length(), 0..3), any::<bool>()).prop_map(|(n, classes, rest, smooth)| {
        let op = CrossEntropy { label_smoothing: if smooth { 0.1 } else { 0.0 }, ..CrossEntropy::default() };
        let source = format!("CrossEntropy {{ label_smoothing: {:?}, ..Default::default() }}", op.label_smoothing);
        let (logits, labels) = (shape(&[n, classes], &rest), shape(&[n], &rest));
        let row = made(op, source, &[logits]);
        let text = format!("{}.index(&{labels:?}, {classes}).within(Sums(64))", row.text);
        Row { case: row.case.index(&labels, classes).within(Sums(64)), text }
    })
}
