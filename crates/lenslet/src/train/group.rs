//! Groups of parameters by their names: frozen ones, and ones with a learning rate or weight decay of their own.

use super::Settings;
use crate::{Error, Result};
use graph::gpu_core::kernels::update;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// What holds for the parameters of some names, written `*.bias:weight_decay=0` or `conv2d1.*:frozen`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Their names; `*` stands for any characters.
    pub parameters: String,
    /// Factor on the learning rate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lr_scale: Option<f64>,
    /// Pull towards zero, in the place of the run's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight_decay: Option<f64>,
    /// Whether they stay as they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frozen: Option<bool>,
}

impl FromStr for Group {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let wrong = |why: String| {
            format!(
                "`{text}`: {why}; a group is PATTERN:SETTING,… such as *.bias:weight_decay=0,lr_scale=2 or conv2d1.*:frozen"
            )
        };
        let (parameters, settings) = text.rsplit_once(':').ok_or_else(|| wrong("there is no colon".into()))?;
        let mut group =
            Group { parameters: parameters.trim().into(), lr_scale: None, weight_decay: None, frozen: None };
        for setting in settings.split(',').map(str::trim) {
            let (name, value) = setting.split_once('=').unwrap_or((setting, ""));
            let number = || value.parse().map_err(|_| wrong(format!("{name} needs a number, got `{value}`")));
            match name {
                "lr_scale" => group.lr_scale = Some(number()?),
                "weight_decay" => group.weight_decay = Some(number()?),
                "frozen" if value.is_empty() => group.frozen = Some(true),
                _ => return Err(wrong(format!("`{setting}` is not one of lr_scale=, weight_decay= and frozen"))),
            }
        }
        Ok(group)
    }
}

impl Group {
    fn names(&self, name: &str) -> bool {
        matches(&self.parameters, name)
    }
}

/// Whether `name` is of this pattern, in which `*` stands for any characters.
fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((head, tail)) => name.strip_prefix(head).is_some_and(|rest| {
            let mut starts = rest.char_indices().map(|(at, _)| at).chain([rest.len()]);
            starts.any(|at| matches(tail, &rest[at..]))
        }),
    }
}

impl Settings {
    /// What holds for a parameter; `None` for a frozen one. Of several groups the last one that says a thing counts.
    pub(crate) fn group(&self, name: &str) -> Option<update::Group> {
        let own = || self.groups.iter().rev().filter(|group| group.names(name));
        let weight_decay = own().find_map(|group| group.weight_decay).unwrap_or(self.weight_decay) as f32;
        let lr_scale = own().find_map(|group| group.lr_scale).unwrap_or(1.0) as f32;
        let frozen = own().find_map(|group| group.frozen).unwrap_or(false);
        (!frozen).then_some(update::Group { lr_scale, weight_decay })
    }

    /// Refuses groups of no parameter, and groups that leave nothing to learn.
    pub(crate) fn check_groups(&self, parameters: &[&str]) -> Result<()> {
        let all = || parameters.join(", ");
        if let Some(group) = self.groups.iter().find(|group| !parameters.iter().any(|name| group.names(name))) {
            let pattern = &group.parameters;
            return Err(Error::Setting(format!("no parameter is called {pattern}; the model has {}", all())));
        }
        if parameters.iter().all(|name| self.group(name).is_none()) {
            return Err(Error::Setting(format!("all parameters are frozen ({}): nothing is left to learn", all())));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        assert!(matches("*.bias", "conv2d1.bias") && matches("*", "") && matches("a*b*c", "a.b.b.c"));
        assert!(matches("conv2d1.*", "conv2d1.weight") && matches("linear1.bias", "linear1.bias"));
        assert!(!matches("conv2d1.*", "conv2d10.weight") && !matches("*.bias", "conv2d1.weight") && !matches("", "a"));
    }

    #[test]
    fn the_last_group_that_says_a_thing_counts() {
        let groups = ["*.bias:weight_decay=0", "a.*:lr_scale=0.1,weight_decay=3", "b.*:frozen"];
        let groups = groups.map(|text| text.parse().unwrap()).to_vec();
        let settings = Settings { weight_decay: 0.5, groups, ..Settings::default() };
        let group = |name| settings.group(name).map(|group| (group.lr_scale, group.weight_decay));
        assert_eq!(group("a.weight"), Some((0.1, 3.0)));
        assert_eq!(group("a.bias"), Some((0.1, 3.0)));
        assert_eq!(group("c.bias"), Some((1.0, 0.0)));
        assert_eq!(group("c.weight"), Some((1.0, 0.5)));
        assert_eq!(group("b.bias"), None);
        let text = toml::to_string(&settings).unwrap();
        assert_eq!(toml::from_str::<Settings>(&text).unwrap(), settings);
    }

    #[test]
    fn what_is_no_group_is_said() {
        for (text, why) in [("frozen", "no colon"), ("*:lr_scale=x", "needs a number"), ("*:lr=1", "is not one of")] {
            let error = text.parse::<Group>().unwrap_err();
            assert!(error.contains(why), "{error}");
        }
        let settings = |text: &str| Settings { groups: vec![text.parse().unwrap()], ..Settings::default() };
        let none = settings("conv9.*:frozen").check_groups(&["a.weight", "a.bias"]).unwrap_err().to_string();
        assert_eq!(none, "no parameter is called conv9.*; the model has a.weight, a.bias");
        assert!(settings("*:frozen").check_groups(&["a.weight"]).is_err());
        assert!(settings("*.bias:frozen").check_groups(&["a.weight", "a.bias"]).is_ok());
    }
}
