//! Test images that the network got wrong, with what it said and how sure it was.
//!
//! Where next: `confusion.rs` for which class is taken for which.

use std::path::Path;

use super::look::Tone;
use super::sheet::{self, Group, Image, Scale, Tile};

/// One misread image.
#[derive(Clone, Debug)]
pub(crate) struct Misread<'a> {
    pub(crate) image: Image<'a>,
    pub(crate) truth: &'a str,
    pub(crate) predicted: &'a str,
    /// Of the predicted class, as a fraction of 1.
    pub(crate) probability: f64,
}

/// Draws `misread` of `tested` images; with none wrong, says so.
pub(crate) fn misread(misread: &[Misread<'_>], wrong: usize, tested: usize, path: &Path) -> anyhow::Result<()> {
    let title = match (wrong, misread.len()) {
        (0, _) => return none_wrong(tested, path),
        (wrong, shown) if shown < wrong => format!("Misread: {wrong} of {tested} test images ({shown} of them shown)"),
        (wrong, _) => format!("Misread: {wrong} of {tested} test images"),
    };
    let tiles = misread.iter().map(|one| Tile {
        image: one.image,
        caption: vec![
            format!("{} read as {}", one.truth, one.predicted),
            format!("{:.0} % sure", one.probability * 100.0),
        ],
        frame: None,
    });
    let groups = [Group { title: String::new(), tiles: tiles.collect() }];
    sheet::images_sheet(&title, &groups, Tone::Grey, Scale::Common, path)
}

fn none_wrong(tested: usize, path: &Path) -> anyhow::Result<()> {
    use super::canvas::{FINE, HEIGHT, WIDTH, save};
    use super::look::{CENTER, INK, TITLE, write};
    save(path, (WIDTH, HEIGHT), |area| {
        let middle = ((WIDTH * FINE / 2) as i32, (HEIGHT * FINE / 2) as i32);
        write(area, &format!("None of {tested} test images was misread"), middle, TITLE, INK, CENTER)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pictures::canvas::{HEIGHT, WIDTH};
    use crate::pictures::look::INK;
    use crate::pictures::tests::{seen, temporary};
    use plotters::style::RGBColor;

    #[test]
    fn digits_and_captions_are_seen() {
        let ring: Vec<u8> = (0..28 * 28)
            .map(|i| {
                let (y, x) = ((i / 28) as f64 - 13.5, (i % 28) as f64 - 13.5);
                if ((x * x * 1.8 + y * y).sqrt() - 9.0).abs() < 1.6 { 255 } else { 0 }
            })
            .collect();
        let image = Image::Bytes { c: 1, h: 28, w: 28, pixels: &ring };
        let one = Misread { image, truth: "0", predicted: "6", probability: 0.834 };
        let (_folder, path) = temporary("misread.png");
        misread(&vec![one.clone(); 32], 35, 2000, &path).unwrap();
        seen(&path, (WIDTH, HEIGHT), &[INK, RGBColor(0, 0, 0), RGBColor(255, 255, 255)]);
        let (_folder, path) = temporary("misread_three.png");
        misread(&vec![one; 3], 3, 2000, &path).unwrap();
        seen(&path, (WIDTH, HEIGHT), &[INK, RGBColor(0, 0, 0)]);
    }

    #[test]
    fn a_perfect_network_gets_a_sentence() {
        let (_folder, path) = temporary("misread_none.png");
        misread(&[], 0, 2000, &path).unwrap();
        seen(&path, (WIDTH, HEIGHT), &[INK]);
    }
}
