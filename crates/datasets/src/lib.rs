//! Files to data sets, and the order in which their rows become batches.
//!
//! Knows neither the graph nor a device: what leaves here is bytes and numbers on the host. All chance (order,
//! split, augmentation, made-up points) is a function of (seed, epoch, place), see [`philox`]; nothing has state.
//!
//! Start at [`digits`] (the set inside the binary), [`idx`] (MNIST's files), [`order`] (shuffling, batches).

mod digits;
mod error;
pub mod idx;
mod images;
pub mod order;
pub mod philox;
pub mod split;

pub use digits::{digits, digits8x8};
pub use error::Error;
pub use images::Images;
