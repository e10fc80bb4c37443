//! The reference against the truth: PyTorch, finite differences, and answers worked out by hand.
//!
//! One binary, so that it links once. `gradcases.rs` and `trajectories.rs` read what PyTorch made, `differences_*.rs`
//! check every gradient against its own function, `textbook.rs` has known answers, `conventions.rs` what happens at
//! ties, kinks and infinities, where several answers would be defensible. `moves.rs`, `resizing.rs`, `reductions.rs`,
//! `randomness.rs` and `optimisers.rs` have examples and differences of their families together.

#![allow(clippy::unwrap_used)] // a failed unwrap is a failed test

mod check;
mod conventions;
mod differences_layers;
mod differences_losses;
mod differences_norms;
mod gradcases;
mod moves;
mod optimisers;
mod properties;
mod pytorch_file;
mod randomness;
mod reductions;
mod resizing;
mod textbook;
mod trajectories;
