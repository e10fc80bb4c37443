//! Images by name: the embedded digits, or a folder of IDX files.

use crate::exit::usage;
use anyhow::Context;
use lenslet::Images;
use lenslet::datasets::{self, idx};
use std::path::Path;

/// How a run calls the embedded set.
pub(crate) const DIGITS: &str = "digits";

/// Share of a set without test images that is held out.
const HELD_OUT: f64 = 1.0 / 6.0;

/// `DIR` as a run records it: from anywhere the same folder.
pub(crate) fn name(dir: Option<&Path>) -> anyhow::Result<String> {
    let Some(dir) = dir else { return Ok(DIGITS.into()) };
    if !dir.is_dir() {
        return Err(usage(format!("--data {}: there is no such folder", dir.display())));
    }
    let whole = dir.canonicalize().with_context(|| format!("cannot read {}", dir.display()))?;
    Ok(whole.to_string_lossy().into_owned())
}

/// Images to train on and to test on.
pub(crate) fn load(name: &str, seed: u64) -> anyhow::Result<(Images, Images)> {
    if name == DIGITS {
        return Ok(datasets::digits()?);
    }
    let dir = Path::new(name);
    if !dir.is_dir() {
        return Err(usage(format!("the data folder {name} is gone; say with --data where it is now")));
    }
    Ok(match idx::read_dir(dir)? {
        (train, Some(test)) => (train, test),
        (all, None) => all.split(HELD_OUT, seed),
    })
}
