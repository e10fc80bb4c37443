//! What can go wrong between a file and a checked model.
//!
//! `Malformed` means that the file breaks ONNX's own rules, `Unsupported` that the file is sound and lenslet cannot
//! take it. Every message names the place (graph, node, tensor) as the file names it.

use std::path::PathBuf;

/// Why an ONNX, `.pb` or `.npy` file was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file, or a file of external data beside it, cannot be opened, read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The bytes are not the protobuf message that was asked for: truncated, nested too deep, or another format.
    #[error("not a readable {what}: {source}; is the file whole, and an ONNX file?")]
    Decode {
        /// The message that was expected, such as `ModelProto`.
        what: &'static str,
        /// What the decoder said.
        source: prost::DecodeError,
    },
    /// The file breaks a rule of its format.
    #[error("{at}: {problem}")]
    Malformed {
        /// Where: a graph, node, tensor or attribute by name.
        at: String,
        /// The rule, what was found, and how to mend it where that is known.
        problem: String,
    },
    /// The file is sound, but asks for what lenslet does not do.
    #[error("{at}: {problem}")]
    Unsupported {
        /// Where: a graph, node, tensor or attribute by name.
        at: String,
        /// What is asked for, and what would work instead.
        problem: String,
    },
    /// Nodes of a sound model that cannot be imported, all of them.
    #[error("the model cannot be imported:\n  {}", problems.join("\n  "))]
    Operators {
        /// One line each: the operator or node, and why.
        problems: Vec<String>,
    },
    /// From building or running the graph.
    #[error(transparent)]
    Graph(#[from] graph::Error),
}

impl Error {
    pub(crate) fn malformed(at: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Malformed { at: at.into(), problem: problem.into() }
    }

    pub(crate) fn unsupported(at: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Unsupported { at: at.into(), problem: problem.into() }
    }

    pub(crate) fn io(path: impl Into<PathBuf>, source: std::io::Error) -> Self {
        Self::Io { path: path.into(), source }
    }
}
