//! Data by name: the embedded digits, a folder of images, a table in a file or inside the program.

use crate::exit::usage;
use anyhow::Context;
use lenslet::Images;
use lenslet::datasets::table::{self, BUILTIN, Reading, Sheet};
use lenslet::datasets::{self, idx};
use std::path::Path;

/// How a run calls the embedded set.
pub(crate) const DIGITS: &str = "digits";

/// Share of a set without test images that is held out.
const HELD_OUT: f64 = 1.0 / 6.0;

/// What a name stands for, with the name as a run records it: from anywhere the same file or folder.
pub(crate) enum Source {
    /// The embedded digits, or a folder.
    Images(String),
    /// A CSV file, or a table inside the program.
    Table(String),
}

/// What is called so; without a name the digits.
pub(crate) fn source(name: Option<&str>) -> anyhow::Result<Source> {
    let name = name.unwrap_or(DIGITS);
    if name == DIGITS {
        return Ok(Source::Images(name.into()));
    }
    if BUILTIN.contains(&name) {
        return Ok(Source::Table(name.into()));
    }
    let path = Path::new(name);
    if !path.exists() {
        return Err(usage(format!(
            "{name}: there is no such file or folder; inside the program there are {DIGITS}, {}",
            BUILTIN.join(", ")
        )));
    }
    let whole = path.canonicalize().with_context(|| format!("cannot read {name}"))?;
    let whole = whole.to_string_lossy().into_owned();
    Ok(if path.is_dir() { Source::Images(whole) } else { Source::Table(whole) })
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

/// A table by its recorded name.
pub(crate) fn sheet(name: &str, drop_missing: bool) -> anyhow::Result<Sheet> {
    if BUILTIN.contains(&name) {
        return Ok(table::builtin(name)?);
    }
    let path = Path::new(name);
    if !path.is_file() {
        return Err(usage(format!("the table {name} is gone; say with --data where it is now")));
    }
    Ok(Sheet::read(path, &Reading { drop_missing, ..Reading::default() })?)
}
