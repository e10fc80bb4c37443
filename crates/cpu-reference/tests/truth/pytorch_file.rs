//! Reads the safetensors files that PyTorch made: named tensors as f64, attributes as JSON.

use std::path::PathBuf;

use cpu_reference::Tensor;
use ndarray::IxDyn;
use safetensors::{Dtype, SafeTensors};
use serde_json::Value;

/// One file: its tensors and metadata.
pub(crate) struct PytorchFile {
    pub(crate) name: String,
    pub(crate) attrs: Value,
    pub(crate) op: String,
    pub(crate) rel_tol: f64,
    bytes: Vec<u8>,
}

/// The folder of cases: `LENSLET_GRADCASES`, or the copy in the tree.
pub(crate) fn folder() -> PathBuf {
    let in_tree = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data/gradcases"));
    std::env::var_os("LENSLET_GRADCASES").map_or_else(in_tree, PathBuf::from)
}

impl PytorchFile {
    pub(crate) fn open(name: &str) -> Self {
        let path = folder().join(name);
        let bytes = std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
        let metadata = header.metadata().clone().unwrap_or_default();
        let text = |key: &str| metadata.get(key).cloned().unwrap_or_default();
        PytorchFile {
            name: name.to_owned(),
            attrs: serde_json::from_str(&text("attrs")).unwrap_or_default(),
            op: text("op"),
            rel_tol: text("rel_tol").parse().unwrap_or(1e-6),
            bytes,
        }
    }

    /// The tensor of this name, where there is one.
    pub(crate) fn find(&self, name: &str) -> Option<Tensor> {
        let file = SafeTensors::deserialize(&self.bytes).unwrap();
        let view = file.tensor(name).ok()?;
        let values: Vec<f64> = match view.dtype() {
            Dtype::F32 => view.data().as_chunks::<4>().0.iter().map(|&b| f64::from(f32::from_le_bytes(b))).collect(),
            Dtype::I64 => view.data().as_chunks::<8>().0.iter().map(|&b| i64::from_le_bytes(b) as f64).collect(),
            other => panic!("{}: {name} is {other:?}", self.name),
        };
        Some(Tensor::from_shape_vec(IxDyn(view.shape()), values).unwrap())
    }

    /// The tensor of this name.
    pub(crate) fn get(&self, name: &str) -> Tensor {
        self.find(name).unwrap_or_else(|| panic!("{} has no {name}", self.name))
    }

    /// An attribute that is one number or one for each of two axes.
    pub(crate) fn pair(&self, name: &str) -> [usize; 2] {
        let one = |value: &Value| value.as_u64().unwrap() as usize;
        match &self.attrs[name] {
            Value::Array(both) => [one(&both[0]), one(&both[1])],
            single => [one(single); 2],
        }
    }
}
