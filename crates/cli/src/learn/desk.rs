//! What every lesson has at hand: the adapter, the folder for pictures, the JSON at the end, and a graph run once.
//!
//! A mistake in the arguments is [`usage`], so that the program ends with code 2 for it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;
use lenslet::graph::gpu_core;
use lenslet::graph::{Engine, Error, Graph, Memory, Tensor, Value};
use serde_json::{Value as Json, json};

/// Options of every lesson.
#[derive(Args, Debug, Clone)]
pub(crate) struct Desk {
    /// Folder for the pictures, made if need be
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) out: PathBuf,
    /// Also print the numbers behind the pictures: one JSON object, the last line
    #[arg(long)]
    pub(crate) json: bool,
    /// Where to compute: an adapter's number (`#1`), kind or part of its name, or `cpu`
    #[arg(long, value_name = "ADAPTER")]
    pub(crate) adapter: Option<String>,
}

impl Desk {
    /// Makes sure that pictures can be written, then opens the engine and says which.
    pub(crate) fn engine(&self) -> anyhow::Result<Engine> {
        let refused =
            || format!("{}: pictures cannot be written there (choose another with --out)", self.out.display());
        std::fs::create_dir_all(&self.out).with_context(refused)?;
        tempfile::tempfile_in(&self.out).with_context(refused)?;
        let asked = self.adapter.as_deref();
        if asked == Some("cpu") {
            say!("Computed on the CPU.\n");
            return Ok(Engine::Cpu);
        }
        match Engine::gpu(asked) {
            Ok(Engine::Gpu(device)) => {
                lenslet::cases::prove_before_use(&device);
                say!("Computed on {}.\n", device.summary().name);
                Ok(Engine::Gpu(device))
            }
            Err(Error::Device(gpu_core::Error::NoAdapter { .. })) if asked.is_none() => {
                say!("There is no GPU adapter: computed on the CPU.\n");
                Ok(Engine::Cpu)
            }
            other => Ok(other?),
        }
    }

    /// A picture's path.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.out.join(name)
    }

    /// Names the pictures and, where asked, prints `numbers` with them on the last line.
    pub(crate) fn close(&self, mut numbers: Json, pictures: &[PathBuf]) {
        say!();
        for picture in pictures {
            say!("Picture: {}", picture.display());
        }
        if self.json {
            let names: Vec<_> = pictures.iter().map(|picture| picture.display().to_string()).collect();
            numbers["pictures"] = json!(names);
            shorten(&mut numbers);
            say!("{numbers}");
        }
    }
}

/// Writes 32-bit numbers with the digits that they have: 0.1, not 0.10000000149011612.
fn shorten(json: &mut Json) {
    match json {
        Json::Array(list) => list.iter_mut().for_each(shorten),
        Json::Object(map) => map.values_mut().for_each(shorten),
        Json::Number(number) => {
            let short = number.as_f64().map(|wide| (wide, wide as f32)).filter(|(wide, own)| f64::from(*own) == *wide);
            if let Some(short) = short.filter(|_| number.is_f64()).and_then(|(_, own)| own.to_string().parse().ok()) {
                *number = short;
            }
        }
        _ => {}
    }
}

/// A mistake in the arguments, for exit code 2.
pub(crate) fn usage(message: impl std::fmt::Display) -> anyhow::Error {
    crate::exit::usage(message.to_string())
}

/// A file that cannot be used, for exit code 1: the arguments were right.
pub(crate) fn unusable(path: &Path, why: impl std::fmt::Display) -> anyhow::Error {
    anyhow::anyhow!("{}: {why}", path.display())
}

/// Adds an input together with what it is given. Not a constant: what depends on constants alone is computed while a
/// plan is made, and a lesson's numbers are to come from the device.
pub(crate) fn given(
    graph: &mut Graph,
    inputs: &mut Vec<(Value, Tensor)>,
    name: &str,
    tensor: Tensor,
) -> anyhow::Result<Value> {
    let value = graph.input(name, tensor.ty())?;
    inputs.push((value, tensor));
    Ok(value)
}

/// Runs a graph once and gives the fetched values' elements.
pub(crate) fn evaluate(
    engine: &Engine,
    graph: Graph,
    inputs: &[(Value, Tensor)],
    fetch: &[Value],
) -> anyhow::Result<Vec<Vec<f32>>> {
    let mut execution = engine.compile(Arc::new(graph), fetch, &Memory::new(engine, 0))?;
    for (value, tensor) in inputs {
        execution.set(*value, tensor)?;
    }
    execution.run()?;
    floats(execution.wait()?)
}

/// The elements of what a run fetched.
pub(crate) fn floats(fetched: Option<Vec<Tensor>>) -> anyhow::Result<Vec<Vec<f32>>> {
    let tensors = fetched.context("the run gave no result")?;
    tensors.iter().map(|tensor| Ok(tensor.as_f32()?.to_vec())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_keeps_the_digits_of_32_bits() {
        let mut numbers = json!({ "a": [0.1f32, 3, 1e-9f32], "b": 0.1f64, "c": f32::NAN });
        shorten(&mut numbers);
        assert_eq!(numbers.to_string(), r#"{"a":[0.1,3,1e-9],"b":0.1,"c":null}"#);
    }
}
