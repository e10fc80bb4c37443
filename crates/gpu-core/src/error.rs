//! What can go wrong between a plan and a device, each with what was got, what is needed and how to mend it.
//!
//! `Error` is `Clone`, because an error that wgpu reports behind our back (device lost, validation) is kept and
//! returned by the next call; see `device.rs`.

/// The line that gives a machine without GPU a software adapter.
pub const INSTALL: &str = "install a Vulkan driver; on Debian and Ubuntu `sudo apt-get install mesa-vulkan-drivers` \
                           brings a software adapter";

/// Why a device, a buffer, a program or a run failed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is nothing to run on.
    #[error("no adapter found (looked for {looked}): {INSTALL}")]
    NoAdapter {
        /// The backends that were tried.
        looked: String,
    },
    /// The adapter asked for is not among those present.
    #[error("no adapter matches {asked}; present:\n{present}")]
    UnknownAdapter {
        /// What was asked, and where (`--adapter`, an environment variable).
        asked: String,
        /// One line an adapter.
        present: String,
    },
    /// The driver refused to open the adapter.
    #[error("cannot open adapter {adapter}: {why}")]
    Open {
        /// Its name.
        adapter: String,
        /// What the driver said.
        why: String,
    },
    /// The device is gone: driver reset, watchdog, unplugged. Everything on it is lost.
    #[error("device lost: {why}; what was on it is gone, open it again and go on from the last checkpoint")]
    Lost {
        /// What the driver said.
        why: String,
    },
    /// The device has no room for a buffer.
    #[error(
        "device is out of memory at `{label}`, {bytes} bytes; {held} bytes are held already: \
             use a smaller batch, or close what else uses the device"
    )]
    OutOfMemory {
        /// The buffer.
        label: String,
        /// Its size.
        bytes: u64,
        /// Bytes of the buffers that this device holds already.
        held: u64,
    },
    /// A shader does not compose or compile.
    #[error("shader `{shader}`: {message}")]
    Shader {
        /// The file's stem.
        shader: String,
        /// What is wrong, with file and line.
        message: String,
    },
    /// A launch's params are not the members of the shader's `Params`.
    #[error("{at}: Params are {wants}, got {got}")]
    Params {
        /// Shader, and node where there is one.
        at: String,
        /// The shader's members.
        wants: String,
        /// The launch's params.
        got: String,
    },
    /// A launch's bindings do not fit the shader or the slots.
    #[error("{at}: {why}")]
    Binding {
        /// Shader, and node where there is one.
        at: String,
        /// What does not fit, and how to mend it.
        why: String,
    },
    /// More than the device can do.
    #[error("{at}: {what} is {got}, the device allows {limit}: {mend}")]
    Limit {
        /// The buffer, or shader and node.
        at: String,
        /// What is too large.
        what: &'static str,
        /// How large it is.
        got: u64,
        /// How large it may be.
        limit: u64,
        /// What to do.
        mend: &'static str,
    },
    /// A range that is not in its buffer, is not aligned, or is empty.
    #[error("`{label}`: bytes {offset}..{end} of {size}: {why}")]
    Range {
        /// The buffer.
        label: String,
        /// First byte.
        offset: u64,
        /// Past the last byte.
        end: u64,
        /// The buffer's size.
        size: u64,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A buffer that a plan names was not given, or has another size.
    #[error("buffer `{name}`: {why}")]
    Bound {
        /// Its name in the plan.
        name: String,
        /// What is wrong.
        why: String,
    },
    /// The device lacks a capability.
    #[error("{what} is not supported by {adapter}: {mend}")]
    Unsupported {
        /// The capability.
        what: &'static str,
        /// The adapter.
        adapter: String,
        /// What to do instead.
        mend: &'static str,
    },
    /// wgpu refused a call. A bug of lenslet's if no shader of the user's own is involved.
    #[error("wgpu: {0}")]
    Validation(String),
}

/// `Result` with this crate's [`Error`].
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// The same error, placed at a node of the graph.
    pub(crate) fn at_node(self, node: &str) -> Self {
        let place = |at: String| format!("{at} of node `{node}`");
        match self {
            Error::Params { at, wants, got } => Error::Params { at: place(at), wants, got },
            Error::Binding { at, why } => Error::Binding { at: place(at), why },
            Error::Limit { at, what, got, limit, mend } => Error::Limit { at: place(at), what, got, limit, mend },
            other => other,
        }
    }
}
