//! ONNX files to lenslet graphs.
//!
//! [`read_model`] turns a `.onnx` file into a checked [`Model`]; [`read_tensor_pb`] and [`npy`] read the tensors that
//! stand beside it. Files are untrusted: whatever the bytes, the answer is a model or an [`Error`], within memory
//! bounded by the file's size.

mod error;
mod model;
mod node;
pub mod npy;
mod proto;
mod tensor;

pub use error::Error;
pub use model::{Attribute, Dim, Graph, Model, Node, ValueInfo, read_model, read_tensor_pb};
pub use tensor::{Data, DataType, Tensor};
