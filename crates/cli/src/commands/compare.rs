//! `compare`: a network on the device and through the interpreter in lockstep; the first value that differs, drawn.

use super::{eval, onnx_model, report};
use crate::exit::{note, print, usage};
use anyhow::Context;
use clap::Args;
use image::{Rgb, RgbImage};
use lenslet::cases::{Difference, Lockstep};
use lenslet::datasets::image_file;
use lenslet::gpu_core::Device;
use lenslet::{compare, graph, onnx};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Run device and interpreter in lockstep, forward and backward, and name the first value that differs.
#[derive(Args)]
pub(crate) struct Compare {
    /// Run folder, or an ONNX file (forward only: it has no loss)
    run: PathBuf,
    /// Pictures to run it on [default: made-up numbers]
    #[arg(value_name = "IMAGE")]
    images: Vec<PathBuf>,
    /// Made-up images in a batch; from 16 on a software adapter uses its kernels for batches
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=4096))]
    batch: u32,
    /// Where the picture of a difference goes
    #[arg(long, value_name = "FILE", default_value = "difference.png")]
    out: PathBuf,
    /// Adapter to compare [default: the best]
    #[arg(long, value_name = "NAME")]
    adapter: Option<String>,
    /// One JSON object on stdout
    #[arg(long)]
    json: bool,
}

impl Compare {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        if let Some(missing) = self.images.iter().find(|path| !path.exists()) {
            return Err(usage(format!("{}: there is no such file", missing.display())));
        }
        let mut told = 0;
        let mut progress = |done: usize, nodes: usize| {
            if done * 10 / nodes.max(1) > told {
                told = done * 10 / nodes.max(1);
                note(format!("{done} of {nodes} nodes"));
            }
        };
        let (device, result) = if onnx_model::is(&self.run) {
            let model = onnx_model::read(&self.run)?;
            let batch = if self.images.is_empty() { 1 } else { self.images.len() };
            let imported = onnx::import(&model, &onnx::Options { batch: Some(batch), ..Default::default() })?;
            let inputs = self.pictures(&imported)?;
            let device = Device::open(self.adapter.as_deref())?;
            let result = compare::onnx(&device, &imported, &inputs, &mut progress)?;
            (device, result)
        } else {
            let (_, checkpoint) = eval::open(&self.run)?;
            let images = match *checkpoint.model()?.input() {
                [c, h, w] => {
                    self.images.iter().map(|path| image_file(path, [c, h, w])).collect::<Result<Vec<_>, _>>()?
                }
                _ if self.images.is_empty() => Vec::new(),
                ref input => return Err(usage(format!("the run's model takes {input:?}, not pictures"))),
            };
            let device = Device::open(self.adapter.as_deref())?;
            let result = compare::run(&device, &checkpoint, &images, self.batch as usize, &mut progress)?;
            (device, result)
        };
        let adapter = device.summary().to_string();
        if let Some(difference) = &result.difference {
            picture(difference)
                .save(&self.out)
                .with_context(|| format!("cannot write {} (choose another with --out)", self.out.display()))?;
        }
        if self.json {
            print(value(&result, &adapter, &self.out))?;
        } else {
            print(text(&result, &adapter, &self.out))?;
        }
        match &result.difference {
            None => Ok(()),
            Some(found) => Err(anyhow::anyhow!("{} \"{}\" differs on {adapter}", found.op, found.node)),
        }
    }

    /// Pixels between 0 and 1 for the only input of an ONNX model.
    fn pictures(&self, imported: &onnx::Imported) -> anyhow::Result<Vec<graph::Tensor>> {
        if self.images.is_empty() {
            return Ok(Vec::new());
        }
        let values: Vec<_> = imported.inputs.iter().filter_map(|input| input.value).collect();
        let shape = if let [x] = values[..] { imported.graph.ty(x).shape.to_vec() } else { Vec::new() };
        let [n, c, h, w] = shape[..] else {
            return Err(usage("the model does not take one picture [n, c, h, w]: leave out the pictures"));
        };
        if n != self.images.len() {
            let given = self.images.len();
            return Err(usage(format!("the model takes {n} pictures at a time, {given} are given")));
        }
        let mut x = Vec::with_capacity(n * c * h * w);
        for path in &self.images {
            x.extend(image_file(path, [c, h, w])?.into_iter().map(|byte| f32::from(byte) / 255.0));
        }
        Ok(vec![graph::Tensor::f32(shape, x)?])
    }
}

fn text(result: &Lockstep, adapter: &str, out: &Path) -> String {
    let rows: Vec<Vec<String>> = result
        .nodes
        .iter()
        .map(|node| vec![node.node.clone(), node.op.clone(), node.kernel.clone(), format!("{:.3}", node.worst)])
        .collect();
    let table = report::table(&["node", "op", "kernel", "worst error"], &rows, &[3]);
    let ends = match &result.difference {
        None => format!("{} nodes compute what the interpreter does, within their tolerances", rows.len()),
        Some(Difference { node, op, kernel, tensor, wrong, .. }) => format!(
            "{op} \"{node}\", kernel {kernel}: \"{tensor}\" at {:?} is {:?}, the interpreter says {:?}: {:.3} tolerances. \
             The error over the tensor: {}",
            wrong.index,
            wrong.got,
            wrong.want,
            wrong.error,
            out.display()
        ),
    };
    format!("on {adapter}\n\n{table}\n\n{ends}")
}

fn value(result: &Lockstep, adapter: &str, out: &Path) -> Value {
    let finite = |error: f64| error.is_finite().then_some(error);
    let nodes: Vec<Value> = result
        .nodes
        .iter()
        .map(|node| json!({ "node": node.node, "op": node.op, "kernel": node.kernel, "worst": finite(node.worst) }))
        .collect();
    let difference = result.difference.as_ref().map(|found| {
        json!({
            "node": found.node,
            "op": found.op,
            "kernel": found.kernel,
            "tensor": found.tensor,
            "shape": found.shape,
            "index": found.wrong.index,
            "device": finite(found.wrong.got),
            "interpreter": finite(found.wrong.want),
            "error": finite(found.wrong.error),
            "picture": out.display().to_string(),
        })
    });
    json!({ "adapter": adapter, "nodes": nodes, "difference": difference })
}

/// Pixels along a side, about, and at most.
const SIDE: usize = 512;
const MOST: usize = 4096;

/// The error over a tensor: its last two axes as planes, side by side for the axes before. White where there is none,
/// through yellow at the tolerance to red at ten times it and more.
fn picture(found: &Difference) -> RgbImage {
    let (h, w) = match found.shape[..] {
        [] => (1, 1),
        [w] => (1, w),
        [.., h, w] => (h, w),
    };
    let planes = (found.errors.len() / (h * w).max(1)).max(1);
    let columns = ((planes * (h + 1)) as f64 / (w + 1) as f64).sqrt().ceil().clamp(1.0, planes as f64) as usize;
    let rows = planes.div_ceil(columns);
    let (wide, high) = (columns * (w + 1) + 1, rows * (h + 1) + 1);
    let zoom = (SIDE / wide.max(high)).max(1);
    let size = |length: usize| (length * zoom).min(MOST) as u32; // what does not fit is left out
    let mut image = RgbImage::from_pixel(size(wide), size(high), Rgb([90, 90, 90]));
    for (at, &error) in found.errors.iter().enumerate() {
        let (plane, y, x) = (at / (h * w), at / w % h, at % w);
        let (left, top) = ((plane % columns) * (w + 1) + 1 + x, (plane / columns) * (h + 1) + 1 + y);
        for (dx, dy) in (0..zoom * zoom).map(|i| (i % zoom, i / zoom)) {
            if let Some(pixel) = image.get_pixel_mut_checked((left * zoom + dx) as u32, (top * zoom + dy) as u32) {
                *pixel = shade(error);
            }
        }
    }
    image
}

fn shade(error: f64) -> Rgb<u8> {
    let part = |from: f64, to: f64| ((error - from) / (to - from)).clamp(0.0, 1.0);
    if error <= 1.0 {
        Rgb([255, 255, (255.0 * (1.0 - 0.5 * error.max(0.0))) as u8])
    } else {
        let hot = part(1.0, 10.0);
        Rgb([255 - (60.0 * hot) as u8, (220.0 * (1.0 - hot)) as u8, 0])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lenslet::cases::Wrong;

    #[test]
    fn the_picture_shows_where() {
        let mut errors = vec![0.0; 2 * 3 * 4 * 5];
        errors[3 * 20 + 7] = f64::INFINITY; // plane 3, row 1, column 2
        let wrong = Wrong { output: 0, index: vec![1, 0, 1, 2], got: 1.0, want: 0.0, error: f64::INFINITY };
        let text = String::new;
        let shape = vec![2, 3, 4, 5];
        let found = Difference { node: text(), op: text(), kernel: text(), tensor: text(), wrong, shape, errors };
        let image = picture(&found);
        let red = image.pixels().filter(|pixel| pixel.0 == shade(f64::INFINITY).0).count();
        let white = image.pixels().filter(|pixel| pixel.0 == [255, 255, 255]).count();
        assert!(red > 0 && white == 119 * red, "{red} {white}");
    }
}
