//! Adapters, device, buffers, kernels, dispatch and profiling: the only crate that names wgpu.
//!
//! Plain data first: [`Caps`] says what a device can do, `kernels` turn problems into [`Candidate`]s of
//! [`Launch`]es under those Caps, `graph` arranges them into a [`Plan`]. Only then a [`Device`] is needed:
//! [`Program::compile`] binds the plan to it, [`Program::run`] replays it.
//!
//! Where is: `adapter` which machine · `device` the open one, errors, counters · `buffer` memory · `reflect` shader
//! against launch · `texts` WGSL, replaced files · `pipeline` compiling · `bind` plan to program · `program` replay · `readback` late results ·
//! `warm` cold start · `profile` device times · `roofs` what a device does at most · `faults` known driver faults.

mod adapter;
mod bind;
mod buffer;
mod caps;
mod device;
mod error;
mod faults;
pub mod kernels;
mod launch;
mod layout;
mod pipeline;
mod plan;
#[cfg(not(target_arch = "wasm32"))]
mod profile;
mod program;
mod readback;
mod reflect;
#[cfg(not(target_arch = "wasm32"))]
mod roofs;
mod rounds;
#[cfg(not(target_arch = "wasm32"))]
mod test_device;
mod texts;
#[cfg(not(target_arch = "wasm32"))]
mod warm;

pub use adapter::{AdapterKind, AdapterSummary, Adapters};
pub use buffer::Buffer;
pub use caps::{Caps, Family};
pub use device::{Counters, Device};
pub use error::{Error, INSTALL, Result};
pub use faults::{FAULTS, Fault, Withheld};
pub use launch::{Arg, Candidate, Launch, Word};
pub use layout::{Layout, Order};
pub use plan::{Origin, Plan, Region, Slot, SlotPlan, Step};
#[cfg(not(target_arch = "wasm32"))]
pub use profile::LaunchTime;
pub use program::Program;
pub use readback::{Readback, Ticket};
pub use reflect::check_launch;
#[cfg(not(target_arch = "wasm32"))]
pub use roofs::{Bound, Roofs};
pub use rounds::MOST_ROUNDS;
pub use shaders;
#[cfg(not(target_arch = "wasm32"))]
pub use test_device::test_device;
pub use texts::Texts;
