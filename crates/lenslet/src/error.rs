//! The one error of this crate: what a user of the library, or of the program, can do something about.

use std::path::{Path, PathBuf};

/// What can go wrong between a model's text and a trained network.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A layer does not fit what comes before it.
    #[error("layer {position} \"{layer}\": {why}")]
    Layer {
        /// Its place in the model, from 1.
        position: usize,
        /// Its name.
        layer: String,
        /// What it got, what it needs.
        why: String,
    },
    /// A setting that cannot be used: a batch larger than the data, no epochs, a model for other images.
    #[error("{0}")]
    Setting(String),
    /// What was kept does not belong to what goes on: a checkpoint of another model, other training data.
    #[error("{0}")]
    Mismatch(String),
    /// A file was read, but what it holds is not what is needed.
    #[error("{}: {problem}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What was found, and what is needed.
        problem: String,
    },
    /// The operating system would not read or write.
    #[error("cannot {doing} {}: {cause}{}", path.display(), hint(cause))]
    File {
        /// `read` or `write`.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// A number became infinite or NaN, which no further training mends.
    #[error("step {step}: {what}. Try a smaller learning rate; a checkpoint, if there is one, is from before")]
    NotFinite {
        /// The step, counted from 1.
        step: u64,
        /// The loss, and the first bad value by name and place.
        what: String,
    },
    /// From a data set.
    #[error(transparent)]
    Data(#[from] datasets::Error),
    /// From the graph or the device.
    #[error(transparent)]
    Graph(#[from] graph::Error),
}

/// `Result` with this crate's [`Error`].
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub(crate) fn format(path: &Path, problem: impl Into<String>) -> Self {
        Error::Format { path: path.to_owned(), problem: problem.into() }
    }

    pub(crate) fn read(path: &Path) -> impl FnOnce(std::io::Error) -> Self + '_ {
        move |cause| Error::File { doing: "read", path: path.to_owned(), cause }
    }

    pub(crate) fn write(path: &Path) -> impl FnOnce(std::io::Error) -> Self + '_ {
        move |cause| Error::File { doing: "write", path: path.to_owned(), cause }
    }
}

fn hint(cause: &std::io::Error) -> &'static str {
    match cause.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
            "; free some space and go on with --resume: the last checkpoint is whole"
        }
        _ => "",
    }
}

impl From<gpu_core::Error> for Error {
    fn from(error: gpu_core::Error) -> Self {
        Error::Graph(error.into())
    }
}

use graph::gpu_core;
