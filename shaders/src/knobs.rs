//! What Rust may set in a shader: named constants, type aliases, and which file an include means.
//!
//! Plain data with `Eq` and `Hash`: shader name and knobs together are the key of a pipeline.

use std::{collections::BTreeMap, fmt};

/// The value of one knob.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Knob {
    /// `const NAME: u32`.
    U32(u32),
    /// `const NAME: i32`.
    I32(i32),
    /// `const NAME: f32`, as its bits, so that knobs can be compared and hashed.
    F32(u32),
    /// `const NAME: bool`.
    Bool(bool),
    /// `alias NAME`: a WGSL type.
    Type(&'static str),
}

impl Knob {
    /// The type that a declaration must have to take this value: a WGSL scalar, or `type` for an alias.
    pub(crate) fn kind(self) -> &'static str {
        match self {
            Knob::U32(_) => "u32",
            Knob::I32(_) => "i32",
            Knob::F32(_) => "f32",
            Knob::Bool(_) => "bool",
            Knob::Type(_) => "type",
        }
    }
}

/// The value as WGSL. An f32 keeps every bit.
impl fmt::Display for Knob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Knob::U32(value) => write!(f, "{value}u"),
            Knob::I32(value) => write!(f, "{value}"), // no suffix: `-2147483648i` is out of range
            Knob::F32(bits) => write!(f, "{:?}f", f32::from_bits(bits)),
            Knob::Bool(value) => write!(f, "{value}"),
            Knob::Type(name) => write!(f, "{name}"),
        }
    }
}

// No `From<i32>`: so a bare `64` is a u32, which nearly every knob is. A signed one is `Knob::I32(-1)`.
impl From<u32> for Knob {
    fn from(value: u32) -> Self {
        Knob::U32(value)
    }
}

impl From<f32> for Knob {
    fn from(value: f32) -> Self {
        Knob::F32(value.to_bits())
    }
}

impl From<bool> for Knob {
    fn from(value: bool) -> Self {
        Knob::Bool(value)
    }
}

impl From<&'static str> for Knob {
    fn from(name: &'static str) -> Self {
        Knob::Type(name)
    }
}

/// The knobs of one launch, by name, and its redirected includes. The default sets nothing.
///
/// ```
/// use shaders::Knobs;
/// let knobs = Knobs::default().set("WORKGROUP", 256).set("ROWS", 4).redirect("reduce", "reduce_subgroup");
/// assert_eq!(knobs.to_string(), "ROWS=4u WORKGROUP=256u reduce→reduce_subgroup");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Knobs {
    values: BTreeMap<&'static str, Knob>,
    redirects: BTreeMap<&'static str, &'static str>,
}

impl Knobs {
    /// Sets a knob; the last value given stays.
    pub fn set(mut self, name: &'static str, value: impl Into<Knob>) -> Self {
        self.values.insert(name, value.into());
        self
    }

    /// Lets `//@use from` mean `lib/<to>.wgsl`, in the shader and in what it includes.
    pub fn redirect(mut self, from: &'static str, to: &'static str) -> Self {
        self.redirects.insert(from, to);
        self
    }

    /// The value set for a knob.
    pub fn get(&self, name: &str) -> Option<Knob> {
        self.values.get(name).copied()
    }

    /// The file that an include means.
    pub fn resolve(&self, include: &'static str) -> &'static str {
        self.redirects.get(include).copied().unwrap_or(include)
    }

    /// All values, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, Knob)> + '_ {
        self.values.iter().map(|(&name, &value)| (name, value))
    }

    /// All redirects, sorted by what they replace.
    pub fn redirects(&self) -> impl Iterator<Item = (&'static str, &'static str)> + '_ {
        self.redirects.iter().map(|(&from, &to)| (from, to))
    }
}

/// `NAME=value` and `from→to`, one space between, in the order of names.
impl fmt::Display for Knobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let values = self.iter().map(|(name, value)| format!("{name}={value}"));
        let redirects = self.redirects().map(|(from, to)| format!("{from}→{to}"));
        f.write_str(&values.chain(redirects).collect::<Vec<_>>().join(" "))
    }
}
