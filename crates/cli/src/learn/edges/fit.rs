//! The filter learned: a convolution with random weights, trained by back-propagation until it makes the edges.

use std::sync::Arc;

use lenslet::graph::ops::{Conv, Loss, Optimiser, Reduce, Tick};
use lenslet::graph::{Graph, Init, LossFunction, Memory, Tensor, Type, Window};
use serde_json::json;

use super::{Edges, Photo};
use crate::learn::desk::{floats, unusable, usage};
use crate::learn::numbers::table;
use crate::pictures::animation::animation;
use crate::pictures::curves::{Plot, Series, curves};
use crate::pictures::look::Tone;
use crate::pictures::matrix::{self, heat, heat_image};

/// A patch of at most this side is learned from: it holds edges enough.
const SIDE: usize = 64;
/// Frames of the animation.
const FRAMES: u32 = 24;
/// Updates that still end within minutes.
const MOST_UPDATES: u32 = 50_000;

pub(super) fn run(edges: &Edges, photo: &Photo) -> anyhow::Result<()> {
    let filter = &edges.filter;
    if filter.kernels().len() > 1 {
        return Err(usage(format!(
            "--fit learns one filter; {} is a pair: take vertical or horizontal, or rows",
            filter.name
        )));
    }
    if !(1..=MOST_UPDATES).contains(&edges.updates) {
        return Err(usage(format!("--updates {}: take 1 to {MOST_UPDATES}", edges.updates)));
    }
    let target_photo = match &edges.edges {
        Some(path) => {
            let given = Photo::read(path)?;
            if (given.h, given.w) != (photo.h, photo.w) {
                let sizes = format!("{}×{} pixels, the photo has {}×{}", given.h, given.w, photo.h, photo.w);
                return Err(unusable(path, format!("{sizes}: they must be the same")));
            }
            Some(given)
        }
        None => None,
    };
    let engine = edges.desk.engine()?;
    let (rows, columns) = (filter.rows(), filter.columns());
    let (h, w) = (photo.h.min(SIDE), photo.w.min(SIDE));
    let (top, left) = ((photo.h - h) / 2, (photo.w - w) / 2);
    let patch = |photo: &Photo, value: &dyn Fn(usize) -> f32| -> Vec<f32> {
        (0..h * w).map(|i| value((top + i / w) * photo.w + left + i % w)).collect()
    };
    let mean = |photo: &Photo, at: usize| -> f32 {
        photo.pixels.chunks(photo.h * photo.w).map(|plane| f32::from(plane[at])).sum::<f32>() / photo.c as f32 / 255.0
    };
    let x = patch(photo, &|at| mean(photo, at));
    // The mean is taken off: with it, all weights would have to be found along one steep valley.
    let middle = x.iter().sum::<f32>() / x.len() as f32;
    let x: Vec<f32> = x.iter().map(|v| v - middle).collect();
    let (p, q) = (h - rows + 1, w - columns + 1);

    let mut graph = Graph::new();
    let x = Tensor::f32([1, 1, h, w], x)?;
    let given = graph.input("x", x.ty())?;
    let target = match &target_photo {
        Some(given) => {
            let all = patch(given, &|at| mean(given, at));
            let (up, aside) = ((rows - 1) / 2, (columns - 1) / 2);
            let inner = (0..p * q).map(|i| all[(i / q + up) * w + i % q + aside]).collect();
            graph.constant("target", Tensor::f32([1, 1, p, q], inner)?)
        }
        None => {
            let kernel = Tensor::f32([1, 1, rows, columns], filter.kernels()[0].clone())?;
            let kernel = graph.constant("kernel", kernel);
            graph.push1("target", Conv::new(Window::new(&[rows, columns])), &[given, kernel])?
        }
    };
    let weight = graph.parameter("weight", Type::f32([1, 1, rows, columns]), Init::Uniform(0.5))?;
    let bias = graph.parameter("bias", Type::f32([1]), Init::Fill(0.0))?;
    let y = graph.push1("y", Conv::new(Window::new(&[rows, columns])), &[given, weight, bias])?;
    let losses = graph.push1("losses", Loss(LossFunction::Mse), &[y, target])?;
    let loss = graph.push1("loss", Reduce::mean(&[]), &[losses])?;
    let clock = graph.state("clock", lenslet::graph::Type::i32([1]), Init::Fill(0.0))?;
    let ticked = graph.push("tick", Tick, &[clock])?;
    graph.assign(clock, ticked[1]);
    let optimiser = Optimiser::adam();
    // Falling to a tenth: large steps first, then the last digits.
    let rate: Vec<f32> = (0..edges.updates).map(|t| 0.05 * 0.02f32.powf(t as f32 / edges.updates as f32)).collect();
    let schedule = graph.constant("schedule", optimiser.schedule(&rate));
    graph.minimise(loss, optimiser, ticked[0], schedule)?;

    let memory = Memory::new(&engine, edges.seed);
    let mut execution = engine.compile(Arc::new(graph), &[loss], &memory)?;
    execution.set(given, &x)?;
    let weights = || -> anyhow::Result<Vec<f32>> { Ok(memory.get("weight")?.as_f32()?.to_vec()) };
    let (mut snapshots, mut errors) = (vec![(0, weights()?)], Vec::new());
    let mut done = 0;
    while done < edges.updates {
        let next = (edges.updates.div_ceil(FRAMES)).min(edges.updates - done);
        execution.run_times(next)?;
        done += next;
        errors.push((f64::from(done), f64::from(floats(execution.wait()?)?[0][0])));
        snapshots.push((done, weights()?));
    }
    let last = &snapshots[snapshots.len() - 1].1;
    let bias = memory.get("bias")?.as_f32()?[0];

    say!("A {rows}×{columns} filter with random weights (seed {}):\n{}", edges.seed, table(&snapshots[0].1, columns));
    say!(
        "after {done} updates by back-propagation, mean squared error {:.3e}:\n{}",
        errors[errors.len() - 1].1,
        table(last, columns)
    );
    if target_photo.is_none() {
        say!("the filter that made the edges ({}):\n{}", filter.name, table(&filter.kernels()[0], columns));
        let apart = last.iter().zip(&filter.kernels()[0]).map(|(a, b)| (a - b).abs()).fold(0f32, f32::max);
        let largest = filter.kernels()[0].iter().fold(0f32, |most, w| most.max(w.abs()));
        say!("They differ by at most {apart:.4}.");
        if apart > largest / 10.0 {
            say!(
                "That is not the filter yet: neighbouring pixels are alike, so filters that only blur are told apart slowly;"
            );
            say!("more --updates come closer.");
        }
    } else {
        say!("and a bias of {bias:.4} (pixels are 0 to 1, less their mean)");
    }

    let known = target_photo.is_none().then(|| filter.kernels()[0].clone());
    let scale = known.iter().flatten().chain(last).map(|v| v * 1.3);
    let range = Some(Tone::Diverging.range(scale));
    let show =
        |title, values| matrix::Matrix { tone: Tone::Diverging, range, ..matrix::Matrix::new(title, values, columns) };
    let pictures = ["edges-fit.png", "edges-fit.gif", "edges-fit-error.png"].map(|name| edges.desk.path(name));
    let mut matrices = vec![show("random weights", &snapshots[0].1), show("learned", last)];
    matrices.extend(known.iter().map(|kernel| show("made the edges", kernel)));
    heat("A filter learned by back-propagation", &matrices, &format!("{done} updates"), &pictures[0])?;
    let mut frames = Vec::new();
    for (step, values) in &snapshots {
        let mut matrices = vec![show("weights", values)];
        matrices.extend(known.iter().map(|kernel| show("made the edges", kernel)));
        frames.push(heat_image("A filter learned by back-propagation", &matrices, &format!("update {step}"))?);
    }
    animation(&frames, 200, &pictures[1])?;
    let plot =
        Plot { title: "Learning a filter", x: "updates", y: "mean squared error", log_y: true, ..Plot::default() };
    curves(&plot, &[Series { name: "error", points: &errors }], &pictures[2])?;
    let numbers = json!({
        "lesson": "edges", "fit": true, "first": snapshots[0].1, "learned": last, "bias": bias,
        "known": known, "updates": done, "error": errors[errors.len() - 1].1,
    });
    edges.desk.close(numbers, &pictures);
    Ok(())
}
