//! What a device can do, as plain data: the only thing kernels ask about a device.
//!
//! Plans are made from `Caps` alone, so that they can be made, printed and tested without a device.
//! `device.rs` fills one in from a real adapter; tests use [`Caps::software`] and [`Caps::gpu`].

/// The two kinds of machine that kernels are written for.
///
/// A software adapter has no caches to share between lanes, dear barriers and SIMD lanes: it gets barrier-free
/// register tiles. A GPU gets shared memory, many small workgroups and subgroup operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    /// A CPU that runs shaders (lavapipe, SwiftShader, WARP).
    Software,
    /// A processor made for it.
    Gpu,
}

/// What a device can do.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Caps {
    /// Which family of kernels comes first.
    pub family: Family,
    /// Invocations in a subgroup when that number is fixed and subgroup operations are there; `None` otherwise.
    pub subgroup: Option<u32>,
    /// Storage buffers that one launch may bind.
    pub storage_bindings: u32,
    /// Largest range of a buffer that one binding may cover, in bytes.
    pub binding_bytes: u64,
    /// Largest buffer, in bytes.
    pub buffer_bytes: u64,
    /// Alignment of a storage binding's offset, in bytes.
    pub storage_align: u64,
    /// Alignment of a uniform binding's offset, in bytes.
    pub uniform_align: u64,
    /// Workgroups along one axis of a grid.
    pub grid_axis: u32,
    /// Invocations in a workgroup.
    pub workgroup_size: u32,
    /// Workgroup memory, in bytes.
    pub workgroup_bytes: u32,
    /// Shaders may use integers of 64 bits.
    pub int64: bool,
    /// Timestamps can be written between launches.
    pub timestamps: bool,
    /// Rounds that all loops of one invocation may make together; behind them the driver leaves the loops.
    pub loop_rounds: u32,
}

/// Of Mesa's llvmpipe, which leaves loops after 65,535 rounds, with some to spare for what a compiler makes of a loop.
pub(crate) const LOOP_ROUNDS: u32 = 65_000;

impl Caps {
    /// A software adapter like lavapipe: subgroups of 8, 32 storage bindings, 128 MiB a binding.
    pub fn software() -> Self {
        Self {
            family: Family::Software,
            subgroup: Some(8),
            storage_bindings: 32,
            binding_bytes: 128 << 20,
            buffer_bytes: 1 << 30,
            storage_align: 32,
            uniform_align: 32,
            grid_axis: 65_535,
            workgroup_size: 1024,
            workgroup_bytes: 32 << 10,
            int64: true,
            timestamps: true,
            loop_rounds: LOOP_ROUNDS,
        }
    }

    /// A GPU with subgroups of 32 and generous limits.
    pub fn gpu() -> Self {
        Self {
            family: Family::Gpu,
            subgroup: Some(32),
            binding_bytes: 2 << 30,
            buffer_bytes: 4 << 30,
            storage_align: 256,
            uniform_align: 256,
            workgroup_bytes: 48 << 10,
            loop_rounds: u32::MAX,
            ..Self::software()
        }
    }

    /// The least that WebGPU promises, without optional features.
    pub fn portable() -> Self {
        Self {
            family: Family::Gpu,
            subgroup: None,
            storage_bindings: 8,
            binding_bytes: 128 << 20,
            buffer_bytes: 256 << 20,
            storage_align: 256,
            uniform_align: 256,
            grid_axis: 65_535,
            workgroup_size: 256,
            workgroup_bytes: 16 << 10,
            int64: false,
            timestamps: false,
            loop_rounds: u32::MAX,
        }
    }
}
