//! ONNX files where `predict` and `explain` take a run folder: pictures or raw tensors in, classes or raw tensors out.

use super::explain::{caps, planned, proofs, value};
use crate::exit::{note, print, usage};
use anyhow::Context;
use clap::Args;
use lenslet::datasets::{image_file, polarity};
use lenslet::graph::Prover;
use lenslet::onnx::{self, Data, Dim, Model, Options, Tensor, npy};
use lenslet::{Explanation, engine};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What an ONNX file needs to be told, which a run folder knows by itself.
#[derive(Args)]
pub(crate) struct Raw {
    /// ONNX: a tensor in place of pictures, once for each input of the model
    #[arg(long, value_name = "NAME=FILE.npy", conflicts_with = "images")]
    input: Vec<String>,
    /// ONNX: folder for all outputs, one .npy file each
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// ONNX: mean of each channel, of pixels between 0 and 1 [default: 0]
    #[arg(long, value_name = "M,…", value_delimiter = ',', allow_hyphen_values = true)]
    mean: Vec<f32>,
    /// ONNX: standard deviation of each channel, of pixels between 0 and 1 [default: 1]
    #[arg(long, value_name = "S,…", value_delimiter = ',')]
    std: Vec<f32>,
}

impl Raw {
    /// Refuses these flags for a run folder, which would not heed them.
    pub(crate) fn none(&self) -> anyhow::Result<()> {
        let given = [
            (!self.input.is_empty(), "--input"),
            (self.output.is_some(), "--output"),
            (!self.mean.is_empty(), "--mean"),
            (!self.std.is_empty(), "--std"),
        ];
        match given.iter().find(|(given, _)| *given) {
            Some((_, flag)) => Err(usage(format!("{flag} is for ONNX files; a run folder knows its own data"))),
            None => Ok(()),
        }
    }
}

/// Whether this names an ONNX file, by its end.
pub(crate) fn is(path: &Path) -> bool {
    path.extension().is_some_and(|end| end.eq_ignore_ascii_case("onnx"))
}

pub(crate) fn read(path: &Path) -> anyhow::Result<Model> {
    if !path.is_file() {
        return Err(usage(format!("{}: there is no such file", path.display())));
    }
    Ok(onnx::read_model(path)?)
}

/// `explain MODEL.onnx`: what becomes of its graph on a device.
pub(crate) fn explain(path: &Path, batch: usize, asked: Option<&str>, as_json: bool) -> anyhow::Result<()> {
    let model = read(path)?;
    let imported = onnx::import(&model, &Options { batch: Some(batch), ..Options::default() })?;
    let (caps, adapter) = caps(asked)?;
    let fetch: Vec<_> = imported.outputs.iter().filter_map(|output| output.value()).collect();
    let first = imported.inputs.iter().find_map(|input| input.value);
    let batch = first.and_then(|value| imported.graph.ty(value).shape.first().copied()).unwrap_or(1);
    let proofs = proofs(asked)?;
    let prover = proofs.as_ref().map(|proofs| proofs as &dyn Prover);
    let explained = Explanation::of_graph(&imported.graph, &fetch, &caps, batch, prover)?;
    print(if as_json { value(&explained, &adapter).to_string() } else { planned(&explained, &adapter) })
}

/// `predict MODEL.onnx`: classes of pictures, or outputs from raw tensors.
pub(crate) fn predict(
    path: &Path,
    images: &[PathBuf],
    raw: &Raw,
    invert: bool,
    adapter: Option<&str>,
    json: bool,
) -> anyhow::Result<()> {
    let model = read(path)?;
    if raw.input.is_empty() {
        pictures(&model, images, raw, invert, adapter, json)
    } else {
        tensors(&model, raw, adapter)
    }
}

fn tensors(model: &Model, raw: &Raw, adapter: Option<&str>) -> anyhow::Result<()> {
    let Some(folder) = &raw.output else { return Err(usage("--input needs --output DIR, for the results")) };
    let mut given = BTreeMap::new();
    for pair in &raw.input {
        let Some((name, file)) = pair.rsplit_once('=') else {
            return Err(usage(format!("--input {pair}: write NAME=FILE.npy")));
        };
        given.insert(name.to_string(), npy::read(file)?);
    }
    let names: Vec<&str> = model.graph.required_inputs().map(|input| input.name.as_str()).collect();
    if !given.keys().map(String::as_str).all(|name| names.contains(&name)) || given.len() != names.len() {
        return Err(usage(format!("the model needs one --input for each of {}", names.join(", "))));
    }
    let shapes = given.iter().map(|(name, tensor)| (name.clone(), tensor.dims().to_vec())).collect();
    let inputs: Vec<Tensor> = names.iter().map(|&name| given[name].clone()).collect();
    let options = Options { shapes, known: given, ..Options::default() };
    let imported = onnx::import(model, &options)?;
    let (engine, _) = open(adapter)?;
    let outputs = imported.compile(&engine)?.run(&inputs)?;
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    for (at, (output, tensor)) in imported.outputs.iter().zip(&outputs).enumerate() {
        let path = folder.join(file_name(at, &output.name));
        npy::write(&path, tensor)?;
        print(format!("{}: {} {:?} in {}", output.name, tensor.dtype(), tensor.dims(), path.display()))?;
    }
    Ok(())
}

/// Names may hold what paths may not; the number keeps apart what then looks alike.
fn file_name(at: usize, name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' || c == '_' { c } else { '_' };
    format!("{at}-{}.npy", name.chars().map(plain).collect::<String>())
}

fn open(adapter: Option<&str>) -> anyhow::Result<(lenslet::Engine, String)> {
    let (engine, missing) = engine::open(adapter)?;
    if let Some(why) = missing {
        note(why);
    }
    let adapter = engine::adapter(&engine);
    Ok((engine, adapter))
}

fn pictures(
    model: &Model,
    images: &[PathBuf],
    raw: &Raw,
    invert: bool,
    adapter: Option<&str>,
    json: bool,
) -> anyhow::Result<()> {
    if raw.output.is_some() {
        return Err(usage("--output goes with --input; classes of pictures are printed"));
    }
    let [batch, c, h, w] = image_shape(model)?;
    let (mean, std) = mean_std(&raw.mean, &raw.std, c)?;
    let mut pixels = images.iter().map(|path| image_file(path, [c, h, w])).collect::<Result<Vec<_>, _>>()?;
    if invert {
        pixels.iter_mut().for_each(|pixels| polarity::invert(pixels));
    }
    let imported = onnx::import(model, &Options { batch: Some(batch), ..Options::default() })?;
    let (engine, adapter) = open(adapter)?;
    let mut session = imported.compile(&engine)?;
    let mut rows = Vec::new();
    for (paths, pixels) in images.chunks(batch).zip(pixels.chunks(batch)) {
        let last = pixels.len() - 1;
        // A model of a fixed batch gets the last picture again where there are too few.
        let all = (0..batch).flat_map(|at| pixels[at.min(last)].iter().enumerate());
        let scaled = all.map(|(at, &v)| (f32::from(v) / 255.0 - mean[at / (h * w)]) / std[at / (h * w)]).collect();
        let outputs = session.run(&[Tensor::new(vec![batch, c, h, w], Data::F32(scaled))?])?;
        let scores = outputs.first().and_then(Tensor::to_f32).filter(|scores| scores.len().is_multiple_of(batch));
        let scores = scores.filter(|scores| !scores.is_empty());
        let scores =
            scores.ok_or_else(|| usage("the model's first output is no list of scores: use --input and --output"))?;
        for (path, row) in paths.iter().zip(scores.chunks(scores.len() / batch)) {
            let probabilities = probabilities(model, row);
            let best = (0..row.len()).fold(0, |best, at| if row[at] > row[best] { at } else { best });
            if !json {
                print(format!("{}: class {best} ({:.1} %)", path.display(), 100.0 * probabilities[best]))?;
            }
            rows.push(json!({
                "image": path.display().to_string(), "class": best, "probability": probabilities[best],
                "probabilities": probabilities,
            }));
        }
    }
    if json { print(json!({ "adapter": adapter, "predictions": rows })) } else { Ok(()) }
}

/// `--mean` and `--std` for so many channels.
pub(crate) fn mean_std(mean: &[f32], std: &[f32], c: usize) -> anyhow::Result<(Vec<f32>, Vec<f32>)> {
    let per_channel = |list: &[f32], default: f32, flag: &str| match list.len() {
        0 => Ok(vec![default; c]),
        n if n == c => Ok(list.to_vec()),
        n => Err(usage(format!("{flag} has {n} numbers, the model's pictures have {c} channels"))),
    };
    let (mean, std) = (per_channel(mean, 0.0, "--mean")?, per_channel(std, 1.0, "--std")?);
    if std.contains(&0.0) {
        return Err(usage("--std must not be 0"));
    }
    Ok((mean, std))
}

/// The only batch that the model takes, unless it leaves that open.
pub(crate) fn fixed_batch(model: &Model) -> Option<usize> {
    let input = model.graph.required_inputs().next()?;
    match input.dims.as_deref()?.first()? {
        Dim::Value(n) => Some((*n).max(1)),
        _ => None,
    }
}

/// `[n, c, h, w]` of the model's only input; 1 for a batch that is left open.
pub(crate) fn image_shape(model: &Model) -> anyhow::Result<[usize; 4]> {
    let mut inputs = model.graph.required_inputs();
    let (Some(input), None) = (inputs.next(), inputs.next()) else {
        return Err(usage("the model does not have one input, a picture: use --input NAME=FILE.npy for each"));
    };
    let dims = input.dims.as_deref().unwrap_or_default();
    match dims {
        [n, Dim::Value(c), Dim::Value(h), Dim::Value(w)] => {
            let n = if let Dim::Value(n) = n { *n } else { 1 };
            Ok([n.max(1), *c, *h, *w])
        }
        _ => Err(usage(format!(
            "the model's input {:?} is no picture [n, c, h, w] of fixed size: use --input",
            input.name
        ))),
    }
}

/// Scores as the model's last operator leaves them: already shares, their logarithms, or logits.
fn probabilities(model: &Model, scores: &[f32]) -> Vec<f64> {
    let scores = scores.iter().map(|&score| f64::from(score));
    if gives_shares(model) {
        return scores.collect();
    }
    let highest = scores.clone().fold(f64::NEG_INFINITY, f64::max);
    let powers: Vec<f64> = scores.map(|score| (score - highest).exp()).collect();
    let sum: f64 = powers.iter().sum();
    powers.into_iter().map(|power| power / sum).collect()
}

/// Whether its scores are shares of the classes already.
pub(crate) fn gives_shares(model: &Model) -> bool {
    let last = model.graph.nodes.last().map_or("", |node| node.op_type.as_str());
    matches!(last, "Softmax" | "Sigmoid")
}
