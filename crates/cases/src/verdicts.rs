//! Verdicts on disk: one small text file an adapter with its driver, in the user's cache folder.
//!
//! One line a verdict, appended as it is found, each with a checksum: a line that does not fit (a disk that was full,
//! two processes at once, another version) is as if it were not there, and is found out and written again. Without a
//! folder verdicts live as long as the process.

use crate::key::{Key, START, fnv};
use graph::Verdict;
use graph::gpu_core::AdapterSummary;
use std::collections::HashMap;
use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// What is known of an adapter's kernels.
#[derive(Debug)]
pub(crate) struct Verdicts {
    path: Option<PathBuf>,
    known: Mutex<HashMap<Key, Verdict>>,
}

impl Verdicts {
    /// Those of an adapter in `folder`; nothing is kept on disk where there is none.
    pub(crate) fn open(summary: &AdapterSummary, folder: Option<&Path>) -> Self {
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
        let name = format!("proofs-{:016x}.txt", fnv(START, about.as_bytes()) as u64);
        let path = folder.map(|folder| folder.join(name));
        let mut known = HashMap::new();
        if let Some(text) = path.as_ref().and_then(|path| std::fs::read(path).ok()) {
            known.extend(String::from_utf8_lossy(&text).lines().filter_map(read));
        } else if let Some(path) = &path
            && let Err(error) = begin(path, &about)
        {
            log::info!("{}: {error}; kernels are proved again in the next process", path.display());
        }
        Verdicts { path, known: Mutex::new(known) }
    }

    pub(crate) fn get(&self, key: Key) -> Option<Verdict> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned()
    }

    pub(crate) fn put(&self, key: Key, name: &str, verdict: &Verdict) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(key, verdict.clone());
        // A folder that takes no more costs the next process the proof, nothing else.
        if let Some(path) = &self.path
            && let Err(error) = append(path, &write(key, name, verdict))
        {
            log::debug!("{}: {error}", path.display());
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

fn begin(path: &Path, about: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(path, format!("# {about}\n"))
}

/// One write, so that processes do not cut each other's lines; it begins a line of its own whatever was there.
fn append(path: &Path, line: &str) -> std::io::Result<()> {
    std::fs::OpenOptions::new().append(true).open(path)?.write_all(format!("\n{line}\n").as_bytes())
}

fn write(key: Key, name: &str, verdict: &Verdict) -> String {
    let rest = match verdict {
        Verdict::Right => format!("{key:032x} right {name}"),
        Verdict::Unasked => format!("{key:032x} unasked {name}"),
        Verdict::Wrong(why) => format!("{key:032x} wrong {name}: {}", why.replace(['\n', '\r'], " ")),
    };
    format!("{:08x} {rest}", fnv(START, rest.as_bytes()) as u32)
}

fn read(line: &str) -> Option<(Key, Verdict)> {
    let (sum, rest) = line.split_once(' ')?;
    if u32::from_str_radix(sum, 16).ok()? != fnv(START, rest.as_bytes()) as u32 {
        return None;
    }
    let mut words = rest.splitn(3, ' ');
    let key = Key::from_str_radix(words.next()?, 16).ok()?;
    match (words.next()?, words.next()?) {
        ("right", _) => Some((key, Verdict::Right)),
        ("unasked", _) => Some((key, Verdict::Unasked)),
        ("wrong", text) => Some((key, Verdict::Wrong(text.split_once(": ")?.1.to_string()))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_back_and_a_damaged_one_is_not() {
        let wrong = Verdict::Wrong("output 0: is 1,\nnot 2".into());
        let line = write(7, "conv_direct/16x4", &wrong);
        assert_eq!(read(&line), Some((7, Verdict::Wrong("output 0: is 1, not 2".into()))));
        assert_eq!(read(&write(8, "copy", &Verdict::Right)), Some((8, Verdict::Right)));
        for damaged in ["", "#", "rubbish", &line[..line.len() - 1], &line.replace("wrong", "right"), "0 1 2 3"] {
            assert_eq!(read(damaged), None, "{damaged}");
        }
    }
}
