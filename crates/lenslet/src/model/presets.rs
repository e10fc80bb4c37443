//! Models that are known to work, by name.

use super::Model;

/// A model with a name and a sentence.
#[derive(Clone, Debug, PartialEq)]
pub struct Preset {
    /// As `--model` takes it.
    pub name: &'static str,
    /// What it is.
    pub about: &'static str,
    /// The model, for 28×28 grey images of 10 classes.
    pub model: Model,
}

/// All presets; the first is the default.
pub fn presets() -> Vec<Preset> {
    let digits = [1, 28, 28];
    vec![
        Preset {
            name: "lenet",
            about: "two convolutions and two linear layers, after LeCun's LeNet-5; the default",
            model: Model::new(digits)
                .conv2d(8, 5)
                .relu()
                .max_pool2d(2)
                .conv2d(16, 5)
                .relu()
                .max_pool2d(2)
                .flatten()
                .linear(10),
        },
        Preset {
            name: "mlp",
            about: "one hidden layer of 128",
            model: Model::new(digits).flatten().linear(128).relu().linear(10),
        },
    ]
}

impl Model {
    /// The model of a preset, for images `[c, h, w]` of so many classes. `None` when there is no such preset.
    pub fn preset(name: &str, input: [usize; 3], classes: usize) -> Option<Model> {
        let mut model = presets().into_iter().find(|preset| preset.name == name)?.model;
        model.input = input.to_vec();
        if let Some(super::Layer::Linear { out_features, .. }) = model.layers.last_mut().map(|last| &mut last.layer) {
            *out_features = classes;
        }
        Some(model)
    }
}
