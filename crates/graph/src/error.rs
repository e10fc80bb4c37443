//! The one error of this crate. User mistakes are found while a graph is built, never during a run.

/// What can go wrong between a layer and a plan.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An op got inputs that do not fit it. The message names shapes and what would fit.
    #[error("{op} \"{node}\": {why}")]
    Op {
        /// Name of the op.
        op: &'static str,
        /// Name of the node.
        node: String,
        /// What it got, what it needs.
        why: String,
    },
    /// A name was used twice, or not at all.
    #[error("{0}")]
    Name(String),
    /// The value has no gradient: something between it and the loss is not differentiable.
    #[error("{op} \"{node}\" has no gradient: {why}")]
    NoGradient {
        /// Name of the op.
        op: &'static str,
        /// Name of the node.
        node: String,
        /// Why, and what to do.
        why: String,
    },
    /// No kernel can run this on a device with these Caps.
    #[error("{op} \"{node}\": no kernel fits this device: {why}")]
    NoKernel {
        /// Name of the op.
        op: &'static str,
        /// Name of the node.
        node: String,
        /// Which limit is in the way.
        why: String,
    },
    /// A tensor of the wrong shape or type was given to a program.
    #[error("{value}: got {got}, needs {needs}")]
    Tensor {
        /// Name of the value.
        value: String,
        /// Its type as given.
        got: String,
        /// Its type as declared.
        needs: String,
    },
    /// From the device.
    #[error(transparent)]
    Device(#[from] gpu_core::Error),
}

/// Why inputs do not fit an op: the op knows the reason, the graph adds op and node.
#[derive(Debug)]
pub struct Misfit(pub String);

impl<S: Into<String>> From<S> for Misfit {
    fn from(why: S) -> Self {
        Misfit(why.into())
    }
}

/// Returns a [`Misfit`] from a shape rule: `misfit!("weight {} wants {} channels", …)`.
#[macro_export]
macro_rules! misfit {
    ($($text:tt)*) => { return Err($crate::Misfit(format!($($text)*))) };
}
