//! Image folders: `DIR/class/picture.png`, the folder's name being the class. Listing and reading are two calls, so
//! that a caller can show what was found, and what was passed over, before minutes of decoding.

use crate::image_file::{check_shape, header, image_file};
use crate::{Error, Images};
use rayon::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

const EXTENSIONS: [&str; 10] = ["png", "jpg", "jpeg", "bmp", "gif", "webp", "pgm", "ppm", "pbm", "pnm"];

/// What a folder of class folders holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// The class folders' names, sorted.
    pub classes: Vec<String>,
    /// Every picture with its class, sorted by class and name.
    pub files: Vec<(PathBuf, u32)>,
    /// Files that are no pictures by their extension, or lie outside the class folders. Hidden ones are not told.
    pub ignored: Vec<PathBuf>,
}

/// What the pictures of a listing look like, by their headers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Survey {
    /// Height and width of every picture whose header can be read.
    pub sizes: Vec<[usize; 2]>,
    /// Whether any of them is in colour.
    pub colour: bool,
}

/// The longest side that pictures are read at where nobody says another.
pub const USUAL_SIDE: usize = 224;

impl Survey {
    /// Looks at every header, on rayon's threads. Pictures that cannot be read are left to [`read`].
    pub fn of(listing: &Listing) -> Survey {
        let headers: Vec<_> = listing.files.par_iter().filter_map(|(path, _)| header(path).ok()).collect();
        Survey { colour: headers.iter().any(|header| header.1), sizes: headers.into_iter().map(|h| h.0).collect() }
    }

    /// Whether all pictures are of one size.
    pub fn one_size(&self) -> bool {
        self.sizes.windows(2).all(|pair| pair[0] == pair[1])
    }

    /// `[c, h, w]` to read the pictures at: in colour where any is; their size, or the median height and the median
    /// width where sizes differ; made smaller, keeping the ratio, where a side is longer than [`USUAL_SIDE`].
    pub fn shape(&self) -> [usize; 3] {
        let median = |axis: usize| {
            let mut sides: Vec<usize> = self.sizes.iter().map(|size| size[axis]).collect();
            sides.sort_unstable();
            sides.get(sides.len() / 2).copied().unwrap_or(1)
        };
        let (h, w) = (median(0), median(1));
        let longest = h.max(w);
        let side = |side: usize| match longest > USUAL_SIDE {
            true => ((side * USUAL_SIDE + longest / 2) / longest).max(1),
            false => side,
        };
        [if self.colour { 3 } else { 1 }, side(h), side(w)]
    }
}

/// Folders of class folders to train on and to test on, where `dir` holds just these: `train` beside `test`, `val` or
/// `valid`.
pub fn train_and_test(dir: &Path) -> Result<Option<(PathBuf, PathBuf)>, Error> {
    let folders: Vec<PathBuf> = visible(dir)?.into_iter().filter(|path| path.is_dir()).collect();
    let named = |names: &[&str]| folders.iter().find(|path| names.iter().any(|name| path.ends_with(name))).cloned();
    Ok(match (named(&["train"]), named(&["test", "val", "valid"])) {
        (Some(train), Some(test)) if folders.len() == 2 => Some((train, test)),
        _ => None,
    })
}

/// Lists `dir`. Errors where there are fewer than two class folders, or one without a picture.
pub fn list(dir: &Path) -> Result<Listing, Error> {
    let mut listing = Listing { classes: Vec::new(), files: Vec::new(), ignored: Vec::new() };
    for class in visible(dir)? {
        if !class.is_dir() {
            listing.ignored.push(class);
            continue;
        }
        let before = listing.files.len();
        for file in visible(&class)? {
            if is_picture(&file) && file.is_file() {
                listing.files.push((file, listing.classes.len() as u32));
            } else {
                listing.ignored.push(file);
            }
        }
        if listing.files.len() == before {
            let problem = format!("no pictures in this class folder (looked for {})", EXTENSIONS.join(", "));
            return Err(Error::format(class.display().to_string(), problem));
        }
        listing.classes.push(class.file_name().unwrap_or_default().to_string_lossy().into_owned());
    }
    if listing.classes.len() < 2 {
        let problem = format!(
            "{} class folders; an image folder needs two or more, as in DIR/cat/1.png and DIR/dog/1.png",
            listing.classes.len()
        );
        return Err(Error::format(dir.display().to_string(), problem));
    }
    Ok(listing)
}

fn is_picture(file: &Path) -> bool {
    let extension = file.extension().map(|extension| extension.to_string_lossy().to_lowercase());
    extension.is_some_and(|extension| EXTENSIONS.contains(&extension.as_str()))
}

/// What lies in a folder, sorted, without hidden entries.
fn visible(dir: &Path) -> Result<Vec<PathBuf>, Error> {
    let entries = std::fs::read_dir(dir).map_err(|cause| Error::read(dir, cause))?;
    let entries: Result<Vec<PathBuf>, _> = entries.map(|entry| entry.map(|entry| entry.path())).collect();
    let mut entries = entries.map_err(|cause| Error::read(dir, cause))?;
    entries.retain(|path| !path.file_name().unwrap_or_default().to_string_lossy().starts_with('.'));
    entries.sort_unstable();
    Ok(entries)
}

/// Reads all pictures of a listing as `[c, h, w]`, each as [`image_file`] does, on rayon's threads (decoding is all the
/// work). `progress` is called with (read so far, all) from any of them.
///
/// Unreadable pictures are an error that counts them and says what is wrong with the first, in the listing's order.
pub fn read(listing: &Listing, shape: [usize; 3], progress: impl Fn(usize, usize) + Sync) -> Result<Images, Error> {
    check_shape(shape)?;
    let (count, size) = (listing.files.len(), shape.iter().product::<usize>());
    let bytes = count.checked_mul(size).filter(|&bytes| isize::try_from(bytes).is_ok());
    let bytes =
        bytes.ok_or_else(|| Error::Argument(format!("{count} pictures of {shape:?} do not fit into memory")))?;
    let (mut pixels, done) = (vec![0; bytes], AtomicUsize::new(0));
    let into_place = |(place, (path, _)): (&mut [u8], &(PathBuf, u32))| {
        let result = image_file(path, shape).map(|picture| place.copy_from_slice(&picture));
        progress(done.fetch_add(1, Ordering::Relaxed) + 1, count);
        result.err()
    };
    let errors: Vec<Error> = pixels.par_chunks_exact_mut(size).zip(&listing.files).filter_map(into_place).collect();
    let failed = errors.len();
    let others: Vec<String> = errors.iter().skip(1).take(4).filter_map(file_of).collect();
    let others = if failed > 5 { format!("{} and more", others.join(", ")) } else { others.join(", ") };
    match errors.into_iter().next() {
        None => Images::new(pixels, listing.files.iter().map(|file| file.1).collect(), shape, listing.classes.clone()),
        Some(Error::Format { file, problem }) if failed > 1 => {
            let problem = format!("{problem} ({failed} of {count} pictures are unreadable, also {others})");
            Err(Error::Format { file, problem })
        }
        Some(error) => Err(error),
    }
}

fn file_of(error: &Error) -> Option<String> {
    match error {
        Error::Format { file, .. } => Some(file.clone()),
        Error::Read { path, .. } => Some(path.display().to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{GrayImage, Luma};

    fn pictures(dir: &Path, class: &str, greys: &[u8]) {
        std::fs::create_dir_all(dir.join(class)).unwrap();
        for (i, &grey) in greys.iter().enumerate() {
            let name = ["a.png", "b.JPG", "c.pgm"][i % 3];
            let file = dir.join(class).join(name);
            GrayImage::from_pixel(6, 4, Luma([grey])).save(&file).unwrap();
        }
    }

    #[test]
    fn classes_are_folders() {
        let dir = tempfile::tempdir().unwrap();
        pictures(dir.path(), "cat", &[10, 20, 30]);
        assert!(list(dir.path()).unwrap_err().to_string().contains("1 class folders; an image folder needs two"));
        pictures(dir.path(), "ant", &[200]);
        std::fs::write(dir.path().join("cat/notes.txt"), "x").unwrap();
        std::fs::write(dir.path().join("cat/.hidden"), "x").unwrap();
        std::fs::write(dir.path().join("read.me"), "x").unwrap();
        let listing = list(dir.path()).unwrap();
        assert_eq!((&listing.classes[..], listing.files.len()), (&["ant".to_owned(), "cat".to_owned()][..], 4));
        assert_eq!(listing.ignored, [dir.path().join("cat/notes.txt"), dir.path().join("read.me")]);

        let told = AtomicUsize::new(0);
        let images = read(&listing, [1, 2, 2], |_, all| {
            assert_eq!(all, 4);
            told.fetch_add(1, Ordering::Relaxed);
        })
        .unwrap();
        assert_eq!((&images.labels[..], told.into_inner()), (&[0, 1, 1, 1][..], 4));
        assert_eq!([0, 1, 2, 3].map(|i| images.image(i)[0]), [200, 10, 20, 30]);
        assert_eq!(read(&listing, [3, 2, 2], |_, _| {}).unwrap().shape(), [3, 2, 2]);
    }

    #[test]
    fn the_shape_is_that_of_most() {
        let survey = |sizes: &[[usize; 2]], colour| Survey { sizes: sizes.to_vec(), colour }.shape();
        assert_eq!(survey(&[[6, 4]; 3], false), [1, 6, 4]);
        assert_eq!(survey(&[[6, 4], [100, 80], [50, 90]], true), [3, 50, 80]);
        assert_eq!(survey(&[[3000, 4000]], true), [3, 168, 224]);
        assert_eq!(survey(&[[1, 100_000]], false), [1, 1, 224]);
        let dir = tempfile::tempdir().unwrap();
        pictures(dir.path(), "cat", &[10, 20, 30]);
        pictures(dir.path(), "dog", &[1]);
        std::fs::write(dir.path().join("cat/d.png"), "not a picture").unwrap();
        let found = Survey::of(&list(dir.path()).unwrap());
        assert_eq!((found.sizes.len(), found.shape(), found.one_size()), (4, [1, 4, 6], true));
        image::RgbImage::new(2, 9).save(dir.path().join("cat/e.png")).unwrap();
        let found = Survey::of(&list(dir.path()).unwrap());
        assert_eq!((found.shape(), found.one_size()), ([3, 4, 6], false));
    }

    #[test]
    fn training_and_test_folders() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("train")).unwrap();
        assert_eq!(train_and_test(dir.path()).unwrap(), None);
        std::fs::create_dir(dir.path().join("val")).unwrap();
        let found = train_and_test(dir.path()).unwrap().unwrap();
        assert_eq!(found, (dir.path().join("train"), dir.path().join("val")));
        std::fs::create_dir(dir.path().join("boats")).unwrap();
        assert_eq!(train_and_test(dir.path()).unwrap(), None, "a class beside them makes all of them classes");
    }

    #[test]
    fn bad_folders() {
        let dir = tempfile::tempdir().unwrap();
        pictures(dir.path(), "cat", &[10, 20, 30]);
        std::fs::create_dir(dir.path().join("dog")).unwrap();
        assert!(list(dir.path()).unwrap_err().to_string().contains("dog: no pictures in this class folder"));
        pictures(dir.path(), "dog", &[1]);
        for broken in ["cat/b.JPG", "dog/a.png"] {
            std::fs::write(dir.path().join(broken), "not a picture").unwrap();
        }
        let error = read(&list(dir.path()).unwrap(), [1, 2, 2], |_, _| {}).unwrap_err().to_string();
        assert!(error.contains("cat/b.JPG: not a picture of a known kind"), "{error}");
        assert!(error.contains("(2 of 4 pictures are unreadable, also "), "{error}");
        assert!(error.contains("dog/a.png)"), "{error}");
        assert!(matches!(list(&dir.path().join("absent")), Err(Error::Read { .. })));
    }
}
