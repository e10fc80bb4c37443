//! How images come to the device: the whole set once and an order each epoch, or batch by batch made ahead of time.
//! Both give the same batches.

use super::network::TrainGraph;
use crate::{Result, Settings};
use datasets::order::permutation;
use datasets::{Batch, Images, Loader, Prefetch};
use graph::{Engine, Execution, Tensor};
use std::sync::Arc;

/// Batches made ahead, on threads.
const AHEAD: usize = 8;
const THREADS: usize = 2;

#[derive(Debug)]
pub(crate) enum Feed {
    /// The set is on the device; the order is that of this epoch.
    Resident { images: Arc<Images>, seed: u64, rows: usize, epoch: Option<u64> },
    /// Batches are sent; these come next.
    Sent { loader: Arc<Loader>, steps: u64, ahead: Option<Prefetch<Batch>> },
}

impl Feed {
    /// Whether the set can lie on the device. On the CPU it lies there anyway, and batches are made from it; and so they
    /// are where images are changed on their way.
    pub(crate) fn fits(engine: &Engine, images: &Images, settings: &Settings) -> bool {
        match engine {
            _ if settings.augment.is_some() => false,
            Engine::Cpu | Engine::Reference => false,
            Engine::Gpu(device) => {
                let (bytes, limit) = (images.pixels.len() as u64, device.caps().binding_bytes);
                if bytes > limit {
                    log::info!(
                        "{bytes} bytes of images do not fit into a binding of {limit}: batches are sent instead"
                    );
                }
                bytes <= limit
            }
        }
    }

    pub(crate) fn new(
        execution: &mut Execution,
        graph: &TrainGraph,
        images: &Arc<Images>,
        settings: &Settings,
        resident: bool,
    ) -> Result<Self> {
        let steps = settings.steps_per_epoch(images.len());
        if !resident {
            let (seed, batch, augment) = (settings.seed, settings.batch, settings.augment.clone());
            let loader = Loader::new(images.clone(), seed, batch, true, augment)?;
            let loader = Arc::new(loader.in_multiples_of(settings.accumulate.into())?);
            return Ok(Feed::Sent { loader, steps: settings.steps(images.len()), ahead: None });
        }
        let ty = graph.graph.ty(graph.images.pixels).clone();
        execution.set(graph.images.pixels, &Tensor::u8(ty.shape, images.pixels.clone())?)?;
        let labels = images.labels.iter().map(|&label| label as i32).collect();
        execution.set(graph.images.classes, &Tensor::i32([images.len()], labels)?)?;
        let rows = steps as usize * settings.batch;
        Ok(Feed::Resident { images: images.clone(), seed: settings.seed, rows, epoch: None })
    }

    /// Whatever was prepared is of no use: the next step is not the one after the last.
    pub(crate) fn rewind(&mut self) {
        match self {
            Feed::Resident { epoch, .. } => *epoch = None,
            Feed::Sent { ahead, .. } => *ahead = None,
        }
    }

    /// Gives what step `step`, from 0, needs.
    pub(crate) fn before(&mut self, execution: &mut Execution, graph: &TrainGraph, step: u64) -> Result<()> {
        match self {
            Feed::Resident { images, seed, rows, epoch } => {
                let batch = graph.graph.ty(graph.losses).shape[0];
                let now = step / (*rows / batch) as u64;
                if *epoch != Some(now) {
                    let order = permutation(*seed, now as u32, images.len());
                    let order = order[..*rows].iter().map(|&row| row as i32).collect();
                    let input = graph.images.order.expect("a graph over a resident set takes its order");
                    execution.set(input, &Tensor::i32([*rows], order)?)?;
                    *epoch = Some(now);
                }
            }
            Feed::Sent { loader, steps, ahead } => {
                if ahead.is_none() {
                    *ahead = Some(Prefetch::batches(loader, step..(*steps).max(step + 1), THREADS, AHEAD)?);
                }
                match ahead.as_mut().and_then(Iterator::next) {
                    Some(batch) => send(execution, graph, &batch?)?,
                    None => send(execution, graph, &loader.batch(step)?)?,
                }
            }
        }
        Ok(())
    }

    /// Gives another execution of the same graph what a step, from 0, needs, from nothing.
    pub(crate) fn again(
        &self,
        execution: &mut Execution,
        graph: &TrainGraph,
        images: &Arc<Images>,
        settings: &Settings,
        step: u64,
    ) -> Result<()> {
        let resident = matches!(self, Feed::Resident { .. });
        let mut feed = Feed::new(execution, graph, images, settings, resident)?;
        match &mut feed {
            Feed::Resident { .. } => feed.before(execution, graph, step),
            Feed::Sent { loader, .. } => send(execution, graph, &loader.batch(step)?),
        }
    }
}

fn send(execution: &mut Execution, graph: &TrainGraph, batch: &Batch) -> Result<()> {
    let ty = graph.graph.ty(graph.images.pixels).clone();
    execution.set(graph.images.pixels, &Tensor::u8(ty.shape, batch.pixels.clone())?)?;
    let labels = batch.labels.iter().map(|&label| label as i32).collect();
    execution.set(graph.images.classes, &Tensor::i32([batch.rows.len()], labels)?)?;
    if let Some(input) = graph.images.shares {
        let ty = graph.graph.ty(input).clone();
        execution.set(input, &Tensor::f32(ty.shape.clone(), shares(batch, ty.shape[1]))?)?;
    }
    Ok(())
}

/// λ for an image's own class and the rest for that of what was mixed in, `[batch, classes]`.
fn shares(batch: &Batch, classes: usize) -> Vec<f32> {
    let mut shares = vec![0.0; batch.labels.len() * classes];
    for (row, share) in shares.chunks_exact_mut(classes).enumerate() {
        let mix = batch.mixes.get(row).map_or((1.0, batch.labels[row]), |mix| (mix.lambda, batch.partner_labels[row]));
        share[batch.labels[row] as usize] += mix.0;
        share[mix.1 as usize] += 1.0 - mix.0;
    }
    shares
}
