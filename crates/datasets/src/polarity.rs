//! White on black, or black on white? A network that learned from one cannot read the other, and a scan of a digit is
//! the negative of an MNIST image. The choice is explicit: [`Polarity`] says it, and the caller is told what was done.

use crate::Images;

/// Whether an image must be inverted before a network sees it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Polarity {
    /// Compare the image's border with the training set's, see [`Polarity::inverts`].
    #[default]
    Auto,
    /// Leave it.
    AsIs,
    /// Invert it.
    Inverted,
}

/// A training border between these is neither paper nor blackboard, as in photos: nothing can be told from it.
const UNTELLING: std::ops::Range<f32> = 0.25..0.75;

impl Polarity {
    /// Whether to invert `pixels` (`[c, h, w]`) for a network trained on images whose border has the brightness
    /// `trained_border`, 0 for black to 1 for white ([`Images::border_brightness`]).
    ///
    /// `Auto` does where the inverted border is nearer to the trained one; never where the trained border is a middle
    /// grey (0.25 to 0.75), for then it tells nothing, and never in colour: a negative photo is no scan.
    pub fn inverts(self, pixels: &[u8], [channels, height, width]: [usize; 3], trained_border: f32) -> bool {
        match self {
            Polarity::AsIs => false,
            Polarity::Inverted => true,
            Polarity::Auto if channels != 1 || UNTELLING.contains(&trained_border) => false,
            Polarity::Auto => {
                let border = brightness(pixels, [channels, height, width]);
                (1.0 - border - trained_border).abs() < (border - trained_border).abs()
            }
        }
    }
}

/// Every byte x becomes 255 − x.
pub fn invert(pixels: &mut [u8]) {
    pixels.iter_mut().for_each(|x| *x = 255 - *x);
}

impl Images {
    /// The mean of the outermost ring of pixels over all images and channels, 0 for black to 1 for white; 0 for an
    /// empty set.
    pub fn border_brightness(&self) -> f32 {
        brightness(&self.pixels, [self.count * self.channels, self.height, self.width])
    }
}

fn brightness(pixels: &[u8], [planes, height, width]: [usize; 3]) -> f32 {
    let (mut sum, mut count) = (0u64, 0u64);
    for (row, line) in pixels.chunks_exact(width).take(planes * height).enumerate() {
        // All of the first and the last row, both ends of the others (which are one where the image is a column).
        let step = if row % height == 0 || row % height == height - 1 { 1 } else { (width - 1).max(1) };
        for &x in line.iter().step_by(step) {
            sum += u64::from(x);
            count += 1;
        }
    }
    (sum as f64 / (count.max(1) * 255) as f64) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn auto_compares_borders() {
        let (digits, _) = crate::digits().unwrap();
        let border = digits.border_brightness();
        assert!(border < 0.01, "{border}");
        let mut image = digits.image(0).to_vec();
        assert!(!Polarity::Auto.inverts(&image, digits.shape(), border));
        assert!(Polarity::Inverted.inverts(&image, digits.shape(), border));
        invert(&mut image);
        assert!(Polarity::Auto.inverts(&image, digits.shape(), border));
        assert!(!Polarity::AsIs.inverts(&image, digits.shape(), border));
        assert!(!Polarity::Auto.inverts(&image, digits.shape(), 0.5));
        assert!(!Polarity::Auto.inverts(&image.repeat(3), [3, 28, 28], border));
    }

    #[test]
    fn the_border_is_the_ring() {
        let mut pixels = [255; 16];
        for inner in [5, 6, 9, 10] {
            pixels[inner] = 0;
        }
        assert_eq!(brightness(&pixels, [1, 4, 4]), 1.0);
        assert_eq!(brightness(&[0, 255], [1, 1, 2]), 0.5);
        assert_eq!(brightness(&[0, 255, 0], [1, 3, 1]), 1.0 / 3.0);
    }
}
