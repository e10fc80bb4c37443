//! Ops on the CPU in f32, on all cores: what trains and reads where there is no adapter.
//!
//! An op that networks spend their time in has its function here and names it in `Operation::compute`; all others run
//! through their reference. Products of matrices are left to matrixmultiply, through ndarray's safe interface. It is
//! checked against the reference like any kernel: the table's rows, in tests and in `lenslet doctor`.
//!
//! The same seed gives the same bits on any number of threads: threads share out elements of the result, and each
//! element is one sum in one order, which shapes alone decide.
//!
//! Where is: `run` a graph, node by node · `products` matrices · `conv` convolution and its gradients · `pool` · `norm` ·
//! `pieces` and `update`: the reference itself, a piece of the elements a thread.

pub(crate) mod conv;
pub(crate) mod norm;
pub(crate) mod pieces;
pub(crate) mod pool;
pub(crate) mod products;
pub(crate) mod run;
pub(crate) mod update;

use crate::{Shape, Tensor};

/// A result whose elements its op has counted.
pub(crate) fn tensor(shape: impl Into<Shape>, data: Vec<f32>) -> Tensor {
    Tensor::f32(shape, data).expect("invariant: as many elements as the shape rule says")
}
