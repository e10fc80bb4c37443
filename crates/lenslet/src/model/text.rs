//! A model as text: TOML with one line a layer, in order.
//!
//! ```toml
//! input = [1, 28, 28]
//! layers = [
//!     { type = "conv2d", out_channels = 8, kernel_size = 5 },
//!     { type = "relu" },
//! ]
//! ```

use super::{Entry, Layer, Model};
use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use std::path::Path;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    input: Vec<usize>,
    layers: Vec<toml::Table>,
}

impl Model {
    /// Reads a model's text.
    ///
    /// # Errors
    /// Not TOML, an unknown layer or setting, an input that is not `[c, h, w]` or `[features]`, layers that do not fit.
    pub fn from_text(text: &str) -> Result<Model> {
        let wrong = |error: toml::de::Error| Error::Setting(format!("the model's text: {error}"));
        let text: Text = toml::from_str(text).map_err(wrong)?;
        if !matches!(text.input.len(), 1 | 3) || text.input.contains(&0) {
            let got = text.input;
            return Err(Error::Setting(format!("input is [channels, height, width] or [features], got {got:?}")));
        }
        let layers = text.layers.into_iter().enumerate().map(|(at, table)| entry(at, table)).collect::<Result<_>>()?;
        let model = Model { input: text.input, layers };
        model.output()?;
        Ok(model)
    }

    /// Reads a model's file.
    ///
    /// # Errors
    /// As [`from_text`](Self::from_text), or the file cannot be read.
    pub fn from_file(path: &Path) -> Result<Model> {
        let text = std::fs::read_to_string(path).map_err(Error::read(path))?;
        Model::from_text(&text).map_err(|error| Error::format(path, error.to_string()))
    }

    /// The text that [`from_text`](Self::from_text) reads.
    pub fn to_text(&self) -> String {
        let mut text = format!("input = {:?}\nlayers = [\n", self.input);
        for entry in &self.layers {
            text += &format!("    {},\n", line(entry));
        }
        text + "]\n"
    }
}

fn entry(at: usize, mut table: toml::Table) -> Result<Entry> {
    let kind = table.get("type").and_then(|kind| kind.as_str()).unwrap_or("layer").to_string();
    let wrong = |why: String| Error::Layer { position: at + 1, layer: kind.clone(), why };
    let name = match table.remove("name") {
        None => None,
        Some(toml::Value::String(name)) => Some(name),
        Some(other) => return Err(wrong(format!("name is a text, got {other}"))),
    };
    let from = match table.remove("from") {
        None => Vec::new(),
        Some(list) => Vec::<String>::deserialize(list)
            .map_err(|_| wrong("from is a list of layers' names: from = [\"conv2d1\", \"relu2\"]".into()))?,
    };
    let layer = Layer::deserialize(table).map_err(|error| wrong(error.message().to_string()))?;
    Ok(Entry { layer, name, from })
}

/// `{ type = "conv2d", out_channels = 8, kernel_size = 5, name = "stem" }`
fn line(entry: &Entry) -> String {
    let mut table = toml::Table::try_from(entry.layer).expect("layers are tables of numbers");
    let kind = table.remove("type").expect("layers say their type");
    let mut fields = vec![format!("type = {kind}")];
    fields.extend(table.iter().map(|(key, value)| format!("{key} = {value}")));
    if let Some(name) = &entry.name {
        fields.push(format!("name = {}", toml::Value::from(name.as_str())));
    }
    if !entry.from.is_empty() {
        let mut names = String::new();
        let list = entry.from.serialize(toml::ser::ValueSerializer::new(&mut names));
        debug_assert!(list.is_ok(), "names are texts");
        fields.push(format!("from = {names}"));
    }
    format!("{{ {} }}", fields.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Conv2d;

    #[test]
    fn every_preset_and_a_branch_survive() {
        for preset in crate::presets() {
            let model = preset.model;
            assert_eq!(Model::from_text(&model.to_text()).unwrap(), model, "{}", preset.name);
        }
        let model = Model::new([3, 8, 8])
            .conv(Conv2d::new(3, [3, 1]).padding([1, 0]).no_bias())
            .named("stem")
            .leaky_relu(0.2)
            .add(["input", "leaky_relu1"])
            .concat(["add1", "stem"]);
        let text = model.to_text();
        assert_eq!(Model::from_text(&text).unwrap(), model, "{text}");
        assert!(text.contains("{ type = \"concat\", from = [\"add1\", \"stem\"] }"), "{text}");
    }

    #[test]
    fn mistakes_name_the_layer() {
        let message = |layers: &str| {
            let text = format!("input = [1, 8, 8]\nlayers = [{layers}]");
            Model::from_text(&text).expect_err("must be refused").to_string()
        };
        let typo = message("{ type = \"conv2d\", out_channels = 8, kernel = 5 }");
        assert!(typo.starts_with("layer 1 \"conv2d\": unknown field `kernel`"), "{typo}");
        let unknown = message("{ type = \"relu\" }, { type = \"konv\" }");
        assert!(unknown.starts_with("layer 2 \"konv\": unknown variant"), "{unknown}");
        let extra = message("{ type = \"relu\", inplace = true }");
        assert!(extra.starts_with("layer 1 \"relu\": unknown field `inplace`"), "{extra}");
        let large = message("{ type = \"conv2d\", out_channels = 8, kernel_size = 9 }");
        assert!(large.starts_with("layer 1 \"conv2d1\": the kernel [9, 9]"), "{large}");
        let flat = message("{ type = \"linear\", out_features = 3 }");
        assert_eq!(flat, "layer 1 \"linear1\": takes [features], gets [1, 8, 8]: put flatten in front of it");
        let name = message("{ type = \"add\", from = [\"input\", \"relu9\"] }");
        assert_eq!(name, "layer 1 \"add1\": \"relu9\" is not a layer in front of it; there are input");
    }
}
