//! Graphs of ops, their gradients, and the plans that run them. Knows ops, names no wgpu.
//!
//! A [`Graph`] is built op by op (`ops/`), [`Graph::minimise`] appends gradients and the optimiser's update, rewrite
//! rules fuse, [`plan::plan`] turns it into slots and launches for a device described by `Caps`. Without a device the same
//! graph runs on the CPU: fast (`cpu/`), or through the reference (`interpret`).

mod backward;
mod cpu;
mod error;
mod execute;
mod graph;
mod init;
mod interpret;
mod losses;
mod operation;
pub mod ops;
pub mod plan;
mod proof;
mod rewrite;
mod tensor;

pub use backward::Backward;
pub use cpu_reference::{Binary as BinaryFunction, Loss as LossFunction, Unary as UnaryFunction, Window};
pub use cpu_reference::{
    Coordinates, Interpolation, LocalResponseNorm, Nearest, PadMode, Reduce as ReduceFunction, Reduction, ShuffleOrder,
    SliceAxis,
};
pub use error::{Error, Misfit};
pub use execute::{Engine, Execution, Memory};
pub use gpu_core;
pub use graph::{Graph, Init, Node, Source, Value};
pub use interpret::{Rounding, evaluate};
pub use operation::{Io, Layouts, Negotiation, Operand, Operation, Wide};
pub use proof::{Asked, Prover, Verdict, choose_again, chosen, first_not_wrong, prove_with, recorded};
pub use tensor::{DType, Data, Shape, Tensor, Type};
