//! The integration tests: ONE binary, so that the engine is linked once. Each module asks one kind
//! of question.
//!
//! `cases` is the table of ops and shapes, `case` what a row is; `gpu_equals_reference` and `finite_differences` read
//! it. `house` needs no device: it checks what must not drift in the tree itself.

mod case;
mod cases;
mod cases_data;
mod cases_elementwise;
mod cases_losses;
mod cases_matmul;
mod cases_moves;
mod cases_norms;
mod cases_pooling;
mod finite_differences;
mod gpu_equals_reference;
mod gradcases;
mod house;
mod lecture;
mod losses;
mod onnx_cases;
mod onnx_models;
mod onnx_scope;
mod readme;
mod rewrites;
mod weighted;
