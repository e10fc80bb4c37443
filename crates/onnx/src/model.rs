//! An ONNX model as plain Rust data, checked: what the mapping to graph ops starts from.
//!
//! A `Model` that exists obeys these: every name that a node reads is a graph input, an initializer or the output of
//! an earlier node; no name is made twice; dims agree with data. What the operators mean is not known here. The
//! reading itself is in `proto/`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::{DataType, Error, Tensor, proto};

/// A file: its graph, and the versions of the operators that the graph means.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// The version of the file format.
    pub ir_version: i64,
    /// Name and version of the program that wrote the file, for messages; may be empty.
    pub producer: String,
    /// Version of each operator domain; "" is ONNX's own, however the file wrote it.
    pub opsets: BTreeMap<String, i64>,
    /// The network.
    pub graph: Graph,
    /// Functions that the file defines, as `domain.name`; their bodies are not read, so a node that calls one is not
    /// supported.
    pub functions: Vec<String>,
    /// Free key-value pairs of the file.
    pub metadata: BTreeMap<String, String>,
}

impl Model {
    /// Reads the bytes of a `.onnx` file. Tensors that lie in files of their own are looked for in `folder`.
    ///
    /// # Errors
    /// Bytes that are no sound ONNX model, external data without a `folder` or outside it, sparse initializers,
    /// inputs that are no tensors, and element types that [`crate::Data`] does not hold.
    pub fn from_bytes(bytes: Vec<u8>, folder: Option<&Path>) -> Result<Self, Error> {
        proto::read_model(bytes, folder)
    }
}

/// Reads a `.onnx` file, and the external data beside it.
///
/// # Errors
/// A file that cannot be read, and whatever [`Model::from_bytes`] refuses.
pub fn read_model(path: impl AsRef<Path>) -> Result<Model, Error> {
    let path = path.as_ref();
    Model::from_bytes(read_file(path)?, path.parent())
}

/// Reads a tensor in a file of its own, such as the `input_0.pb` of ONNX's backend tests.
///
/// # Errors
/// A file that cannot be read or is no sound tensor; sequences, maps and optionals.
pub fn read_tensor_pb(path: impl AsRef<Path>) -> Result<Tensor, Error> {
    let path = path.as_ref();
    proto::read_tensor(read_file(path)?, path.parent())
}

/// The bytes of a regular file; a device or a pipe could go on for ever.
pub(crate) fn read_file(path: &Path) -> Result<Vec<u8>, Error> {
    let fail = |source| Error::io(path, source);
    if !fs::metadata(path).map_err(fail)?.is_file() {
        return Err(fail(std::io::Error::new(std::io::ErrorKind::InvalidInput, "not a regular file")));
    }
    fs::read(path).map_err(fail)
}

/// Nodes in an order in which they can run, and the names that lead in and out.
#[derive(Clone, Debug, PartialEq)]
pub struct Graph {
    /// The graph's own name; may be empty.
    pub name: String,
    /// Makers before readers; the file's order where it allows that.
    pub nodes: Vec<Node>,
    /// What the graph is given. Files of IR version 3 list initializers here too: see [`Graph::required_inputs`].
    pub inputs: Vec<ValueInfo>,
    /// What the graph gives.
    pub outputs: Vec<ValueInfo>,
    /// Constants by name: mostly weights.
    pub initializers: BTreeMap<String, Tensor>,
    /// Names that the graph takes from the graph around it. Always empty for a model's own graph.
    pub captures: BTreeSet<String>,
}

impl Graph {
    /// The inputs that have no initializer, which a caller must therefore give.
    pub fn required_inputs(&self) -> impl Iterator<Item = &ValueInfo> {
        self.inputs.iter().filter(|input| !self.initializers.contains_key(&input.name))
    }
}

/// Name, element type and dims of a graph's input or output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueInfo {
    /// The name.
    pub name: String,
    /// The element type; `DataType::Other(0)` where the file does not say.
    pub dtype: DataType,
    /// The dims, outermost first, empty for a scalar; `None` where not even the rank is stated.
    pub dims: Option<Vec<Dim>>,
}

/// One dim of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dim {
    /// Fixed.
    Value(usize),
    /// Any size, the same wherever the symbol stands, such as `batch`.
    Symbol(String),
    /// Any size.
    Unknown,
}

/// An operator at work in a graph.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The node's name; may be empty, need not be unique. [`Node::label`] is better in messages.
    pub name: String,
    /// The operator, such as `Conv`.
    pub op_type: String,
    /// The operator's domain; "" is ONNX's own.
    pub domain: String,
    /// Names of values read, in the operator's order; "" is an optional input left out.
    pub inputs: Vec<String>,
    /// Names of values made; "" is an optional output left out.
    pub outputs: Vec<String>,
    /// The attributes by name.
    pub attributes: BTreeMap<String, Attribute>,
}

/// The value of an attribute.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
#[allow(missing_docs)] // the names say it all
pub enum Attribute {
    Int(i64),
    Float(f32),
    /// Bytes, because ONNX does not promise UTF-8 here.
    String(Vec<u8>),
    Tensor(Tensor),
    /// A branch or a loop's body.
    Graph(Graph),
    Ints(Vec<i64>),
    Floats(Vec<f32>),
    Strings(Vec<Vec<u8>>),
    Tensors(Vec<Tensor>),
    Graphs(Vec<Graph>),
    /// A type that is not read, by ONNX's name for it, such as `SPARSE_TENSOR`.
    Other(&'static str),
}

impl Attribute {
    /// ONNX's name for the attribute's type.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Int(_) => "INT",
            Self::Float(_) => "FLOAT",
            Self::String(_) => "STRING",
            Self::Tensor(_) => "TENSOR",
            Self::Graph(_) => "GRAPH",
            Self::Ints(_) => "INTS",
            Self::Floats(_) => "FLOATS",
            Self::Strings(_) => "STRINGS",
            Self::Tensors(_) => "TENSORS",
            Self::Graphs(_) => "GRAPHS",
            Self::Other(kind) => kind,
        }
    }
}
