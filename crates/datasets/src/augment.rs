//! Random changes to training images: mirror, shift, turn, scale, blot a part out, mix two. What is drawn is plain data,
//! a function of (seed, epoch, image), so that it does not matter which thread draws it, or when.
//!
//! [`Augment`] says what may happen, [`Change`] what happens to one image, [`Mix`] which image is mixed in. The pixels
//! are moved in `warp.rs`.

mod warp;

use crate::Error;
use crate::philox::{Draws, Purpose};
use serde::{Deserialize, Serialize};

/// What may happen to an image; the default is nothing. Stored with a run's settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Augment {
    /// Probability of being mirrored left to right.
    pub flip: f32,
    /// Probability of being turned upside down (mirrored top to bottom).
    pub flip_vertical: f32,
    /// Pad by so many pixels on each side and cut the old size out at random: a shift by whole pixels.
    pub crop: u32,
    /// The most that an image is shifted, as a fraction of its side, along each axis.
    pub shift: f32,
    /// The most that it is turned about its centre, in degrees, either way.
    pub rotate: f32,
    /// The least and the greatest factor that it is scaled by about its centre.
    pub scale: [f32; 2],
    /// Probability that a rectangle is blotted out ("random erasing", Zhong et al. 2017).
    pub erase: f32,
    /// The least and the greatest fraction of the area that the rectangle covers.
    pub erase_area: [f32; 2],
    /// The α of mixup (Zhang et al. 2018): images are mixed λ to 1 − λ, λ from Beta(α, α). 0 is never.
    pub mixup: f32,
    /// The byte that fills what comes in from outside, and what is blotted out.
    pub fill: u8,
}

impl Default for Augment {
    fn default() -> Augment {
        Augment {
            flip: 0.0,
            flip_vertical: 0.0,
            crop: 0,
            shift: 0.0,
            rotate: 0.0,
            scale: [1.0, 1.0],
            erase: 0.0,
            erase_area: [0.02, 0.33],
            mixup: 0.0,
            fill: 0,
        }
    }
}

/// What happens to one image, in this order: mirror, scale, turn, shift, blot out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Change {
    /// Mirrored left to right.
    pub flip: bool,
    /// Mirrored top to bottom.
    pub flip_vertical: bool,
    /// Factor about the centre.
    pub scale: f32,
    /// Degrees about the centre, clockwise.
    pub rotate: f32,
    /// Pixels to the right.
    pub right: f32,
    /// Pixels down.
    pub down: f32,
    /// The rectangle blotted out.
    pub erase: Option<Rectangle>,
    /// The byte that fills what comes in from outside, and what is blotted out.
    pub fill: u8,
}

/// A part of an image, in pixels; lies within the image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rectangle {
    /// First row.
    pub top: usize,
    /// First column.
    pub left: usize,
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
}

/// Which image is mixed in: x = λ·own + (1 − λ)·partner, and the loss likewise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mix {
    /// Its row in the set; may be the image itself.
    pub partner: u32,
    /// λ in `[0, 1]`, the image's own part.
    pub lambda: f32,
}

impl Augment {
    /// Errors where a number lies outside its range, and says which.
    pub fn check(&self) -> Result<(), Error> {
        let [low, high] = self.scale;
        let [least, most] = self.erase_area;
        let unit = 0.0..=1.0;
        for (holds, rule, found) in [
            (unit.contains(&self.flip), "flip is a probability, 0 to 1", format!("{}", self.flip)),
            (
                unit.contains(&self.flip_vertical),
                "flip_vertical is a probability, 0 to 1",
                self.flip_vertical.to_string(),
            ),
            (self.crop <= 1 << 16, "crop is at most 65536 pixels", self.crop.to_string()),
            (unit.contains(&self.shift), "shift is a fraction of the side, 0 to 1", self.shift.to_string()),
            ((0.0..=180.0).contains(&self.rotate), "rotate is in degrees, 0 to 180", self.rotate.to_string()),
            (
                0.01 <= low && low <= high && high <= 100.0,
                "scale is [least, greatest], 0.01 to 100",
                format!("{low}, {high}"),
            ),
            (unit.contains(&self.erase), "erase is a probability, 0 to 1", self.erase.to_string()),
            (
                0.0 < least && least <= most && most <= 1.0,
                "erase_area is [least, greatest], above 0 to 1",
                format!("{least}, {most}"),
            ),
            ((0.0..=1000.0).contains(&self.mixup), "mixup is the alpha of a Beta, 0 to 1000", self.mixup.to_string()),
        ] {
            if !holds {
                return Err(Error::Argument(format!("augment: {rule}; got {found}")));
            }
        }
        Ok(())
    }

    /// What happens to image `index` of size `[c, h, w]` in an epoch.
    ///
    /// Every number is drawn, needed or not, so that asking for one change more leaves the others as they were.
    pub fn draw(&self, seed: u64, epoch: u32, index: u32, [_, height, width]: [usize; 3]) -> Change {
        let mut draws = Draws::at(seed, Purpose::Augment, epoch, index);
        let (flip, flip_vertical) = (draws.unit() < self.flip, draws.unit() < self.flip_vertical);
        let places = (2 * self.crop + 1) as f32;
        let mut whole = || (draws.unit() * places).floor().min(places - 1.0) - self.crop as f32;
        let (crop_right, crop_down) = (whole(), whole());
        let mut either_way = |most: f32| draws.between(-most, most);
        let right = crop_right + either_way(self.shift) * width as f32;
        let down = crop_down + either_way(self.shift) * height as f32;
        let rotate = either_way(self.rotate);
        let scale = draws.between(self.scale[0], self.scale[1]);
        let erased = draws.unit() < self.erase;
        let rectangle = self.rectangle(&mut draws, height, width);
        let erase = erased.then_some(rectangle);
        Change { flip, flip_vertical, scale, rotate, right, down, erase, fill: self.fill }
    }

    fn rectangle(&self, draws: &mut Draws, height: usize, width: usize) -> Rectangle {
        let area = draws.between(self.erase_area[0], self.erase_area[1]) * (height * width) as f32;
        let ratio = draws.between(0.3f32.ln(), (1.0 / 0.3f32).ln()).exp();
        let side = |length: f32, most: usize| (length.round() as usize).clamp(1, most);
        let (h, w) = (side((area * ratio).sqrt(), height), side((area / ratio).sqrt(), width));
        let mut start = |room: usize| ((draws.unit() * (room + 1) as f32) as usize).min(room);
        Rectangle { top: start(height - h), left: start(width - w), height: h, width: w }
    }

    /// What is mixed into image `index` of a set of `n`, or `None` where nothing ever is.
    pub fn mix(&self, seed: u64, epoch: u32, index: u32, n: u32) -> Option<Mix> {
        if self.mixup == 0.0 || n == 0 {
            return None;
        }
        let mut draws = Draws::at(seed, Purpose::Mixup, epoch, index);
        let partner = draws.below(n);
        let (a, b) = (log_gamma_draw(self.mixup, &mut draws), log_gamma_draw(self.mixup, &mut draws));
        // a/(a + b), from logarithms: for a small α both underflow, but not their ratio.
        Some(Mix { partner, lambda: (1.0 / (1.0 + (b - a).exp())) as f32 })
    }
}

/// The logarithm of a number from Gamma(α, 1): Marsaglia and Tsang, "A simple method for generating gamma variables"
/// (2000), for α + 1, brought to α by a power of a uniform number.
fn log_gamma_draw(alpha: f32, draws: &mut Draws) -> f64 {
    let d = f64::from(alpha) + 1.0 - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    let log_unit = |draws: &mut Draws| (1.0 - f64::from(draws.unit())).ln();
    let power = log_unit(draws) / f64::from(alpha);
    loop {
        let x = f64::from(draws.normal());
        let v = (1.0 + c * x).powi(3);
        let log_u = log_unit(draws);
        if v > 0.0 && log_u < 0.5 * x * x + d - d * v + d * v.ln() {
            return (d * v).ln() + power;
        }
    }
}

#[cfg(test)]
#[path = "augment_tests.rs"]
mod tests;
