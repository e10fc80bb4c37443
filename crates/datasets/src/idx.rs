//! IDX, the format of the MNIST family: a folder with the four usual names, two files, or bytes; plain or gzip.
//!
//! A header is a claim: it is held against the file's length before anything is allocated, and a compressed file is
//! unpacked no further than its header needs. Format: <https://yann.lecun.com/exdb/mnist/>.

use crate::{Error, Images};
use flate2::bufread::MultiGzDecoder;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
/// Deflate cannot make more than 1,032 bytes from one.
const GZIP_MOST: u64 = 1032;
/// No set is larger than this unpacked; a small file that claims (and delivers) more is an attack.
const LARGEST_BYTES: u64 = 4 << 30;

/// Whether a folder holds an IDX file of images, by its name.
pub fn holds(dir: &Path) -> bool {
    let names = std::fs::read_dir(dir).into_iter().flatten().flatten().filter_map(|e| e.file_name().into_string().ok());
    names.into_iter().any(|name| is_idx(&name, "images", "idx3"))
}

/// Reads a folder of IDX files: `train-images-idx3-ubyte` and `train-labels-idx1-ubyte` to train on,
/// `t10k-images-idx3-ubyte` and `t10k-labels-idx1-ubyte` (or `test-`) to test; each plain or `.gz`.
///
/// A folder with one pair of files only, of any prefix, gives `None` for the test set: [`Images::split`] holds a part
/// out. Both sets get the same classes, "0", "1" and so on up to the greatest label.
pub fn read_dir(dir: &Path) -> Result<(Images, Option<Images>), Error> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(|cause| Error::read(dir, cause))? {
        let entry = entry.map_err(|cause| Error::read(dir, cause))?;
        names.extend(entry.file_name().into_string());
    }
    names.sort_unstable();
    let mut sets: Vec<(&str, PathBuf, PathBuf)> = Vec::new();
    for images in names.iter().filter(|name| is_idx(name, "images", "idx3")) {
        let prefix = images.split("images").next().unwrap_or_default();
        let labels = names.iter().find(|name| is_idx(name, "labels", "idx1") && name.starts_with(prefix));
        let labels = labels.ok_or_else(|| {
            let problem = format!("{images} has no {prefix}labels-idx1-ubyte[.gz] beside it; both are needed");
            Error::format(dir.display().to_string(), problem)
        })?;
        if sets.iter().any(|&(known, ..)| known == prefix) {
            let problem = format!("more than one file of {prefix}images; leave one");
            return Err(Error::format(dir.display().to_string(), problem));
        }
        sets.push((prefix, dir.join(images), dir.join(labels)));
    }
    // `train-`, or `emnist-letters-train-`; only where there is one of the kind.
    let named = |endings: &[&str]| {
        let prefix = |set: &(&str, PathBuf, PathBuf)| set.0.trim_end_matches(['-', '_', '.']).to_owned();
        let mut fitting = sets.iter().filter(|set| endings.iter().any(|ending| prefix(set).ends_with(ending)));
        fitting.next().filter(|_| fitting.next().is_none())
    };
    match (named(&["train"]), named(&["t10k", "test"]), &sets[..]) {
        (Some(train), Some(test), _) => {
            let (mut train, mut test) = (read_pair(&train.1, &train.2)?, read_pair(&test.1, &test.2)?);
            if train.shape() != test.shape() {
                let problem = format!(
                    "training images are {:?}, test images {:?}; they must be of one size",
                    train.shape(),
                    test.shape()
                );
                return Err(Error::format(dir.display().to_string(), problem));
            }
            let classes = if train.classes.len() < test.classes.len() { &test.classes } else { &train.classes }.clone();
            (train.classes, test.classes) = (classes.clone(), classes);
            Ok((train, Some(test)))
        }
        (_, _, [(_, images, labels)]) => Ok((read_pair(images, labels)?, None)),
        _ => {
            let found = if names.is_empty() { "nothing".to_owned() } else { names[..names.len().min(8)].join(", ") };
            let problem = format!(
                "found {found}; needed are train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and \
                 t10k-labels-idx1-ubyte (each may end in .gz), or one pair of images and labels"
            );
            Err(Error::format(dir.display().to_string(), problem))
        }
    }
}

/// `train-images-idx3-ubyte.gz` and the spellings that unpackers make of it (`train-images.idx3-ubyte`).
fn is_idx(name: &str, what: &str, dims: &str) -> bool {
    let stem = name.strip_suffix(".gz").unwrap_or(name);
    stem.ends_with(&format!("{what}-{dims}-ubyte")) || stem.ends_with(&format!("{what}.{dims}-ubyte"))
}

/// Reads a file of images and a file of labels, plain or gzip whatever their names.
pub fn read_pair(images: &Path, labels: &Path) -> Result<Images, Error> {
    pair(Stream::open(images)?, Stream::open(labels)?)
}

/// The same from memory; a name before the bytes, for messages.
pub fn parse_pair(images: (&str, &[u8]), labels: (&str, &[u8])) -> Result<Images, Error> {
    pair(Stream::of(images.0, images.1)?, Stream::of(labels.0, labels.1)?)
}

fn pair(images: Stream, labels: Stream) -> Result<Images, Error> {
    let (images_name, labels_name) = (images.name.clone(), labels.name.clone());
    let ([count, height, width], pixels) = images.unpack("images")?;
    let ([labelled], labels) = labels.unpack("labels")?;
    if count != labelled {
        let problem =
            format!("{count} images, but {labelled} labels in {labels_name}; the files do not belong together");
        return Err(Error::format(images_name, problem));
    }
    let classes = labels.iter().max().map_or(0, |&most| usize::from(most) + 1);
    let names = (0..classes).map(|class| class.to_string()).collect();
    Images::new(pixels, labels.into_iter().map(u32::from).collect(), [1, height as usize, width as usize], names)
}

/// One IDX file while it is read.
struct Stream<'a> {
    name: String,
    bytes: Box<dyn Read + 'a>,
    /// No more than this can come, whatever the header says.
    most: u64,
    packed: bool,
}

impl<'a> Stream<'a> {
    fn open(path: &Path) -> Result<Stream<'static>, Error> {
        let file = File::open(path).map_err(|cause| Error::read(path, cause))?;
        let len = file.metadata().map_err(|cause| Error::read(path, cause))?.len();
        Stream::new(path.display().to_string(), BufReader::new(file), len).map_err(|cause| Error::read(path, cause))
    }

    fn of(name: &str, bytes: &'a [u8]) -> Result<Stream<'a>, Error> {
        let len = bytes.len() as u64;
        Stream::new(name.to_owned(), bytes, len).map_err(|cause| Error::format(name, cause.to_string()))
    }

    fn new(name: String, mut bytes: impl BufRead + 'a, len: u64) -> io::Result<Stream<'a>> {
        Ok(if bytes.fill_buf()?.starts_with(&GZIP_MAGIC) {
            let most = len.saturating_mul(GZIP_MOST);
            Stream { name, bytes: Box::new(MultiGzDecoder::new(bytes)), most, packed: true }
        } else {
            Stream { name, bytes: Box::new(bytes), most: len, packed: false }
        })
    }

    /// Checks the header for `D` dimensions of bytes; returns them and what follows.
    fn unpack<const D: usize>(mut self, what: &str) -> Result<([u32; D], Vec<u8>), Error> {
        let wrong = |name: &str, problem: String| Err(Error::format(name, problem));
        let header = self.take(4 + 4 * D as u64)?;
        let magic = [0, 0, 8, D as u8];
        if header.get(..4).is_some_and(|found| found != magic) {
            let found = header[..4].iter().map(|byte| format!("{byte:02x}")).collect::<String>();
            let mut problem = format!("starts with {found}, but IDX {what} start with 0000080{D}");
            if header[..2] == [0, 0] && [1, 3].contains(&header[3]) {
                problem += match (header[2], header[3]) {
                    (8, 1) => " (this is a file of labels)",
                    (8, _) => " (this is a file of images)",
                    _ => " (its elements are not unsigned bytes)",
                };
            }
            return wrong(&self.name, problem);
        }
        if header.len() < 4 + 4 * D {
            let problem = format!("ends after {} bytes, within the header of {} bytes", header.len(), 4 + 4 * D);
            return wrong(&self.name, problem);
        }
        let dims: [u32; D] = std::array::from_fn(|d| {
            let word = &header[4 + 4 * d..][..4];
            u32::from_be_bytes([word[0], word[1], word[2], word[3]])
        });
        let claim = format!("its header announces {what} {dims:?}");
        if dims.contains(&0) {
            return wrong(&self.name, format!("{claim}, which is nothing; every number must be at least 1"));
        }
        let needed = dims.iter().try_fold(1u64, |product, &dim| product.checked_mul(u64::from(dim)));
        let Some(needed) = needed.filter(|&needed| needed <= LARGEST_BYTES) else {
            return wrong(&self.name, format!("{claim}; more than {LARGEST_BYTES} bytes are refused"));
        };
        let room = self.most.saturating_sub(header.len() as u64);
        if needed > room {
            let most = if self.packed { " at the very most" } else { "" };
            return wrong(&self.name, format!("{claim}, {needed} bytes, but {room} bytes{most} follow: it is cut off"));
        }
        // One byte more than is needed tells whether the file ends where it should.
        let content = self.take(needed + 1)?;
        match content.len() as u64 {
            found if found == needed => Ok((dims, content)),
            found if found < needed => {
                wrong(&self.name, format!("{claim}, {needed} bytes, but {found} bytes follow: it is cut off"))
            }
            _ => wrong(&self.name, format!("{claim}, {needed} bytes, but more follow; the header's counts are wrong")),
        }
    }

    /// Up to `limit` bytes; fewer at the end of the file. Memory grows with what comes, not with the limit.
    fn take(&mut self, limit: u64) -> Result<Vec<u8>, Error> {
        let mut taken = Vec::new();
        self.bytes.by_ref().take(limit).read_to_end(&mut taken).map_err(|cause| {
            let doing = if self.packed { "unpacked" } else { "read" };
            Error::format(&self.name, format!("cannot be {doing}: {cause}; the file is damaged or cut off"))
        })?;
        Ok(taken)
    }
}

#[cfg(test)]
#[path = "idx_tests.rs"]
mod tests;
