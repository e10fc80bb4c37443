//! External data: tensors whose bytes lie in a file beside the model.
//!
//! The model names the file, so a hostile one could ask for any file of the user's. Only regular files within the
//! model's folder are read, after links are followed, and no more of them than sound models do.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Component, Path, PathBuf};

use super::onnx::StringStringEntryProto;
use crate::Error;

/// Where external data may lie, and how much of each file may still be read.
pub(super) struct External<'a> {
    folder: Option<&'a Path>,
    /// Twice a file's length to begin with: tied weights may be read twice, a thousand overlapping tensors may not.
    left: HashMap<PathBuf, u64>,
}

impl<'a> External<'a> {
    pub(super) fn new(folder: Option<&'a Path>) -> Self {
        Self { folder, left: HashMap::new() }
    }

    /// The `wanted` bytes that `entries` (keys location, offset, length) point at.
    pub(super) fn read(&mut self, entries: &[StringStringEntryProto], wanted: u64, at: &str) -> Result<Vec<u8>, Error> {
        let value = |key: &str| entries.iter().find(|entry| entry.key() == key).map(|entry| entry.value());
        let number =
            |key: &str| match value(key) {
                None => Ok(None),
                Some(text) => text.trim().parse::<u64>().map(Some).map_err(|_| {
                    Error::malformed(at, format!("external data: {key} {text:?} is not a number of bytes"))
                }),
            };
        let location = value("location").ok_or_else(|| Error::malformed(at, "external data without a location"))?;
        let offset = number("offset")?.unwrap_or(0);
        if let Some(length) = number("length")?.filter(|length| *length != wanted) {
            let problem = format!("external data: length is {length} bytes, dims and type need {wanted}");
            return Err(Error::malformed(at, problem));
        }

        let path = self.place(location, at)?;
        let held = fs::metadata(&path).map_err(|source| Error::io(&path, source))?;
        if !held.is_file() {
            return Err(Error::malformed(at, format!("external data: {location:?} is not a file")));
        }
        if offset.checked_add(wanted).is_none_or(|end| end > held.len()) {
            let held = held.len();
            let problem =
                format!("external data: {location:?} has {held} bytes, {wanted} at offset {offset} are needed");
            return Err(Error::malformed(at, problem));
        }
        let left = self.left.entry(path.clone()).or_insert_with(|| held.len().saturating_mul(2));
        *left = left.checked_sub(wanted).ok_or_else(|| {
            Error::malformed(at, format!("external data: tensors overlap more than twofold in {location:?}"))
        })?;

        let size = usize::try_from(wanted).map_err(|_| Error::malformed(at, "too large for this machine"))?;
        let mut bytes = vec![0; size];
        let mut file = File::open(&path).map_err(|source| Error::io(&path, source))?;
        file.seek(SeekFrom::Start(offset)).map_err(|source| Error::io(&path, source))?;
        file.read_exact(&mut bytes).map_err(|source| Error::io(&path, source))?;
        Ok(bytes)
    }

    /// `location` as a real path, which must lie in the model's folder.
    fn place(&self, location: &str, at: &str) -> Result<PathBuf, Error> {
        let folder = self.folder.ok_or_else(|| {
            Error::unsupported(
                at,
                format!("data lies in {location:?}, and a model from memory has no folder; give one"),
            )
        })?;
        let outside = || {
            let problem =
                format!("external data: {location:?} leads outside the model's folder; put the file beside it");
            Error::malformed(at, problem)
        };
        let inward = |part: Component| matches!(part, Component::Normal(_) | Component::CurDir);
        if !Path::new(location).components().all(inward) {
            return Err(outside());
        }
        // `parent` of a bare file name is the empty path, which the system does not know as the current folder.
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let root = folder.canonicalize().map_err(|source| Error::io(folder, source))?;
        let path = root.join(location);
        let path = path.canonicalize().map_err(|source| Error::io(path, source))?;
        if path.starts_with(&root) { Ok(path) } else { Err(outside()) }
    }
}
