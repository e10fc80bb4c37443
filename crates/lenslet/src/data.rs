//! What a network must know of its data beside the pixels: how to normalise, what the classes are called, which way
//! round light and dark are, and a fingerprint that tells two sets apart.

use crate::fnv::Fnv;
use crate::{Model, Result};
use datasets::Images;
use serde::{Deserialize, Serialize};

/// Kept with a network, so that it reads new images as it read those it learned from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataInfo {
    /// Mean and standard deviation of x / 255 for each channel of the training set.
    pub mean_std: Vec<(f32, f32)>,
    /// Brightness of the training images' borders, 0 to 1.
    pub border: f32,
    /// Names of the classes.
    pub classes: Vec<String>,
    /// Hash of the training set: shape, pixels and labels.
    pub fingerprint: String,
}

impl DataInfo {
    /// Of a training set.
    pub fn of(images: &Images) -> Self {
        DataInfo {
            mean_std: images.mean_std(),
            border: images.border_brightness(),
            classes: images.classes.clone(),
            fingerprint: fingerprint(images),
        }
    }

    /// Of any data that a model might read: for plans and times, which pixels do not change.
    pub(crate) fn of_anything(model: &Model) -> Result<Self> {
        let channels = if let [c, _, _] = model.input() { *c } else { 1 };
        Ok(DataInfo {
            mean_std: vec![(0.0, 1.0); channels],
            border: 0.0,
            classes: (0..model.classes()?).map(|class| class.to_string()).collect(),
            fingerprint: String::new(),
        })
    }
}

/// Hash of shape, pixels and labels, 32 hexadecimal digits.
pub fn fingerprint(images: &Images) -> String {
    let mut hash = Fnv::new();
    for side in [images.len(), images.channels, images.height, images.width, images.classes.len()] {
        hash.write(&(side as u64).to_le_bytes());
    }
    hash.write(&images.pixels);
    images.labels.iter().for_each(|label| hash.write(&label.to_le_bytes()));
    hash.hex()
}
