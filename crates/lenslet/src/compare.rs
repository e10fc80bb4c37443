//! A network on a device against the interpreter, node by node, forward and backward.

use crate::train::network::small;
use crate::{Checkpoint, Error, Mode, Result};
use cases::{Fill, Lockstep, Weighted, filled, lockstep};
use graph::gpu_core::Device;
use graph::{DType, Graph, Init, Source, Tensor, Type, Value, ops};

/// Compares one training step of a checkpoint's network, loss and gradients included, on these images (bytes
/// `[c, h, w]`), or on `batch` made-up ones where there are none. See [`cases::lockstep`].
///
/// # Errors
/// Images of another size than the model's input, or what a device cannot do.
pub fn run(
    device: &Device,
    checkpoint: &Checkpoint,
    images: &[Vec<u8>],
    batch: usize,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Lockstep> {
    let model = checkpoint.model()?;
    let batch = if images.is_empty() { batch.max(1) } else { images.len() };
    let shape: Vec<usize> = std::iter::once(batch).chain(model.input().iter().copied()).collect();
    let mut graph = Graph::new();
    let x = graph.input("x", Type::f32(shape.clone()))?;
    let step = graph.constant("step", Tensor::i32([1], vec![0])?);
    let mode = Mode::Train { step, seed: checkpoint.header.settings.seed };
    let logits = model.build_layers(&mut graph, x, mode)?.last().map_or(x, |last| last.value);
    let classes = checkpoint.header.data.classes.len();
    let ty = graph.ty(logits).clone();
    let (loss, target) = if classes > 1 && ty.shape.to_vec() == [batch, classes] {
        let label_smoothing = checkpoint.header.settings.label_smoothing as f32;
        let labels = graph.input("labels", Type::i32([batch]))?;
        let op = ops::CrossEntropy { label_smoothing, ..Default::default() };
        let losses = graph.push("cross_entropy", op, &[logits, labels])?[0];
        (graph.push1("loss", ops::Reduce::mean(&[]), &[losses])?, labels)
    } else {
        // Not a classifier: any upstream gradient shows what is wrong.
        let weights = graph.input("upstream", ty)?;
        (graph.push1("loss", Weighted, &[logits, weights])?, weights)
    };
    let mut fetch = graph.gradients(loss, &graph.parameters())?;
    fetch.push(logits);
    if graph.ty(target).dtype == DType::I32 {
        fetch.push(loss);
    }

    let pixels = match images {
        [] => filled(graph.ty(x), Fill::Signed, 1),
        images => Tensor::f32(shape, normalised(images, model.input(), &checkpoint.header.data.mean_std)?)?,
    };
    let leaf = |value: Value| {
        let (name, ty) = (graph.name(value), graph.ty(value));
        if value == x {
            return Ok(pixels.clone());
        }
        if value == target {
            let labels = Tensor::i32([batch], (0..batch).map(|at| (at % classes.max(1)) as i32).collect());
            return if ty.dtype == DType::I32 { labels } else { Ok(filled(ty, Fill::Signed, 2)) };
        }
        let found = checkpoint.tensor(name).filter(|tensor| tensor.ty() == *ty).cloned();
        found.ok_or_else(|| graph::Error::Tensor {
            value: name.to_string(),
            got: "nothing of that type in the checkpoint".into(),
            needs: ty.to_string(),
        })
    };
    Ok(lockstep(device, &graph, &fetch, small(batch), &leaf, progress)?)
}

/// Bytes to numbers, as the network learned them.
fn normalised(images: &[Vec<u8>], input: &[usize], mean_std: &[(f32, f32)]) -> Result<Vec<f32>> {
    let size: usize = input.iter().product();
    let plane = if let [_, h, w] = input { h * w } else { size };
    let mut x = Vec::with_capacity(images.len() * size);
    for image in images {
        if image.len() != size {
            return Err(crate::read::wrong_size(image.len(), size));
        }
        x.extend(image.iter().enumerate().map(|(at, &byte)| {
            let (mean, std) = mean_std.get(at / plane.max(1)).copied().unwrap_or((0.0, 1.0));
            (f32::from(byte) / 255.0 - mean) / std
        }));
    }
    Ok(x)
}

/// Compares one run of an ONNX graph, forward; `inputs` in the order of its own, made up where there are none.
///
/// # Errors
/// An output or input that the import folded away, an input of another type, or what a device cannot do.
pub fn onnx(
    device: &Device,
    imported: &onnx::Imported,
    inputs: &[Tensor],
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Lockstep> {
    let graph = &imported.graph;
    let fetch: Vec<Value> = imported.outputs.iter().filter_map(onnx::Output::value).collect();
    if fetch.is_empty() {
        return Err(Error::Setting("nothing of the model runs on a device: its outputs are constants".into()));
    }
    let asked: Vec<Value> = imported.inputs.iter().filter_map(|input| input.value).collect();
    if !inputs.is_empty() && inputs.len() != asked.len() {
        let (got, needs) = (inputs.len(), asked.len());
        return Err(Error::Setting(format!("{got} inputs, the model has {needs}")));
    }
    let leaf = |value: Value| match (graph.source(value), asked.iter().position(|&input| input == value)) {
        (_, Some(at)) if !inputs.is_empty() => Ok(inputs[at].clone()),
        (Source::Parameter(Init::Given(tensor)) | Source::State(Init::Given(tensor)), _) => Ok(tensor.clone()),
        (_, at) => {
            let fill = if graph.ty(value).dtype == DType::I32 { Fill::Index(1) } else { Fill::Signed };
            Ok(filled(graph.ty(value), fill, at.unwrap_or(0) as u32))
        }
    };
    let first = asked.first().and_then(|&value| graph.ty(value).shape.first().copied()).unwrap_or(1);
    Ok(lockstep(device, graph, &fetch, small(first), &leaf, progress)?)
}
