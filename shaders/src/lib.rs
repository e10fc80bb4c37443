//! The WGSL kernels of lenslet, as text, and the composer that specialises them.
//!
//! A kernel is one file `<kernel>.wgsl`, plain WGSL that an editor understands; `lib/*.wgsl` holds functions that
//! kernels share. [`compose`] makes from them the text that a device compiles: includes, knobs, redirects and
//! unrolled loops (see [`compose`] for the directives). No wgpu here: text in, text out.
//!
//! Next: `list.rs` names every file, `source.rs` reads one, `compose.rs` and `write.rs` put them together, `check.rs`
//! asks naga.

mod bound;
#[cfg(feature = "check")]
pub mod check;
mod compose;
mod composed;
mod error;
mod knobs;
mod list;
mod source;
mod write;

pub use compose::{compose, compose_with};
pub use composed::Composed;
pub use error::Error;
pub use knobs::{Knob, Knobs};
pub use list::*;

/// One WGSL file.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Shader {
    /// The file's stem; a kernel's is also its entry point and its label in the profiler.
    pub name: &'static str,
    /// The file as written.
    pub text: &'static str,
}

/// The kernel of that name.
pub fn find(name: &str) -> Option<&'static Shader> {
    ALL.iter().copied().find(|shader| shader.name == name)
}
