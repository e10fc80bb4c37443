//! Adapters, device, buffers, kernels, dispatch and profiling: the only crate that names wgpu.
//!
//! Plain data first: [`Caps`] says what a device can do, `kernels` turn problems into [`Candidate`]s of
//! [`Launch`]es under those Caps, `graph` arranges them into a [`Plan`]. Only then a [`Device`] is needed:
//! [`Program::compile`] binds the plan to it, [`Program::run`] replays it.

mod caps;
pub mod kernels;
mod launch;
mod plan;

pub use caps::{Caps, Family};
pub use launch::{Arg, Candidate, Launch, Word};
pub use plan::{Origin, Plan, Region, Slot, SlotPlan, Step};
