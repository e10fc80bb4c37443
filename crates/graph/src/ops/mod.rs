//! One file an op: shape rule · gradient · lowering · reference.

mod binary;
mod conv;
mod conv_gradient;
mod cross_entropy;
mod gather_batch;
mod linear;
mod loss;
mod matmul;
mod max_pool;
mod nll_loss;
mod physical;
mod pool;
mod reduce;
mod reshape;
mod softmax;
mod tick;
mod unary;
mod update;

pub use binary::Binary;
pub use conv::Conv;
pub use conv_gradient::{ConvDweight, ConvDx};
pub use cross_entropy::{CrossEntropy, CrossEntropyBoth, CrossEntropyDx};
pub use gather_batch::GatherBatch;
pub use linear::{Linear, LinearDweight, LinearDx};
pub use loss::{Loss, LossDx};
pub use matmul::{Matmul, MatmulReduced};
pub use max_pool::{MaxPool, MaxPoolDx};
pub use nll_loss::{NllLoss, NllLossDx};
pub use reduce::{Reduce, ReduceDx};
pub use reshape::Reshape;
pub use softmax::{LogSoftmax, Softmax, SoftmaxDx};
pub use tick::Tick;
pub use unary::{Unary, UnaryDx};
pub use update::{Optimiser, Update};
