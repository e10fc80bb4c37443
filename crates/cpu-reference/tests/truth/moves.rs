//! Ops that move elements about: known results, their gradients, and that inverses undo each other.

use cpu_reference::*;

use crate::check::{assert_gradient, generic, t};

fn line(n: usize) -> Tensor {
    Tensor::from_shape_vec(vec![n], (1..=n).map(|i| i as f64).collect()).unwrap()
}

#[test]
fn slices_like_python() {
    let x = line(6);
    let taken = |start, end, step| {
        let y = slice(&x, &[SliceAxis::new(start, end, step, 6)]);
        y.iter().map(|&v| v as i64).collect::<Vec<_>>()
    };
    assert_eq!(taken(1, 4, 1), [2, 3, 4]);
    assert_eq!(taken(0, i64::MAX, 2), [1, 3, 5]);
    assert_eq!(taken(-2, i64::MAX, 1), [5, 6]);
    assert_eq!(taken(-1, i64::MIN, -2), [6, 4, 2]);
    assert_eq!(taken(4, 0, -3), [5, 2]);
    assert_eq!(taken(9, -100, -1), [6, 5, 4, 3, 2, 1]);
    assert_eq!(taken(4, 2, 1), [0; 0]);
    assert_eq!(taken(-100, 2, 1), [1, 2]);
    let x = generic(&[3, 5, 4], 1);
    let axes = [SliceAxis::new(2, -4, -1, 3), SliceAxis::new(1, 5, 2, 5), SliceAxis::all(4)];
    assert_gradient("slice_dx", &x, |x| slice(x, &axes), |dy| slice_dx(dy, x.shape(), &axes));
}

#[test]
fn split_undoes_concat() {
    let x = generic(&[2, 6, 3], 1);
    for axis in [0, 1, 2] {
        let sizes = [1, x.shape()[axis] - 1];
        let parts = split(&x, &sizes, axis);
        assert_eq!(parts[1].shape()[axis], sizes[1]);
        assert_eq!(concat(&parts.iter().collect::<Vec<_>>(), axis), x);
    }
    assert_eq!(split(&line(5), &[2, 3], 0)[1], t(&[3], &[3.0, 4.0, 5.0]));
}

#[test]
fn pads() {
    let padded = |pads, mode| pad(&line(3), &[pads], mode).iter().map(|&v| v as i64).collect::<Vec<_>>();
    assert_eq!(padded([2, 1], PadMode::Constant(7.0)), [7, 7, 1, 2, 3, 7]);
    assert_eq!(padded([2, 2], PadMode::Reflect), [3, 2, 1, 2, 3, 2, 1]);
    assert_eq!(padded([5, 0], PadMode::Reflect), [2, 1, 2, 3, 2, 1, 2, 3], "longer than the axis");
    assert_eq!(padded([2, 2], PadMode::Edge), [1, 1, 1, 2, 3, 3, 3]);
    assert_eq!(padded([2, 2], PadMode::Wrap), [2, 3, 1, 2, 3, 1, 2]);
    assert_eq!(padded([-1, 1], PadMode::Constant(0.0)), [2, 3, 0], "negative padding crops");
    assert_eq!(pad(&t(&[1], &[4.0]), &[[1, 1]], PadMode::Reflect), t(&[3], &[4.0; 3]));
    let x = generic(&[3, 4], 1);
    for mode in [PadMode::Constant(0.5), PadMode::Reflect, PadMode::Edge, PadMode::Wrap] {
        let pads = [[2, 1], [-1, 3]];
        assert_gradient("pad_dx", &x, |x| pad(x, &pads, mode), |dy| pad_dx(dy, x.shape(), &pads, mode));
    }
}

#[test]
fn repeats() {
    let x = generic(&[2, 1, 3], 1);
    assert_eq!(expand(&x, &[2, 2, 4, 3])[[1, 1, 3, 2]], x[[1, 0, 2]]);
    assert_gradient("expand", &x, |x| expand(x, &[2, 2, 4, 3]), |dy| reduce_to_shape(dy, x.shape()));
    assert_eq!(tile(&line(2), &[2]), t(&[4], &[1.0, 2.0, 1.0, 2.0]));
    assert_gradient("tile_dx", &x, |x| tile(x, &[2, 3, 2]), |dy| tile_dx(dy, x.shape(), &[2, 3, 2]));
}

#[test]
fn transposes() {
    let (x, perm) = (generic(&[2, 3, 4], 1), [2, 0, 1]);
    let y = transpose(&x, &perm);
    assert_eq!(y, x.clone().permuted_axes(vec![2, 0, 1]).as_standard_layout().into_owned());
    assert_eq!(transpose(&y, &inverse_permutation(&perm)), x);
}

#[test]
fn shuffles_of_channels_and_pixels() {
    // ONNX's DepthToSpace example, [1, 8, 2, 3] in blocks of 2.
    let values: Vec<f64> = (0..8).flat_map(|c| (0..6).map(move |i| f64::from(c * 9 + i))).collect();
    let x = t(&[1, 8, 2, 3], &values);
    let dcr = depth_to_space(&x, 2, ShuffleOrder::Dcr);
    let crd = depth_to_space(&x, 2, ShuffleOrder::Crd);
    let row = |y: &Tensor| (0..6).map(|w| y[[0, 0, 0, w]] as i64).collect::<Vec<_>>();
    assert_eq!(row(&dcr), [0, 18, 1, 19, 2, 20]);
    assert_eq!(row(&crd), [0, 9, 1, 10, 2, 11]);
    assert_eq!(space_to_depth(&dcr, 2, ShuffleOrder::Dcr), x);
    assert_eq!(space_to_depth(&crd, 2, ShuffleOrder::Crd), x);
}

#[test]
fn gathers() {
    let (x, indices) = (generic(&[3, 4, 2], 1), t(&[2, 2], &[0.0, -1.0, 2.0, 2.0]));
    let y = gather(&x, &indices, 1);
    assert_eq!(y.shape(), [3, 2, 2, 2]);
    assert_eq!(y[[2, 0, 1, 1]], x[[2, 3, 1]]);
    assert_gradient("gather_dx", &x, |x| gather(x, &indices, 1), |dy| gather_dx(dy, &indices, x.shape(), 1));
    assert!(gather(&x, &t(&[1], &[4.0]), 1).iter().all(|y| y.is_nan()), "out of range");

    let indices = t(&[3, 2, 2], &[0.0, 1.0, 3.0, -1.0, 2.0, 2.0, 0.0, 0.0, 1.0, 3.0, -4.0, 2.0]);
    assert_eq!(gather_elements(&x, &indices, 1)[[0, 1, 1]], x[[0, 3, 1]]);
    let dx = |dy: &Tensor| gather_elements_dx(dy, &indices, x.shape(), 1);
    assert_gradient("gather_elements_dx", &x, |x| gather_elements(x, &indices, 1), dx);

    let (weight, words) = (generic(&[5, 3], 2), t(&[2, 2], &[4.0, 1.0, 1.0, 0.0]));
    let dweight = |dy: &Tensor| embedding_dweight(&words, dy, weight.shape(), None);
    assert_gradient("embedding_dweight", &weight, |weight| embedding(&words, weight), dweight);
    let padded = embedding_dweight(&words, &generic(&[2, 2, 3], 3), weight.shape(), Some(1));
    assert!((0..3).all(|i| padded[[1, i]] == 0.0 && padded[[4, i]] != 0.0));
}
