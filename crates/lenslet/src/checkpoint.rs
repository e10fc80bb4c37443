//! A checkpoint: one safetensors file with everything that a run needs to go on, or a network to read images.
//!
//! Tensors are row-major, whatever layout the device had, under their names: parameters (`conv2d1.weight`), moments
//! (`conv2d1.weight.moment0`), averages (`conv2d1.weight.average`), states (`clock`). The file's metadata has one entry, `lenslet`: a JSON text, [`Header`].
//! Equal runs give equal bytes: no time, no path.

use crate::data::DataInfo;
use crate::fnv::Fnv;
use crate::table::TableInfo;
use crate::train::network::average_of;
use crate::train::{Seen, Settings, State};
use crate::{Error, Model, Result, files};
use graph::{Data, Memory, Tensor};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

/// The version of the file that this program writes, and the only one that it reads.
pub const FORMAT: u32 = 1;

/// What a checkpoint says beside its tensors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// [`FORMAT`].
    pub format: u32,
    /// The model's text.
    pub model: String,
    /// What was asked of the run.
    pub settings: Settings,
    /// What reading images needs.
    pub data: DataInfo,
    /// Steps done.
    pub step: u64,
    /// Sums over the epoch under way.
    pub epoch: Sums,
    /// The machine that it was trained on.
    pub adapter: String,
    /// What the schedule's plateau has seen of the losses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plateau: Option<Seen>,
    /// The kernels that ran: node and candidate.
    pub kernels: Vec<String>,
    /// What reading rows needs, where the network is for tables.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<TableInfo>,
}

/// Sums over the steps of an epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sums {
    /// Steps.
    pub steps: u64,
    /// Of the steps' mean losses.
    pub loss: f64,
    /// Images read right.
    pub correct: u64,
}

/// A run's state after some step.
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint {
    /// Everything but the tensors.
    pub header: Header,
    /// Parameters, moments and states by name.
    pub tensors: BTreeMap<String, Tensor>,
}

#[derive(Deserialize)]
struct Version {
    format: u32,
}

impl Checkpoint {
    /// Writes it, atomically.
    ///
    /// # Errors
    /// The file cannot be written: the old one, if there was one, is as it was.
    pub fn save(&self, path: &Path) -> Result<()> {
        files::write_atomically(path, &self.to_bytes()?)
    }

    fn to_bytes(&self) -> Result<Vec<u8>> {
        let packed: Vec<(&String, Dtype, &Tensor, Vec<u8>)> = self
            .tensors
            .iter()
            .map(|(name, tensor)| {
                let (dtype, bytes) = pack(tensor);
                (name, dtype, tensor, bytes)
            })
            .collect();
        let wrong = |error: &dyn std::fmt::Display| Error::Setting(format!("cannot make a checkpoint: {error}"));
        let views = packed.iter().map(|(name, dtype, tensor, bytes)| {
            TensorView::new(*dtype, tensor.shape().to_vec(), bytes).map(|view| (name.as_str(), view))
        });
        let views: Vec<_> = views.collect::<std::result::Result<_, _>>().map_err(|e| wrong(&e))?;
        let header = serde_json::to_string(&self.header).map_err(|e| wrong(&e))?;
        // One entry only: the order of several would be that of a hash map.
        let metadata = HashMap::from([("lenslet".to_string(), header)]);
        safetensors::serialize(views, Some(metadata)).map_err(|e| wrong(&e))
    }

    /// Reads one.
    ///
    /// # Errors
    /// The file cannot be read, is cut off, is not a checkpoint of lenslet's, or of another version.
    pub fn load(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path).map_err(Error::read(path))?;
        Self::from_bytes(&bytes).map_err(|problem| Error::format(path, problem))
    }

    fn from_bytes(bytes: &[u8]) -> std::result::Result<Self, String> {
        let damaged = |error: safetensors::SafeTensorError| {
            format!("not a whole safetensors file ({error}); it is cut off or damaged: take an older copy")
        };
        let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(damaged)?;
        let header = metadata.metadata().as_ref().and_then(|entries| entries.get("lenslet"));
        let header =
            header.ok_or("a safetensors file, but not a checkpoint of lenslet's: its header has no `lenslet`")?;
        let version: Version =
            serde_json::from_str(header).map_err(|error| format!("its header cannot be read: {error}"))?;
        if version.format != FORMAT {
            let other = version.format;
            return Err(format!(
                "a checkpoint of format {other}, this program reads format {FORMAT}: use the version that wrote it"
            ));
        }
        let header: Header =
            serde_json::from_str(header).map_err(|error| format!("its header cannot be read: {error}"))?;
        let file = SafeTensors::deserialize(bytes).map_err(damaged)?;
        let tensors = file.iter().map(|(name, view)| Ok((name.to_string(), unpack(name, &view)?)));
        Ok(Checkpoint { header, tensors: tensors.collect::<std::result::Result<_, String>>()? })
    }

    /// What a network has under this name: of a parameter its average, where there is one.
    pub fn tensor(&self, name: &str) -> Option<&Tensor> {
        self.tensors.get(&average_of(name)).or_else(|| self.tensors.get(name))
    }

    /// Gives a network's memory what it names.
    pub(crate) fn give(&self, memory: &Memory) -> Result<()> {
        for (name, ty) in memory.list() {
            match self.tensor(&name) {
                Some(tensor) if tensor.ty() == ty => memory.set(&name, tensor)?,
                other => {
                    let got = other.map_or("nothing".into(), |tensor| tensor.ty().to_string());
                    return Err(Error::Mismatch(format!("the checkpoint has {got} for {name}, its model needs {ty}")));
                }
            }
        }
        Ok(())
    }

    /// The model.
    ///
    /// # Errors
    /// Its text is of layers that this version does not know.
    pub fn model(&self) -> Result<Model> {
        Model::from_text(&self.header.model)
    }
}

/// Hash of the model's parameters, names and bytes: 32 hexadecimal digits. Two runs with equal bits have equal digests.
pub fn digest(model: &Model, tensors: &BTreeMap<String, Tensor>) -> Result<String> {
    let (graph, _) = model.sketch()?;
    let mut hash = Fnv::new();
    for parameter in graph.parameters() {
        let name = graph.name(parameter);
        let tensor = tensors.get(name).ok_or_else(|| Error::Mismatch(format!("there is no parameter {name}")))?;
        hash.write(name.as_bytes());
        hash.write(&pack(tensor).1);
    }
    Ok(hash.hex())
}

fn pack(tensor: &Tensor) -> (Dtype, Vec<u8>) {
    match tensor.data() {
        Data::F32(v) => (Dtype::F32, v.iter().flat_map(|e| e.to_le_bytes()).collect()),
        Data::I32(v) => (Dtype::I32, v.iter().flat_map(|e| e.to_le_bytes()).collect()),
        Data::U8(v) => (Dtype::U8, v.clone()),
        Data::Bool(v) => (Dtype::BOOL, v.clone()),
    }
}

fn unpack(name: &str, view: &TensorView<'_>) -> std::result::Result<Tensor, String> {
    let words = || view.data().chunks_exact(4).map(|w| [w[0], w[1], w[2], w[3]]);
    let shape = view.shape().to_vec();
    let tensor = match view.dtype() {
        Dtype::F32 => Tensor::f32(shape, words().map(f32::from_le_bytes).collect()),
        Dtype::I32 => Tensor::i32(shape, words().map(i32::from_le_bytes).collect()),
        Dtype::U8 => Tensor::u8(shape, view.data().to_vec()),
        Dtype::BOOL => Tensor::bool(shape, view.data().to_vec()),
        other => return Err(format!("{name} is {other:?}; f32, i32, u8 and bool are read")),
    };
    tensor.map_err(|error| format!("{name}: {error}"))
}

impl From<Checkpoint> for State {
    fn from(checkpoint: Checkpoint) -> Self {
        checkpoint.tensors
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkpoint() -> Checkpoint {
        let model = Model::new([4]).linear(2);
        let tensors = [
            ("clock", Tensor::i32([1], vec![7]).unwrap()),
            ("linear1.bias", Tensor::f32([2], vec![0.1, -0.0]).unwrap()),
            ("linear1.weight", Tensor::f32([2, 4], (0..8).map(|i| i as f32 / 3.0).collect()).unwrap()),
        ];
        let data = DataInfo {
            mean_std: vec![(0.1307, 0.3081)],
            border: 0.0,
            classes: vec!["0".into(), "1".into()],
            fingerprint: "f".into(),
        };
        let header = Header {
            format: FORMAT,
            model: model.to_text(),
            settings: Settings::default(),
            data,
            step: 7,
            epoch: Sums { steps: 7, loss: 0.1 + 0.2, correct: 3 },
            adapter: "none".into(),
            plateau: None,
            kernels: vec![],
            table: None,
        };
        Checkpoint { header, tensors: tensors.map(|(name, t)| (name.to_string(), t)).into() }
    }

    #[test]
    fn comes_back_and_is_the_same_bytes_each_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("checkpoint.safetensors");
        checkpoint().save(&path).unwrap();
        assert_eq!(Checkpoint::load(&path).unwrap(), checkpoint());
        assert_eq!(std::fs::read(&path).unwrap(), checkpoint().to_bytes().unwrap());
    }

    #[test]
    fn bad_files() {
        let message = |bytes: &[u8]| Checkpoint::from_bytes(bytes).expect_err("must be refused");
        let bytes = checkpoint().to_bytes().unwrap();
        for length in [0, 5, 100, bytes.len() - 1] {
            assert!(message(&bytes[..length]).starts_with("not a whole safetensors file"), "{length}");
        }
        let newer = Checkpoint { header: Header { format: 9, ..checkpoint().header }, ..checkpoint() };
        assert!(
            message(&newer.to_bytes().unwrap()).starts_with("a checkpoint of format 9, this program reads format 1")
        );
        let strange = safetensors::serialize(Vec::<(&str, TensorView)>::new(), None).unwrap();
        assert!(message(&strange).contains("not a checkpoint of lenslet's"));
    }

    #[test]
    fn the_digest_sees_every_bit_of_the_parameters() {
        let mut one = checkpoint();
        let model = one.model().unwrap();
        let before = digest(&model, &one.tensors).unwrap();
        one.tensors.insert("clock".into(), Tensor::i32([1], vec![8]).unwrap());
        assert_eq!(digest(&model, &one.tensors).unwrap(), before);
        one.tensors.insert("linear1.bias".into(), Tensor::f32([2], vec![0.1, 0.0]).unwrap());
        assert_ne!(digest(&model, &one.tensors).unwrap(), before);
    }
}
