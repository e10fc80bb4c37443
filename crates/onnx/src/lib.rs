//! ONNX files to lenslet graphs.
//!
//! [`read_model`] turns a `.onnx` file into a checked [`Model`], [`import`] a model into a graph that engines run;
//! [`read_tensor_pb`] and [`npy`] read the tensors that stand beside it, and [`cases`] compares with other runtimes. Files are untrusted: whatever the bytes, the answer is a model or an [`Error`], within memory
//! bounded by the file's size.

pub mod cases;
mod error;
mod import;
mod model;
mod node;
pub mod npy;
mod proto;
mod tensor;

pub use error::Error;
pub use import::{Given, Imported, Input, Options, Output, Session, import};
pub use model::{Attribute, Dim, Graph, Model, Node, ValueInfo, read_model, read_tensor_pb};
pub use tensor::{Data, DataType, Tensor};
