//! What can go wrong between a file and a batch. Four kinds, because callers act on no more:
//! the file cannot be read, its content is wrong, one cell of a table is wrong, or the call itself is.

use std::path::{Path, PathBuf};

/// An error of this crate; its message says what was found, what is needed and how to mend it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operating system would not give the file or folder.
    #[error("cannot read {}: {cause}", path.display())]
    Read {
        /// The file or folder asked for.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// The file was read, but what it holds is not what is needed.
    #[error("{file}: {problem}")]
    Format {
        /// The file, or the name of an embedded one.
        file: String,
        /// What was found, and what is needed.
        problem: String,
    },
    /// One cell of a table is missing, not a number, or of an unknown category.
    #[error("{file}, line {line}, column \"{column}\": {problem}")]
    Cell {
        /// The file, or the name of an embedded table.
        file: String,
        /// The line in the file, from 1, header included.
        line: u64,
        /// The column's name.
        column: String,
        /// What was found, and what is needed.
        problem: String,
    },
    /// The call asks for something that cannot be had of this data.
    #[error("{0}")]
    Argument(String),
}

impl Error {
    pub(crate) fn read(path: &Path, cause: std::io::Error) -> Error {
        Error::Read { path: path.to_owned(), cause }
    }

    pub(crate) fn format(file: impl Into<String>, problem: impl Into<String>) -> Error {
        Error::Format { file: file.into(), problem: problem.into() }
    }
}
