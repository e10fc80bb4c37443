//! A batch out of a data set that lies on the device: the images of one step of an epoch, normalised, and their labels.
//!
//! Inputs: images u8 (or rows of a table, f32) `[count, …]`, classes i32 (or numbers, f32) `[count]`, order i32
//! `[steps · batch]` (rows of the set), step i32 `[1]` (counted over the whole run). Outputs: x f32 `[batch, …]`, labels
//! `[batch]` of the classes' type; with `clock` the step again. No gradient: the set is given.

use crate::{DType, Io, Layouts, Misfit, Negotiation, Operation, Type, Wide, misfit};
use gpu_core::kernels::gather_batch as kernel;
use gpu_core::{Candidate, Caps, Layout};

/// x[n] = images[order[step % steps * batch + n]] * scale + offset, by channel (the second axis).
#[derive(Clone, Debug, PartialEq)]
pub struct GatherBatch {
    /// Images in a batch.
    pub batch: usize,
    /// Scale and offset of each channel, or one pair for all: `(1 / (255 std), -mean / std)`.
    pub affine: Vec<(f32, f32)>,
    /// The step is the clock itself, and a copy of it is made for whoever wants the step when the clock has gone on.
    pub clock: bool,
}

impl GatherBatch {
    /// Brings each channel to mean 0 and standard deviation 1, from those of x / 255. A constant channel is centred.
    pub fn normalised(batch: usize, mean_std: &[(f32, f32)]) -> Self {
        let pair = |&(mean, std): &(f32, f32)| {
            let std = if std > 0.0 { std } else { 1.0 };
            (1.0 / (255.0 * std), -mean / std)
        };
        GatherBatch { batch, affine: mean_std.iter().map(pair).collect(), clock: false }
    }

    /// Rows as they are.
    pub fn rows(batch: usize) -> Self {
        GatherBatch { batch, affine: vec![(1.0, 0.0)], clock: false }
    }

    fn channels(images: &[usize]) -> usize {
        if images.len() > 2 { images[1] } else { 1 }
    }

    fn affine(&self, channels: usize) -> Vec<(f32, f32)> {
        if self.affine.len() == channels { self.affine.clone() } else { vec![self.affine[0]; channels] }
    }
}

impl Operation for GatherBatch {
    fn name(&self) -> &'static str {
        "gather_batch"
    }

    fn outputs(&self, inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        let [images, classes, order, step] = inputs else { misfit!("needs images, classes, order and step") };
        if !matches!(images.dtype, DType::U8 | DType::F32) || images.shape.len() < 2 {
            misfit!("images must be u8 or f32 [count, …], got {images}");
        }
        let count = images.shape[0];
        if **classes != Type::i32([count]) && **classes != Type::f32([count]) {
            misfit!("classes must be i32 or f32 [{count}], one for each image, got {classes}");
        }
        let rows = order.shape.count();
        if order.dtype != DType::I32 || self.batch == 0 || rows == 0 || !rows.is_multiple_of(self.batch) {
            misfit!("order must be whole batches of {} rows in i32, got {order}", self.batch);
        }
        if step.dtype != DType::I32 || step.shape.count() != 1 {
            misfit!("step must be one i32, got {step}");
        }
        let channels = Self::channels(&images.shape);
        if self.affine.len() != channels && self.affine.len() != 1 {
            misfit!("{} scales for {channels} channels of {images}; give one, or one a channel", self.affine.len());
        }
        let mut shape = images.shape.to_vec();
        shape[0] = self.batch;
        let labels = Type { shape: [self.batch].into(), dtype: classes.dtype };
        let now = self.clock.then(|| (*step).clone());
        Ok([Type::f32(shape), labels].into_iter().chain(now).collect())
    }

    fn layouts(&self, at: &Negotiation<'_>) -> Layouts {
        let layout = Layout { order: at.prefer, parts: 1 };
        let now = self.clock.then_some(Layout::PLAIN);
        Layouts { inputs: vec![Layout::PLAIN; 4], outputs: [layout; 2].into_iter().chain(now).collect() }
    }

    fn lower(&self, io: &Io, _caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        let rest: usize = io.x(0)[1..].iter().product();
        let channels = Self::channels(io.x(0));
        let problem = kernel::GatherBatch {
            batch: self.batch,
            steps: io.x(2).iter().product::<usize>() / self.batch,
            rest,
            plane: rest / channels,
            floats: io.inputs[0].ty.dtype == DType::F32,
            affine: self.affine(channels),
            order: io.outputs[0].layout.order,
            clock: self.clock,
        };
        Ok(problem.candidates())
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        let [images, classes, order, step] = inputs else { unreachable!("the shape rule counted them") };
        let steps = order.len() / self.batch;
        let at = *step.first().expect("one step") as usize % steps;
        let rows: Vec<usize> = order.iter().skip(at * self.batch).take(self.batch).map(|&row| row as usize).collect();
        let rest: usize = images.shape()[1..].iter().product();
        let channels = Self::channels(images.shape());
        let (affine, plane) = (self.affine(channels), rest / channels);
        let images = images.as_standard_layout();
        let pixels = images.as_slice().expect("standard layout");
        let x = rows.iter().flat_map(|&row| {
            let affine = &affine;
            pixels[row * rest..][..rest].iter().enumerate().map(move |(j, pixel)| {
                let (scale, offset) = affine[j / plane];
                pixel * f64::from(scale) + f64::from(offset)
            })
        });
        let mut shape = images.shape().to_vec();
        shape[0] = self.batch;
        let wide = |shape: &[usize], data: Vec<f64>| Wide::from_shape_vec(shape, data).expect("counted");
        let labels = rows.iter().map(|&row| classes[[row]]).collect();
        let mut outputs = vec![wide(&shape, x.collect()), wide(&[self.batch], labels)];
        outputs.extend(self.clock.then(|| (*step).clone()));
        outputs
    }

    fn flops(&self, _inputs: &[&Type], outputs: &[&Type]) -> u64 {
        2 * outputs[0].shape.count() as u64
    }

    fn describe(&self) -> String {
        format!("{} images", self.batch)
    }
}
