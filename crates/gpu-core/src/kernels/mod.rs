//! One file a kernel family: a problem (shape, stride, padding …) → candidates under Caps → launches.

pub mod activation;
pub mod binary;
mod broadcast;
pub mod conv;
pub mod conv_inner;
pub mod convert;
pub mod gather_batch;
pub mod linear;
pub mod matmul;
pub mod pool;
pub mod reduce;
pub mod runs;
pub mod tick;
pub mod unary;
pub mod update;
