//! The integration tests: ONE binary, so that the engine is linked once. Each module asks one kind
//! of question.
//!
//! `gpu_equals_reference` and `finite_differences` read the table of ops and shapes (`crates/cases/`). `house` needs no
//! device: it checks what must not drift in the tree itself.

mod cpu_equals_reference;
mod finite_differences;
mod fuzz_ops;
mod fuzz_rows;
mod gpu_equals_reference;
mod gradcases;
mod house;
mod lecture;
mod losses;
mod mlp_step;
mod onnx_cases;
mod onnx_models;
mod onnx_scope;
mod optimisers;
mod proofs;
mod readme;
mod rewrites;
mod tuning;
