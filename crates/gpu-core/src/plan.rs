//! A plan: buffers plus a list of launches, plain data that can be printed, tested and compared without a device.
//!
//! `graph` makes plans; [`Program`](crate::Program) binds one to a device and replays it.

use crate::launch::Launch;

/// Index of a buffer in [`Plan::slots`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slot(pub u32);

/// Where a slot's buffer comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum Origin {
    /// Made with the program; contents need not survive from one run to the next.
    Transient,
    /// Made with the program and filled once with these bytes.
    Constant(Vec<u8>),
    /// Given by the caller under this name when the program is compiled (parameters, moments, data set).
    Bound(String),
}

/// One buffer of a plan. Values whose lifetimes do not meet share it.
#[derive(Clone, Debug, PartialEq)]
pub struct SlotPlan {
    /// Size in bytes, a multiple of 4.
    pub bytes: u64,
    /// Where it comes from.
    pub origin: Origin,
}

/// A range of a slot's buffer. wgpu tracks usage per buffer: a launch must not bind one slot for reading and
/// another range of it for writing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Region {
    /// The buffer.
    pub slot: Slot,
    /// First byte, a multiple of `Caps::storage_align`.
    pub offset: u64,
    /// Length in bytes, a multiple of 4.
    pub bytes: u64,
}

/// One launch with its bindings placed.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Name of the node (or conversion) that it belongs to, for the profiler and error messages.
    pub node: String,
    /// What runs.
    pub launch: Launch,
    /// One region for each of the launch's `args`.
    pub bindings: Vec<Region>,
    /// Arithmetic that it does, multiply and add counted as two.
    pub flops: u64,
}

/// Buffers and launches: everything that a device needs to run a graph.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Plan {
    /// The buffers.
    pub slots: Vec<SlotPlan>,
    /// The launches, in order.
    pub steps: Vec<Step>,
}

impl Plan {
    /// Bytes of all slots that the program makes itself.
    pub fn own_bytes(&self) -> u64 {
        self.slots.iter().filter(|s| !matches!(s.origin, Origin::Bound(_))).map(|s| s.bytes).sum()
    }

    /// Bytes of all slots.
    pub fn bytes(&self) -> u64 {
        self.slots.iter().map(|s| s.bytes).sum()
    }
}
