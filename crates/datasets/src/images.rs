//! A labelled set of images in memory, bytes as they come from files. Normalising to f32 is the device's work; here are
//! the mean and standard deviation that it needs.

use crate::Error;
use crate::split;

/// Images of one size with a class each.
///
/// The fields are open for reading; build one with [`Images::new`], which checks them against each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Images {
    /// `[n, c, h, w]`, 0 is black.
    pub pixels: Vec<u8>,
    /// `[n]`, each an index into `classes`.
    pub labels: Vec<u32>,
    /// n.
    pub count: usize,
    /// c: 1 for grey, 3 for red, green, blue.
    pub channels: usize,
    /// h.
    pub height: usize,
    /// w.
    pub width: usize,
    /// Names of the classes.
    pub classes: Vec<String>,
}

impl Images {
    /// A set of `labels.len()` images, each `[c, h, w]`. Errors where the numbers do not fit each other.
    pub fn new(
        pixels: Vec<u8>,
        labels: Vec<u32>,
        [channels, height, width]: [usize; 3],
        classes: Vec<String>,
    ) -> Result<Images, Error> {
        let (count, shape) = (labels.len(), format!("[{channels}, {height}, {width}]"));
        let needed = [count, channels, height, width].iter().try_fold(1usize, |product, &dim| product.checked_mul(dim));
        if channels == 0 || height == 0 || width == 0 {
            return Err(Error::Argument(format!("images of {shape} have no pixels; every side must be at least 1")));
        }
        if needed != Some(pixels.len()) {
            return Err(Error::Argument(format!(
                "{count} images of {shape} do not make up the {} pixels given",
                pixels.len()
            )));
        }
        if u32::try_from(count).is_err() {
            return Err(Error::Argument(format!("{count} images; a set holds at most {}", u32::MAX)));
        }
        if let Some((row, label)) = labels.iter().enumerate().find(|&(_, &label)| label as usize >= classes.len()) {
            return Err(Error::Argument(format!(
                "image {row} has label {label}, but there are {} classes, numbered from 0",
                classes.len()
            )));
        }
        Ok(Images { pixels, labels, count, channels, height, width, classes })
    }

    /// How many images.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// `[c, h, w]` of every image.
    pub fn shape(&self) -> [usize; 3] {
        [self.channels, self.height, self.width]
    }

    /// Bytes of one image, c·h·w.
    pub fn image_bytes(&self) -> usize {
        self.channels * self.height * self.width
    }

    /// The pixels of image `i`, `[c, h, w]`.
    ///
    /// # Panics
    /// Where `i` is not below [`Images::len`], as a slice does.
    pub fn image(&self, i: usize) -> &[u8] {
        &self.pixels[i * self.image_bytes()..][..self.image_bytes()]
    }

    /// Mean and standard deviation of x/255 for each channel, over all images (the population's: divided by n).
    /// What a network's input is normalised with. `(0, 0)` for an empty set.
    pub fn mean_std(&self) -> Vec<(f32, f32)> {
        let plane = self.height * self.width;
        let n = (self.count * plane).max(1) as f64;
        let channel = |c: usize| {
            // Sums of bytes and of their squares are exact in u64, so the order of adding cannot matter.
            let (mut sum, mut squares) = (0u64, 0u64);
            for pixels in self.pixels.chunks_exact(plane).skip(c).step_by(self.channels) {
                for &x in pixels {
                    sum += u64::from(x);
                    squares += u64::from(x) * u64::from(x);
                }
            }
            let mean = sum as f64 / n;
            let variance = (squares as f64 / n - mean * mean).max(0.0);
            ((mean / 255.0) as f32, (variance.sqrt() / 255.0) as f32)
        };
        (0..self.channels).map(channel).collect()
    }

    /// How many images each class has, `[classes]`.
    pub fn class_counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.classes.len()];
        self.labels.iter().for_each(|&label| counts[label as usize] += 1);
        counts
    }

    /// The images of these rows, in this order.
    ///
    /// # Panics
    /// Where a row is not below [`Images::len`].
    pub fn select(&self, rows: &[u32]) -> Images {
        let mut pixels = Vec::with_capacity(rows.len() * self.image_bytes());
        rows.iter().for_each(|&row| pixels.extend_from_slice(self.image(row as usize)));
        let labels = rows.iter().map(|&row| self.labels[row as usize]).collect();
        Images { pixels, labels, count: rows.len(), classes: self.classes.clone(), ..*self }
    }

    /// Two sets, to train on and held out, with the same share of every class ([`split::stratified`]).
    pub fn split(&self, held_out: f64, seed: u64) -> (Images, Images) {
        let split = split::stratified(&self.labels, held_out, seed);
        (self.select(&split.train), self.select(&split.held_out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(n: usize) -> Vec<String> {
        (0..n).map(|i| i.to_string()).collect()
    }

    #[test]
    fn checks() {
        let message = |result: Result<Images, Error>| result.expect_err("must be refused").to_string();
        let labels = message(Images::new(vec![0; 8], vec![0, 2], [1, 2, 2], names(2)));
        assert_eq!(labels, "image 1 has label 2, but there are 2 classes, numbered from 0");
        let pixels = message(Images::new(vec![0; 7], vec![0, 1], [1, 2, 2], names(2)));
        assert_eq!(pixels, "2 images of [1, 2, 2] do not make up the 7 pixels given");
        message(Images::new(vec![], vec![], [1, 0, 2], names(2)));
        message(Images::new(vec![], vec![0], [usize::MAX, 2, 2], names(1)));
    }

    #[test]
    fn statistics_by_channel() {
        // Two images of two channels, one row of two pixels.
        let images = Images::new(vec![0, 255, 51, 51, 255, 0, 51, 51], vec![0, 1], [2, 1, 2], names(2)).unwrap();
        assert_eq!(images.mean_std(), [(0.5, 0.5), (0.2, 0.0)]);
        assert_eq!(images.image(1), [255, 0, 51, 51]);
        assert_eq!(images.select(&[1, 1, 0]).labels, [1, 1, 0]);
        assert_eq!(images.class_counts(), [1, 1]);
        assert_eq!(images.select(&[]).mean_std(), [(0.0, 0.0); 2]);
    }

    #[test]
    fn split_keeps_pixels_with_labels() {
        let images = Images::new((0..40).collect(), (0..40).map(|i| i % 4).collect(), [1, 1, 1], names(4)).unwrap();
        let (train, held_out) = images.split(0.25, 3);
        assert_eq!((train.len(), held_out.class_counts()), (30, vec![3, 2, 3, 2]));
        for part in [train, held_out] {
            assert!((0..part.len()).all(|i| u32::from(part.image(i)[0]) % 4 == part.labels[i]));
        }
    }
}
