//! Models that are known to work, by name. Each is a text beside this file (`presets/resnet8.toml`), the same form that a
//! user writes; `lenslet models NAME` prints it, to begin one's own with.

use super::{Layer, Model};
use crate::Result;

/// A model with a name and a sentence.
#[derive(Clone, Debug, PartialEq)]
pub struct Preset {
    /// As `--model` takes it.
    pub name: &'static str,
    /// What it is.
    pub about: &'static str,
    /// Its text, comments included.
    pub text: &'static str,
    /// The model for the images and classes that its text says; [`Model::preset`] fits it to others.
    pub model: Model,
}

/// Name, sentence and text; the first is the default.
const TEXTS: [(&str, &str, &str); 7] = [
    ("lenet", "two convolutions and one linear layer; the default", include_str!("presets/lenet.toml")),
    ("lenet5", "LeNet-5 of 1998: tanh and average pooling", include_str!("presets/lenet5.toml")),
    ("mlp", "one hidden layer of 128, no convolution", include_str!("presets/mlp.toml")),
    ("vgg-small", "pairs of 3×3 convolutions with batch norm, after VGG", include_str!("presets/vgg-small.toml")),
    ("resnet8", "a residual network of three blocks for small images", include_str!("presets/resnet8.toml")),
    ("resnet18", "ResNet-18 as torchvision has it, for photos", include_str!("presets/resnet18.toml")),
    (
        "mobilenet-small",
        "MobileNet at a quarter of its width: depthwise convolutions",
        include_str!("presets/mobilenet-small.toml"),
    ),
];

/// All presets; the first is the default.
pub fn presets() -> Vec<Preset> {
    let read = |(name, about, text)| {
        let model = Model::from_text(text).unwrap_or_else(|error| panic!("the preset {name} is a model: {error}"));
        Preset { name, about, text, model }
    };
    TEXTS.map(read).into()
}

impl Model {
    /// The model of a preset, for images `[c, h, w]` of so many classes. `None` when there is no such preset.
    pub fn preset(name: &str, input: [usize; 3], classes: usize) -> Option<Result<Model>> {
        let (_, _, text) = TEXTS.into_iter().find(|(known, ..)| *known == name)?;
        Some(Model::from_text(text).and_then(|model| model.fitted(input, classes)))
    }

    /// The same layers for images of another shape, the last layer with as many outputs as there are classes.
    fn fitted(mut self, input: [usize; 3], classes: usize) -> Result<Model> {
        self.input = input.to_vec();
        if let Some(Layer::Linear { out_features, .. }) = self.layers.last_mut().map(|last| &mut last.layer) {
            *out_features = classes;
        }
        self.output()?;
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameters(name: &str, input: [usize; 3], classes: usize) -> usize {
        Model::preset(name, input, classes).unwrap().unwrap().summary().unwrap().parameters
    }

    /// LeNet-5 and MobileNet 0.25: what Keras counts as trainable; ResNet-18: what torchvision counts.
    #[test]
    fn as_large_as_the_originals() {
        assert_eq!(parameters("lenet5", [1, 28, 28], 10), 61_706);
        assert_eq!(parameters("resnet18", [3, 224, 224], 1000), 11_689_512);
        assert_eq!(parameters("mobilenet-small", [3, 224, 224], 1000), 470_072);
        for preset in presets() {
            let input = preset.model.input().to_vec();
            let fitted = Model::preset(preset.name, [input[0], input[1], input[2]], preset.model.classes().unwrap());
            assert_eq!(fitted.unwrap().unwrap(), preset.model, "{}", preset.name);
        }
        assert!(Model::preset("resnet", [1, 28, 28], 10).is_none());
    }

    #[test]
    fn fitted_to_other_images_and_classes() {
        for preset in presets() {
            for input in [[1, 28, 28], [3, 32, 40]] {
                let model = Model::preset(preset.name, input, 7).unwrap().unwrap();
                assert_eq!((model.input(), model.classes().unwrap()), (&input[..], 7), "{}", preset.name);
            }
        }
        let small = Model::preset("lenet5", [1, 8, 8], 10).unwrap().unwrap_err().to_string();
        assert!(small.starts_with("layer 4 \"conv2d2\": the kernel [5, 5]"), "{small}");
    }
}
