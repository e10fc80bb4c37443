//! Rows of the table for ops that move elements: dropout, transpose, slice, concat, pad and their kin.

use crate::{Case, Tolerance::*, case};
use graph::gpu_core::Layout;
use graph::ops::*;
use graph::{Coordinates, Interpolation, Nearest, PadMode, ShuffleOrder, SliceAxis, Type, Window};

pub(crate) fn cases() -> Vec<Case> {
    [dropout(), moves(), joins(), conversions(), pads(), picks(), resizes(), transposed()].concat()
}

fn dropout() -> Vec<Case> {
    let step = |case: Case| case.index(&[1], 1000);
    vec![
        step(case(Dropout::new(0.5, 0x1234_5678_9abc_def0, 3)).on(&[&[5, 3, 4, 6]])).within(Exact),
        step(case(Dropout::new(0.2, 42, 0)).on(&[&[6, 3, 5, 3]])).within(Ulp(1)),
        step(case(Dropout::new(0.2, 7, 1)).on(&[&[33, 10]])).within(Ulp(1)).timed(),
        step(case(Dropout::new(1.0, 7, 1)).on(&[&[7]])).within(Exact),
        step(case(Dropout::spatial(0.5, 9, 2)).on(&[&[5, 6, 3, 3]])).within(Exact),
        step(case(Dropout::spatial(0.5, 9, 2)).on(&[&[4, 3, 8]])).within(Exact),
    ]
}

fn moves() -> Vec<Case> {
    let take = |start, len, step| SliceAxis { start, len, step };
    let transpose = |perm: &[usize]| case(Transpose { perm: perm.to_vec() });
    let slice = |axes: &[SliceAxis]| case(Slice { axes: axes.to_vec() });
    let tile = |repeats: &[usize]| case(Tile { repeats: repeats.to_vec() });
    vec![
        transpose(&[1, 0]).on(&[&[37, 53]]).within(Exact).timed(),
        transpose(&[0, 2, 3, 1]).on(&[&[5, 3, 4, 6]]).within(Exact),
        transpose(&[3, 1, 0, 2]).on(&[&[2, 3, 4, 8]]).within(Exact),
        transpose(&[2, 0, 3, 1, 5, 4]).on(&[&[2, 3, 2, 2, 3, 2]]).within(Exact),
        transpose(&[1, 0]).index(&[5, 7], 100).within(Exact),
        slice(&[SliceAxis::all(6), take(1, 2, 1), take(4, 3, -2), take(0, 2, 3)]).on(&[&[6, 4, 5, 4]]).within(Exact),
        slice(&[take(4, 5, -1), SliceAxis::all(3)]).on(&[&[5, 3]]).within(Exact),
        slice(&[take(2, 3, 1), take(4, 8, 1)]).on(&[&[6, 16]]).within(Exact),
        slice(&[SliceAxis::all(5), take(4, 8, 1)]).on(&[&[5, 16]]).within(Exact),
        case(Expand { shape: [3, 5, 4, 2].into() }).on(&[&[5, 1, 2]]).within(Sums(13)),
        case(Expand { shape: [6, 5, 4].into() }).on(&[&[6, 1, 4]]).within(Sums(6)),
        case(Expand { shape: [6, 5].into() }).on(&[&[1, 5]]).within(Sums(7)),
        tile(&[1, 2, 3]).on(&[&[6, 3, 2]]).within(Sums(7)),
        tile(&[2, 1, 3, 2]).on(&[&[3, 2, 2, 5]]).within(Sums(13)),
        case(Fill { ty: Type::f32([5, 3]), value: 2.5 }).within(Exact),
        case(Fill { ty: Type::i32([7]), value: -3.0 }).within(Exact),
    ]
}

fn joins() -> Vec<Case> {
    let split = |sizes: &[usize], axis| case(Split { sizes: sizes.to_vec(), axis });
    vec![
        case(Concat { axis: 1 }).on(&[&[5, 3, 2, 4], &[5, 1, 2, 4], &[5, 4, 2, 4]]).within(Exact),
        case(Concat { axis: 1 }).on(&[&[1, 3, 3], &[1, 1, 3], &[1, 4, 3], &[1, 2, 3], &[1, 1, 3]]).within(Exact),
        case(Concat { axis: 0 }).on(&[&[5, 3], &[2, 3]]).within(Exact),
        case(Concat { axis: 2 }).on(&[&[2, 3, 5], &[2, 3, 2], &[2, 3, 1], &[2, 3, 4]]).within(Exact),
        case(Concat { axis: 0 }).on(&[&[4, 5]]).within(Exact),
        split(&[1, 4, 2], 1).on(&[&[6, 7, 3]]).within(Exact),
        split(&[2, 3], 0).on(&[&[5, 4]]).within(Exact),
    ]
}

fn pads() -> Vec<Case> {
    let pad = |mode, pads: &[[isize; 2]]| case(Pad { pads: pads.to_vec(), mode });
    let image = [[0, 0], [0, 0], [1, 2], [2, 1]];
    let [constant, zero] = [1.5, 0.0].map(PadMode::Constant);
    vec![
        pad(constant, &image).on(&[&[5, 2, 4, 3]]).within(Exact),
        pad(zero, &[[1, 0], [4, 8]]).on(&[&[3, 12]]).within(Exact),
        pad(zero, &[[0, 0], [-1, 2], [3, -2]]).on(&[&[4, 3, 5]]).within(Exact),
        pad(PadMode::Constant(f64::NEG_INFINITY), &[[0, 0], [1, 1]]).on(&[&[3, 3]]).within(Exact),
        pad(PadMode::Reflect, &image).on(&[&[5, 2, 4, 3]]).within(Sums(10)),
        pad(PadMode::Edge, &image).on(&[&[5, 2, 4, 3]]).within(Sums(13)),
        pad(PadMode::Wrap, &image).on(&[&[5, 2, 4, 3]]).within(Sums(10)),
        pad(PadMode::Reflect, &[[2, 3], [-1, 0]]).on(&[&[4, 3]]).within(Sums(10)),
    ]
}

/// From one layout into another, as the plan does it by itself; parts are added behind rows that make them.
fn conversions() -> Vec<Case> {
    let (plain, inner) = (Layout::PLAIN, Layout::FIRST_INNER);
    let of = |from, to, shape: &[usize]| case(Convert { from, to }).on(&[shape]).within(Exact);
    vec![
        of(plain, inner, &[5, 3, 4]),
        of(plain, inner, &[64, 7]),
        of(inner, plain, &[5, 3, 4]),
        of(inner, plain, &[66, 2, 9]),
        of(plain, plain, &[7, 19]),
    ]
}

fn picks() -> Vec<Case> {
    let (dcr, crd) = (ShuffleOrder::Dcr, ShuffleOrder::Crd);
    vec![
        case(Gather::new(1)).on(&[&[3, 5, 4]]).index(&[2, 3], 5).within(Sums(8)),
        case(Gather::new(0)).on(&[&[6, 3]]).index(&[9], 6).within(Sums(10)),
        case(Gather::new(0)).on(&[&[4, 3]]).index(&[7], 6).within(Exact).forward_only(), // some out of range
        case(Gather::embedding(Some(2))).on(&[&[4, 8]]).index(&[2, 5], 4).within(Sums(11)).kinked(),
        case(DepthToSpace { block: 2, order: dcr }).on(&[&[5, 8, 3, 2]]).within(Exact),
        case(DepthToSpace { block: 3, order: crd }).on(&[&[2, 9, 2, 4]]).within(Exact),
        case(SpaceToDepth { block: 2, order: dcr }).on(&[&[5, 2, 4, 6]]).within(Exact),
        case(SpaceToDepth { block: 2, order: crd }).on(&[&[1, 3, 2, 8]]).within(Exact),
    ]
}

fn resizes() -> Vec<Case> {
    let image = [5, 2, 4, 6];
    let to = |h, w, mode, at| case(Resize::to(&image, &[5, 2, h, w], mode, at)).on(&[&image]).within(Sums(40));
    let (linear, cubic) = (Interpolation::Linear, Interpolation::Cubic { a: -0.75, exclude_outside: true });
    let nearest = |rounding| Interpolation::Nearest(rounding);
    let roi = vec![[0.0, 1.0], [0.0, 1.0], [-0.2, 0.9], [0.1, 1.4]];
    vec![
        to(8, 12, nearest(Nearest::Floor), Coordinates::Asymmetric),
        to(3, 9, nearest(Nearest::RoundPreferFloor), Coordinates::HalfPixel),
        to(7, 4, nearest(Nearest::RoundPreferCeil), Coordinates::TfHalfPixelForNn),
        to(8, 9, linear, Coordinates::PytorchHalfPixel).timed(),
        to(7, 3, linear, Coordinates::AlignCorners),
        to(4, 6, linear, Coordinates::HalfPixel),
        to(6, 11, linear, Coordinates::HalfPixelSymmetric),
        to(9, 5, cubic, Coordinates::HalfPixel),
        to(3, 5, linear, Coordinates::TfCropAndResize { roi, extrapolation: 1.5 }),
        case(Resize::to(&[2, 3, 4], &[3, 3, 5], linear, Coordinates::HalfPixel)).on(&[&[2, 3, 4]]).within(Sums(40)),
    ]
}

fn transposed() -> Vec<Case> {
    let square = |kernel, stride, pad| ConvTranspose::new(Window::square(kernel, stride, pad));
    let padded = |op: ConvTranspose, h, w| ConvTranspose { output_padding: [0, h, w], ..op };
    vec![
        case(square(2, 2, 0)).on(&[&[2, 3, 4, 5], &[3, 4, 2, 2]]).within(Sums(60)),
        case(padded(square(3, 2, 1), 1, 0)).on(&[&[5, 8, 4, 3], &[8, 6, 3, 3]]).within(Sums(120)),
        case(ConvTranspose { groups: 2, ..square(3, 1, 1) }).on(&[&[3, 4, 5, 5], &[4, 3, 3, 3]]).within(Sums(90)),
        case(ConvTranspose::new(Window::new(&[4]).stride(&[3]).dilation(&[2])))
            .on(&[&[2, 3, 5], &[3, 2, 4]])
            .within(Sums(30)),
    ]
}
