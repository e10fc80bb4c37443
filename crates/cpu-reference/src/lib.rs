//! The specification of lenslet: one plain function for each op and for each gradient.
//!
//! Everything computes in `f64`, in which every `f32`, `i32`, `u8` and truth value (0 or 1) is exact; so the same
//! function serves as reference for the device, as interpreter where there is no device, and as the subject of finite
//! differences. Class indices are whole numbers. Functions take for granted what the graph has checked: shapes that
//! fit. One file a family; every public item of it is named at this root. Speed comes second, being obviously right
//! first; only convolution and matmul go along contiguous rows, since the interpreter trains with them.

mod adaptive_pool;
mod arg;
mod array;
mod average_pool;
mod batch_norm;
mod binary;
mod cast;
mod conv;
mod conv_transpose;
mod dropout;
mod erf;
mod gather;
mod gradient_clip;
mod group_norm;
mod init;
mod layer_norm;
mod local_response_norm;
mod loss_cross_entropy;
mod loss_dice;
mod loss_elementwise;
mod lp_pool;
mod matmul;
mod max_pool;
mod optimiser_adam;
mod optimiser_adaptive;
mod optimiser_sgd;
mod pad;
mod philox;
mod reduce;
mod reduction;
mod resize;
mod slice;
mod softmax;
mod standardize;
mod take;
mod tile;
mod transpose;
mod unary;
mod window;

pub use adaptive_pool::*;
pub use arg::*;
pub use average_pool::*;
pub use batch_norm::*;
pub use binary::*;
pub use cast::*;
pub use conv::*;
pub use conv_transpose::*;
pub use dropout::*;
pub use erf::*;
pub use gather::*;
pub use gradient_clip::*;
pub use group_norm::*;
pub use init::*;
pub use layer_norm::*;
pub use local_response_norm::*;
pub use loss_cross_entropy::*;
pub use loss_dice::*;
pub use loss_elementwise::*;
pub use lp_pool::*;
pub use matmul::*;
pub use max_pool::*;
pub use optimiser_adam::*;
pub use optimiser_adaptive::*;
pub use optimiser_sgd::*;
pub use pad::*;
pub use philox::*;
pub use reduce::*;
pub use reduction::*;
pub use resize::*;
pub use slice::*;
pub use softmax::*;
pub use tile::*;
pub use transpose::*;
pub use unary::*;
pub use window::*;

/// Data of any rank, row-major, in `f64`; whole numbers and truth values (0 or 1) too. A scalar has rank 0.
pub type Tensor = ndarray::ArrayD<f64>;
