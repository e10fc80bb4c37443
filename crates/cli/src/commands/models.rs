//! Models by name: a preset, sizes such as `3-4-2`, a file, or a run.

use crate::exit::usage;
use lenslet::{Model, RunText, names, presets};
use std::path::Path;

/// A model for images of this shape and so many classes: a preset or a file.
pub(crate) fn for_images(name: &str, shape: [usize; 3], classes: usize) -> anyhow::Result<Model> {
    match Model::preset(name, shape, classes) {
        Some(model) => Ok(model),
        None => from_file(name),
    }
}

/// A model alone: a preset, sizes, a file, or a run folder.
pub(crate) fn by_name(name: &str) -> anyhow::Result<Model> {
    if let Some(preset) = presets().into_iter().find(|preset| preset.name == name) {
        return Ok(preset.model);
    }
    if let Some(model) = perceptron(name)? {
        return Ok(model);
    }
    let path = Path::new(name);
    if path.is_dir() {
        return Ok(Model::from_text(&RunText::read(path)?.model)?);
    }
    from_file(name)
}

/// `3-4-2`: inputs, hidden neurons, outputs, each layer with a sigmoid.
fn perceptron(name: &str) -> anyhow::Result<Option<Model>> {
    let sizes: Result<Vec<usize>, _> = name.split('-').map(str::parse).collect();
    let Ok([inputs, rest @ ..]) = sizes.as_deref() else { return Ok(None) };
    if rest.is_empty() || sizes.iter().flatten().any(|&size| size == 0) {
        return Err(usage(format!("{name}: sizes are inputs, hidden layers and outputs, each at least 1: 3-4-2")));
    }
    Ok(Some(rest.iter().fold(Model::new([*inputs]), |model, &size| model.linear(size).sigmoid())))
}

fn from_file(name: &str) -> anyhow::Result<Model> {
    let path = Path::new(name);
    if !path.is_file() {
        let known: Vec<&str> = presets().iter().map(|preset| preset.name).collect();
        return Err(usage(format!(
            "no model is called {name}: there are the presets {}, a file of a model, a run folder with {}, or sizes such as 3-4-2",
            known.join(", "),
            names::RUN
        )));
    }
    Ok(Model::from_file(path)?)
}
