//! `models`: what presets there are. And models by name, for all commands: a preset, sizes such as `3-4-2`, a file, or a
//! run.

use super::report;
use crate::exit::{print, usage};
use anyhow::Context;
use clap::Args;
use lenslet::{Model, RunText, names, presets};
use serde_json::json;
use std::path::Path;

/// List the models that `train --model` knows by name, with their sizes; or print the text of one.
#[derive(Args)]
pub(crate) struct Models {
    /// Print this model's text, to begin one's own with: `lenslet models resnet8 > mine.toml`
    name: Option<String>,
    /// One line of JSON instead of text
    #[arg(long)]
    json: bool,
}

impl Models {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let mut presets = presets();
        if let Some(name) = &self.name {
            presets.retain(|preset| preset.name == name);
            let [preset] = &presets[..] else { return Err(unknown(name)) };
            if !self.json {
                return print(preset.text.trim_end());
            }
        }
        let (mut rows, mut told) = (Vec::new(), Vec::new());
        for preset in &presets {
            let (summary, classes) = (preset.model.summary()?, preset.model.classes()?);
            let input = preset.model.input().iter().map(usize::to_string).collect::<Vec<_>>().join("×");
            let parameters = report::thousands(summary.parameters as u64);
            let [layers, classes_text] = [summary.rows.len(), classes].map(|n| n.to_string());
            rows.push(vec![preset.name.into(), input, classes_text, layers, parameters, preset.about.into()]);
            let mut one = json!({
                "name": preset.name, "input": preset.model.input(), "classes": classes, "layers": summary.rows.len(),
                "parameters": summary.parameters, "about": preset.about,
            });
            if self.name.is_some() {
                one["text"] = preset.text.into();
            }
            told.push(one);
        }
        if self.json {
            return print(json!({ "models": told }));
        }
        print(format!(
            "{}\n\nInput and classes are what the text says; `train --model NAME` fits both to the data. \
             `lenslet models NAME`\nprints a model's text, `lenslet explain NAME` what becomes of it on a device.",
            report::table(&["name", "input", "classes", "layers", "parameters", "about"], &rows, &[1, 2, 3, 4])
        ))
    }
}

/// Whether a preset is called so.
pub(crate) fn is_preset(name: &str) -> bool {
    presets().iter().any(|preset| preset.name == name)
}

/// A preset for images of this shape and so many classes.
pub(crate) fn preset(name: &str, shape: [usize; 3], classes: usize) -> anyhow::Result<Model> {
    let fitted = Model::preset(name, shape, classes).ok_or_else(|| unknown(name))?;
    fitted.with_context(|| format!("the preset {name} for images of {shape:?}"))
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

pub(crate) fn from_file(name: &str) -> anyhow::Result<Model> {
    let path = Path::new(name);
    if !path.is_file() {
        return Err(unknown(name));
    }
    Ok(Model::from_file(path)?)
}

fn unknown(name: &str) -> anyhow::Error {
    let known: Vec<&str> = presets().iter().map(|preset| preset.name).collect();
    usage(format!(
        "no model is called {name}: there are the presets {}, a file of a model, a run folder with {}, or sizes such as 3-4-2",
        known.join(", "),
        names::RUN
    ))
}
