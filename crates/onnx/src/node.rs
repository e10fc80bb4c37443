//! Typed access to a node's attributes, with errors that name node, attribute and what was found.
//!
//! Apart from `model.rs` because this is what the mapping of every operator is written with.

use crate::{Attribute, Error, Graph, Node, Tensor};

impl Node {
    /// The node for a message: `Conv "stem.conv1"`, or by its first output where it has no name.
    pub fn label(&self) -> String {
        let Self { name, op_type, domain, .. } = self;
        let dot = if domain.is_empty() { "" } else { "." };
        match self.outputs.first() {
            Some(output) if name.is_empty() => format!("{domain}{dot}{op_type} (makes {output:?})"),
            _ => format!("{domain}{dot}{op_type} {name:?}"),
        }
    }

    /// The name of input `k`, or `None` where it is left out.
    pub fn input(&self, k: usize) -> Option<&str> {
        self.inputs.get(k).map(String::as_str).filter(|name| !name.is_empty())
    }

    /// The attribute `name` as an integer, or `default` where it is left out.
    ///
    /// # Errors
    /// An attribute of another type.
    pub fn int(&self, name: &str, default: i64) -> Result<i64, Error> {
        Ok(self.get_int(name)?.unwrap_or(default))
    }

    /// The attribute `name` as an integer, if there is one.
    ///
    /// # Errors
    /// An attribute of another type.
    pub fn get_int(&self, name: &str) -> Result<Option<i64>, Error> {
        self.get(name, "INT", |value| if let Attribute::Int(i) = value { Some(*i) } else { None })
    }

    /// The attribute `name` as a flag, which ONNX writes as an integer, or `default` where it is left out.
    ///
    /// # Errors
    /// An attribute of another type, or other than 0 and 1.
    pub fn flag(&self, name: &str, default: bool) -> Result<bool, Error> {
        match self.get_int(name)? {
            None => Ok(default),
            Some(flag @ (0 | 1)) => Ok(flag == 1),
            Some(other) => Err(self.wrong(name, format!("must be 0 or 1, got {other}"))),
        }
    }

    /// The attribute `name` as a number, or `default` where it is left out.
    ///
    /// # Errors
    /// An attribute of another type.
    pub fn float(&self, name: &str, default: f32) -> Result<f32, Error> {
        Ok(self.get_float(name)?.unwrap_or(default))
    }

    /// The attribute `name` as a number, if there is one.
    ///
    /// # Errors
    /// An attribute of another type.
    pub fn get_float(&self, name: &str) -> Result<Option<f32>, Error> {
        self.get(name, "FLOAT", |value| if let Attribute::Float(f) = value { Some(*f) } else { None })
    }

    /// The attribute `name` as text, or `default` where it is left out.
    ///
    /// # Errors
    /// An attribute of another type, or not UTF-8.
    pub fn string<'a>(&'a self, name: &str, default: &'a str) -> Result<&'a str, Error> {
        let bytes = self.get(name, "STRING", |value| if let Attribute::String(s) = value { Some(s) } else { None })?;
        let Some(bytes) = bytes else { return Ok(default) };
        std::str::from_utf8(bytes).map_err(|_| self.wrong(name, "is not UTF-8"))
    }

    /// The attribute `name` as a list of integers, if there is one.
    ///
    /// # Errors
    /// An attribute of another type.
    pub fn ints(&self, name: &str) -> Result<Option<&[i64]>, Error> {
        self.get(name, "INTS", |value| if let Attribute::Ints(v) = value { Some(v.as_slice()) } else { None })
    }

    /// The attribute `name` as a list of numbers, if there is one.
    ///
    /// # Errors
    /// An attribute of another type.
    pub fn floats(&self, name: &str) -> Result<Option<&[f32]>, Error> {
        self.get(name, "FLOATS", |value| if let Attribute::Floats(v) = value { Some(v.as_slice()) } else { None })
    }

    /// The attribute `name` as a tensor, if there is one.
    ///
    /// # Errors
    /// An attribute of another type.
    pub fn tensor(&self, name: &str) -> Result<Option<&Tensor>, Error> {
        self.get(name, "TENSOR", |value| if let Attribute::Tensor(t) = value { Some(t) } else { None })
    }

    /// Refuses attributes other than `known`, so that none is ignored unseen.
    ///
    /// # Errors
    /// An attribute that is not in `known`.
    pub fn only(&self, known: &[&str]) -> Result<(), Error> {
        match self.attributes.keys().find(|name| !known.contains(&name.as_str())) {
            None => Ok(()),
            Some(name) => {
                let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
                let problem = format!("attribute {name:?} is not supported; those that are: {known}");
                Err(Error::unsupported(self.label(), problem))
            }
        }
    }

    /// The error for an attribute that the operator cannot do without.
    pub fn missing(&self, name: &str) -> Error {
        Error::malformed(self.label(), format!("the attribute {name:?} is missing"))
    }

    /// Every graph among the attributes.
    pub fn graphs(&self) -> impl Iterator<Item = &Graph> {
        self.attributes.values().flat_map(|value| match value {
            Attribute::Graph(graph) => std::slice::from_ref(graph),
            Attribute::Graphs(graphs) => graphs.as_slice(),
            _ => &[],
        })
    }

    fn get<'a, T>(
        &'a self,
        name: &str,
        kind: &str,
        take: impl Fn(&'a Attribute) -> Option<T>,
    ) -> Result<Option<T>, Error> {
        let Some(value) = self.attributes.get(name) else { return Ok(None) };
        match take(value) {
            Some(value) => Ok(Some(value)),
            None => Err(self.wrong(name, format!("must be of type {kind}, got {}", value.kind()))),
        }
    }

    fn wrong(&self, name: &str, problem: impl Into<String>) -> Error {
        Error::malformed(format!("{}, attribute {name:?}", self.label()), problem)
    }
}
