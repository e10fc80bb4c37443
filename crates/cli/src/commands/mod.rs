//! The commands, one file each: arguments, then what they do. What several need is in `data.rs` (data by name),
//! `models.rs` (models by name) and `report.rs` (tables).

pub(crate) mod bench;
pub(crate) mod compare;
pub(crate) mod data;
pub(crate) mod devices;
pub(crate) mod doctor;
pub(crate) mod eval;
pub(crate) mod explain;
mod kernels;
pub(crate) mod models;
pub(crate) mod onnx_model;
pub(crate) mod predict;
mod report;
mod screen;
pub(crate) mod shader;
mod table;
pub(crate) mod train;
pub(crate) mod tune;
