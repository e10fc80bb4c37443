//! Data by name: the embedded digits, a folder of images, a table in a file or inside the program.

use crate::exit::{note, usage};
use anyhow::Context;
use lenslet::datasets::folder::{self, Listing, Survey};
use lenslet::datasets::table::{self, BUILTIN, Reading, Sheet};
use lenslet::datasets::{self, idx};
use lenslet::{Images, Model};
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

/// How pictures of a folder are read.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Read {
    /// As they are, or as most are where they differ; at this height and width if there are any.
    AsFound(Option<[usize; 2]>),
    /// As a model takes them.
    As([usize; 3]),
}

impl Read {
    /// As a model takes them, where it takes pictures.
    pub(crate) fn by(model: &Model) -> Read {
        match *model.input() {
            [c, h, w] => Read::As([c, h, w]),
            _ => Read::AsFound(None),
        }
    }
}

/// Images to train on and to test on.
pub(crate) fn load(name: &str, seed: u64, read: Read) -> anyhow::Result<(Images, Images)> {
    let dir = Path::new(name);
    if name != DIGITS && !dir.is_dir() {
        return Err(usage(format!("the data folder {name} is gone; say with --data where it is now")));
    }
    if name != DIGITS && !idx::holds(dir) {
        return pictures(dir, seed, read);
    }
    if matches!(read, Read::AsFound(Some(_))) {
        return Err(usage("--size is for folders of pictures; these images are of one size"));
    }
    if name == DIGITS {
        return Ok(datasets::digits()?);
    }
    Ok(match idx::read_dir(dir)? {
        (train, Some(test)) => (train, test),
        (all, None) => held_out(&all, seed, name)?,
    })
}

fn held_out(all: &Images, seed: u64, name: &str) -> anyhow::Result<(Images, Images)> {
    let (train, test) = all.split(HELD_OUT, seed);
    anyhow::ensure!(
        !test.is_empty(),
        "{name}: {} images of {} classes are too few to hold any out to test on; add some",
        all.len(),
        all.classes.len()
    );
    Ok((train, test))
}

/// A folder of class folders, or `train` and `test` with such in them.
fn pictures(dir: &Path, seed: u64, read: Read) -> anyhow::Result<(Images, Images)> {
    let list = |dir: &Path| {
        folder::list(dir).with_context(|| {
            let dir = dir.display();
            format!("no images can be had of {dir}: it holds neither IDX files nor class folders (DIR/cat/1.png)")
        })
    };
    let Some((train, test)) = folder::train_and_test(dir)? else {
        let listing = list(dir)?;
        let all = decode(dir, &listing, shape(&listing, read)?)?;
        for (class, count) in all.classes.iter().zip(all.class_counts()).filter(|(_, count)| *count == 1) {
            note(format!("note: class {class} has {count} picture, which is trained on: nothing tests it"));
        }
        return held_out(&all, seed, &dir.display().to_string());
    };
    let (of_train, of_test) = (list(&train)?, list(&test)?);
    anyhow::ensure!(
        of_train.classes == of_test.classes,
        "{} has the classes {}, {} has {}; they must be the same",
        train.display(),
        of_train.classes.join(", "),
        test.display(),
        of_test.classes.join(", ")
    );
    let shape = shape(&of_train, read)?;
    Ok((decode(&train, &of_train, shape)?, decode(&test, &of_test, shape)?))
}

/// The shape to read at; says what becomes of the pictures where it is not their own.
fn shape(listing: &Listing, read: Read) -> anyhow::Result<[usize; 3]> {
    let found = Survey::of(listing);
    let own = found.shape();
    let shape = match read {
        Read::As(shape) => shape,
        Read::AsFound(Some([h, w])) => [own[0], h, w],
        Read::AsFound(None) => own,
    };
    let why = match read {
        Read::As(_) => "as the model takes them",
        Read::AsFound(Some(_)) => "as --size says",
        Read::AsFound(None) if !found.one_size() => "the median of their sizes",
        Read::AsFound(None) => "made smaller; --size says another",
    };
    if found.sizes.iter().any(|size| *size != shape[1..]) {
        let [_, h, w] = shape;
        note(format!("pictures are read at {h}×{w} ({why}): the middle of each is cut out and resized"));
    }
    Ok(shape)
}

fn decode(dir: &Path, listing: &Listing, shape: [usize; 3]) -> anyhow::Result<Images> {
    let images = folder::read(listing, shape, |_, _| {})?;
    let counts: Vec<String> =
        images.classes.iter().zip(images.class_counts()).take(12).map(|(class, n)| format!("{class} {n}")).collect();
    let more = if images.classes.len() > 12 { ", …" } else { "" };
    let ignored = match listing.ignored.len() {
        0 => String::new(),
        n => format!("; files passed over, as they are no pictures: {n}"),
    };
    let colour = if shape[0] == 1 { "grey" } else { "colour" };
    note(format!(
        "{}: {} pictures in {colour} of {} classes ({}{more}){ignored}",
        dir.display(),
        images.len(),
        images.classes.len(),
        counts.join(", ")
    ));
    Ok(images)
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
