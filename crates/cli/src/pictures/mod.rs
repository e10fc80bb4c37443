//! Pictures: pure functions from plain data to files that are worth a slide.
//!
//! Knows nothing of networks, so that every command can draw with it. Colours, sizes and font are in `look.rs`, the
//! canvas and the atomic files in `canvas.rs`, axes in `chart.rs`; every other file is one picture.

pub(crate) mod animation;
pub(crate) mod boundary;
mod canvas;
pub(crate) mod chart;
pub(crate) mod confusion;
pub(crate) mod curves;
pub(crate) mod fit;
pub(crate) mod graph;
pub(crate) mod learning_curve;
pub(crate) mod look;
pub(crate) mod matrix;
pub(crate) mod misread;
pub(crate) mod network;
mod plane;
pub(crate) mod sheet;
pub(crate) mod surface;
pub(crate) mod table_curve;

pub(crate) use canvas::save_png;

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use plotters::style::RGBColor;

    /// A folder for one test and a file name in it; `LENSLET_PICTURES=DIR` keeps the pictures to be looked at.
    pub(super) fn temporary(name: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = match std::env::var_os("LENSLET_PICTURES") {
            Some(kept) => Path::new(&kept).join(name),
            None => folder.path().join(name),
        };
        (folder, path)
    }

    /// The file is a picture of that size, shows all those colours, and is not all of one.
    pub(super) fn seen(path: &Path, size: (u32, u32), colors: &[RGBColor]) {
        let image = image::open(path).unwrap().into_rgb8();
        assert_eq!(image.dimensions(), size, "{}", path.display());
        for &RGBColor(r, g, b) in colors {
            let count = image.pixels().filter(|pixel| pixel.0 == [r, g, b]).count();
            assert!(count > 20, "{}: {count} pixels of colour {r} {g} {b}", path.display());
        }
    }
}
