//! One file a kernel family: a problem (shape, stride, padding …) → candidates under Caps → launches.

pub mod activation;
pub mod binary;
mod broadcast;
pub mod concat;
pub mod conv;
pub mod conv_inner;
pub mod convert;
pub mod cross_entropy;
pub mod dropout;
pub mod fill;
pub mod gather_batch;
pub mod lanes;
pub mod linear;
pub mod loss;
pub mod matmul;
pub mod nll_loss;
pub mod pad;
pub mod pool;
pub mod reduce;
pub mod resample;
pub mod runs;
pub mod softmax;
pub mod strided_copy;
pub mod target_weight;
pub mod tick;
pub mod unary;
pub mod update;
