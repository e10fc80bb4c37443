//! Files to data sets, and the order in which their rows become batches.
//!
//! Knows neither the graph nor a device: what leaves here is bytes and numbers on the host. All chance (order,
//! split, augmentation, made-up points) is a function of (seed, epoch, place), see [`philox`]; nothing has state.
//!
//! Start at [`digits`] (the set inside the binary), [`idx`] (MNIST's files), [`table`] (CSV), [`folder`] (pictures),
//! [`synthetic`] (made-up points); [`Loader`] makes batches of images in [`order`], [`augment`]ed, [`Prefetch`] ahead
//! of time.

pub mod augment;
mod digits;
mod error;
pub mod folder;
pub mod idx;
mod image_file;
mod images;
pub mod loader;
pub mod order;
pub mod philox;
pub mod polarity;
pub mod prefetch;
pub mod split;
pub mod synthetic;
pub mod table;

pub use augment::Augment;
pub use digits::{digits, digits8x8};
pub use error::Error;
pub use image_file::{LARGEST_DECODED_BYTES, LARGEST_SIDE, image_bytes, image_file};
pub use images::Images;
pub use loader::{Batch, Loader};
pub use polarity::Polarity;
pub use prefetch::Prefetch;
