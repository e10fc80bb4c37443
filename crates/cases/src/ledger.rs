//! What is known of an adapter's kernels, on disk: a small text file an adapter with its driver and a kind of knowledge, in
//! the user's cache folder.
//!
//! One line a fact, appended as it is found, each with a checksum: a line that does not fit (a disk that was full, two
//! processes at once, another version) is as if it were not there, and is found out and written again. Without a folder
//! facts live as long as the process. `verdicts.rs` and `choices.rs` say what a line means.

use crate::key::{Key, START, fnv};
use graph::gpu_core::AdapterSummary;
use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};

/// A file of facts, each about a key.
#[derive(Debug)]
pub(crate) struct Ledger {
    path: Option<PathBuf>,
    /// The adapter, the driver and this version, as the file's first line says.
    about: String,
}

impl Ledger {
    /// That of an adapter in `folder`, and the facts in it, the oldest first; nothing is kept where there is no folder.
    pub(crate) fn open(kind: &str, summary: &AdapterSummary, folder: Option<&Path>) -> (Self, Vec<(Key, String)>) {
        // Another version may launch the same text otherwise, or ask more.
        let about = format!(
            "lenslet {} · {} · {} · {} · {:04x}:{:04x}",
            env!("CARGO_PKG_VERSION"),
            summary.name,
            summary.backend,
            summary.driver_text(),
            summary.vendor,
            summary.device,
        );
        let name = format!("{kind}-{:016x}.txt", fnv(START, about.as_bytes()) as u64);
        let path = folder.map(|folder| folder.join(name));
        let mut facts = Vec::new();
        if let Some(text) = path.as_ref().and_then(|path| std::fs::read(path).ok()) {
            facts.extend(String::from_utf8_lossy(&text).lines().filter_map(read));
        }
        (Ledger { path, about }, facts)
    }

    /// Adds a fact.
    pub(crate) fn add(&self, key: Key, fact: &str) {
        // A folder that takes no more costs the next process the work, nothing else.
        if let Some(path) = &self.path
            && let Err(error) = append(path, &self.about, &line(key, fact))
        {
            log::info!("{}: {error}", path.display());
        }
    }
}

/// `LENSLET_CACHE`, or lenslet's folder in the user's cache; `None` where there is neither.
pub(crate) fn folder() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value: &OsString| !value.is_empty()).map(PathBuf::from);
    if let Some(folder) = set("LENSLET_CACHE") {
        return Some(folder);
    }
    let caches = if cfg!(windows) {
        set("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        set("HOME").map(|home| home.join("Library").join("Caches"))
    } else {
        set("XDG_CACHE_HOME").or_else(|| set("HOME").map(|home| home.join(".cache")))
    };
    caches.filter(|folder| folder.is_absolute()).map(|folder| folder.join("lenslet"))
}

/// One write, so that processes do not cut each other's lines; it begins a line of its own whatever was there.
fn append(path: &Path, about: &str, line: &str) -> std::io::Result<()> {
    if !path.exists() {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(path, format!("# {about}\n"))?;
    }
    std::fs::OpenOptions::new().append(true).open(path)?.write_all(format!("\n{line}\n").as_bytes())
}

fn line(key: Key, fact: &str) -> String {
    let rest = format!("{key:032x} {}", fact.replace(['\n', '\r'], " "));
    format!("{:08x} {rest}", fnv(START, rest.as_bytes()) as u32)
}

fn read(line: &str) -> Option<(Key, String)> {
    let (sum, rest) = line.split_once(' ')?;
    if u32::from_str_radix(sum, 16).ok()? != fnv(START, rest.as_bytes()) as u32 {
        return None;
    }
    let (key, fact) = rest.split_once(' ')?;
    Some((Key::from_str_radix(key, 16).ok()?, fact.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_back_and_a_damaged_one_is_not() {
        let whole = line(7, "wrong conv_direct/16x4: is 1,\nnot 2");
        assert_eq!(read(&whole), Some((7, "wrong conv_direct/16x4: is 1, not 2".into())));
        for damaged in ["", "#", "rubbish", &whole[..whole.len() - 1], &whole.replace("wrong", "right"), "0 1 2 3"] {
            assert_eq!(read(damaged), None, "{damaged}");
        }
    }
}
