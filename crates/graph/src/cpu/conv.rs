//! Convolution and its gradients as products of matrices, a few images at a time.
//!
//! y[k, n p q] = weight[k, c r s] columns[c r s, n p q]: the columns hold what each element of a filter meets at each
//! output, and are made for as many images at once as give the product enough columns. The data gradient makes
//! columns by the transposed product and folds them back; the weight gradient sums columns times dy over all images.

use super::products::{matrix, multiply};
use cpu_reference::{Window, spatial};
use rayon::prelude::*;
use std::ops::Range;

/// Columns of a product, at least, where there are images enough: fewer leave packing unpaid.
const COLUMNS: usize = 256;

/// The shapes of one convolution.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Conv<'a> {
    /// Images.
    pub(crate) n: usize,
    /// Channels of x and of y.
    pub(crate) channels: [usize; 2],
    pub(crate) groups: usize,
    pub(crate) window: &'a Window,
    pub(crate) input: [usize; 3],
    pub(crate) output: [usize; 3],
}

impl<'a> Conv<'a> {
    /// Between x `[n, c, …]` and y `[n, k, …]`.
    pub(crate) fn between(x: &[usize], y: &[usize], window: &'a Window, groups: usize) -> Self {
        Conv { n: x[0], channels: [x[1], y[1]], groups, window, input: spatial(x), output: spatial(y) }
    }

    /// Elements of a plane of x and of y.
    fn planes(&self) -> [usize; 2] {
        [self.input.iter().product(), self.output.iter().product()]
    }

    /// Channels of a group of x and of y.
    fn group(&self) -> [usize; 2] {
        self.channels.map(|channels| channels / self.groups)
    }

    fn taps(&self) -> usize {
        self.window.kernel.iter().product()
    }

    /// Images that share a product.
    fn images(&self) -> usize {
        (COLUMNS / self.planes()[1].max(1)).clamp(1, self.n.max(1))
    }

    /// Threads inside a product: all, where there are too few blocks of images for a block a thread.
    fn within(&self) -> usize {
        let threads = rayon::current_num_threads();
        if self.n.div_ceil(self.images()) >= threads { 1 } else { threads }
    }

    /// y = conv(x, weight) + bias.
    pub(crate) fn forward(&self, x: &[f32], weight: &[f32], bias: Option<&[f32]>) -> Vec<f32> {
        let ([x_plane, y_plane], [c, k], depth) = (self.planes(), self.group(), self.group()[0] * self.taps());
        let mut y = vec![0.0; self.n * self.channels[1] * y_plane];
        let (x_block, y_block) =
            (self.images() * self.channels[0] * x_plane, self.images() * self.channels[1] * y_plane);
        let within = self.within();
        y.par_chunks_mut(y_block.max(1)).zip(x.par_chunks(x_block.max(1))).for_each_init(
            Vec::new,
            |columns, (y, x)| {
                let images = x.len() / (self.channels[0] * x_plane);
                let width = images * y_plane;
                for group in 0..self.groups {
                    columns.resize(depth * width, 0.0);
                    self.unfold(x, group * c * self.taps(), columns, within);
                    let filters = group * k..(group + 1) * k;
                    let mut sums: Vec<f32> = match bias {
                        Some(bias) => bias[filters.clone()].iter().flat_map(|&bias| vec![bias; width]).collect(),
                        None => vec![0.0; k * width],
                    };
                    let weight = matrix(&weight[group * k * depth..][..k * depth], k, depth, false);
                    multiply(weight, matrix(columns, depth, width, false), bias.is_some(), &mut sums, within);
                    for (at, plane) in sums.chunks_exact(y_plane).enumerate() {
                        let (filter, image) = (filters.start + at / images, at % images);
                        y[(image * self.channels[1] + filter) * y_plane..][..y_plane].copy_from_slice(plane);
                    }
                }
            },
        );
        y
    }

    /// Gradient by x.
    pub(crate) fn dx(&self, dy: &[f32], weight: &[f32]) -> Vec<f32> {
        let ([x_plane, y_plane], [c, k], depth) = (self.planes(), self.group(), self.group()[0] * self.taps());
        let mut dx = vec![0.0; self.n * self.channels[0] * x_plane];
        let (x_block, y_block) =
            (self.images() * self.channels[0] * x_plane, self.images() * self.channels[1] * y_plane);
        let within = self.within();
        let blocks = dx.par_chunks_mut(x_block.max(1)).zip(dy.par_chunks(y_block.max(1)));
        blocks.for_each_init(
            || (Vec::new(), Vec::new()),
            |(columns, side), (dx, dy)| {
                let images = dy.len() / (self.channels[1] * y_plane);
                let width = images * y_plane;
                for group in 0..self.groups {
                    columns.resize(depth * width, 0.0);
                    self.beside(dy, group * k..(group + 1) * k, side);
                    let weight = matrix(&weight[group * k * depth..][..k * depth], depth, k, true);
                    multiply(weight, matrix(side, k, width, false), false, columns, within);
                    for image in 0..images {
                        let own = &mut dx[(image * self.channels[0] + group * c) * x_plane..][..c * x_plane];
                        let fold = |(channel, plane): (usize, &mut [f32])| {
                            for tap in 0..self.taps() {
                                let row = (channel * self.taps() + tap) * width + image * y_plane;
                                self.fold(&columns[row..row + y_plane], tap, plane);
                            }
                        };
                        match within {
                            1 => own.chunks_exact_mut(x_plane).enumerate().for_each(fold),
                            _ => own.par_chunks_exact_mut(x_plane).enumerate().for_each(fold),
                        }
                    }
                }
            },
        );
        dx
    }

    /// Gradient by the weight: each thread makes some rows of its transpose, summed over all images in order.
    pub(crate) fn dweight(&self, x: &[f32], dy: &[f32]) -> Vec<f32> {
        let ([x_plane, y_plane], [_, k], depth) = (self.planes(), self.group(), self.group()[0] * self.taps());
        let mut dweight = vec![0.0; self.groups * depth * k];
        // Whole tiles of the product's kernel, which has 8 rows, and a group a thread where there are many.
        let pieces = rayon::current_num_threads().div_ceil(self.groups);
        let share = depth.div_ceil(pieces).next_multiple_of(8).min(depth).max(1);
        let (x_block, y_block) =
            (self.images() * self.channels[0] * x_plane, self.images() * self.channels[1] * y_plane);
        let groups = dweight.par_chunks_mut((depth * k).max(1)).enumerate();
        groups.for_each(|(group, sums)| {
            let rows = sums.par_chunks_mut(share * k).enumerate();
            rows.for_each_init(
                || (Vec::new(), Vec::new()),
                |(columns, side), (piece, sums)| {
                    let own = sums.len() / k;
                    for (at, (x, dy)) in x.chunks(x_block).zip(dy.chunks(y_block)).enumerate() {
                        let width = dy.len() / self.channels[1];
                        columns.resize(own * width, 0.0);
                        self.unfold(x, group * depth + piece * share, columns, 1);
                        self.beside(dy, group * k..(group + 1) * k, side);
                        multiply(matrix(columns, own, width, false), matrix(side, width, k, true), at > 0, sums, 1);
                    }
                },
            );
        });
        let transposed = dweight
            .chunks_exact((depth * k).max(1))
            .flat_map(|sums| (0..k).flat_map(move |filter| (0..depth).map(move |row| sums[row * k + filter])));
        transposed.collect()
    }

    /// Gradient by the bias.
    pub(crate) fn dbias(&self, dy: &[f32]) -> Vec<f32> {
        let (plane, channels) = (self.planes()[1], self.channels[1]);
        let sum = |channel: usize| {
            let planes = (0..self.n).map(|image| &dy[(image * channels + channel) * plane..][..plane]);
            planes.flatten().map(|&dy| f64::from(dy)).sum::<f64>() as f32
        };
        (0..channels).into_par_iter().map(sum).collect()
    }

    /// Planes of some channels of a block of images, side by side: `[channels, images, plane]`.
    fn beside(&self, dy: &[f32], channels: Range<usize>, side: &mut Vec<f32>) {
        let plane = self.planes()[1];
        let images = dy.len() / (self.channels[1] * plane);
        side.clear();
        for channel in channels {
            for image in 0..images {
                side.extend_from_slice(&dy[(image * self.channels[1] + channel) * plane..][..plane]);
            }
        }
    }

    /// Rows of columns from `first` on, for a block of images side by side.
    fn unfold(&self, x: &[f32], first: usize, columns: &mut [f32], threads: usize) {
        let [x_plane, y_plane] = self.planes();
        let images = x.len() / (self.channels[0] * x_plane);
        let row = |(at, row): (usize, &mut [f32])| {
            let (channel, tap) = ((first + at) / self.taps(), (first + at) % self.taps());
            for (image, row) in row.chunks_exact_mut(y_plane).enumerate() {
                let plane = &x[(image * self.channels[0] + channel) * x_plane..][..x_plane];
                self.unfold_row(plane, tap, row);
            }
        };
        match threads {
            1 => columns.chunks_exact_mut(images * y_plane).enumerate().for_each(row),
            _ => columns.par_chunks_exact_mut(images * y_plane).enumerate().for_each(row),
        }
    }

    /// What one tap meets at each output of a plane; 0 in the padding.
    fn unfold_row(&self, plane: &[f32], tap: usize, row: &mut [f32]) {
        let step = self.window.stride[2];
        if self.reach(tap).1.iter().map(ExactSizeIterator::len).product::<usize>() < row.len() {
            row.fill(0.0);
        }
        self.each_run(tap, |x, y, len| {
            let y = &mut row[y..y + len];
            match step {
                1 => y.copy_from_slice(&plane[x..x + len]),
                _ => y.iter_mut().zip(plane[x..].iter().step_by(step)).for_each(|(y, x)| *y = *x),
            }
        });
    }

    /// The reverse of [`unfold_row`](Self::unfold_row): adds to the plane.
    fn fold(&self, row: &[f32], tap: usize, plane: &mut [f32]) {
        let step = self.window.stride[2];
        self.each_run(tap, |x, y, len| {
            let y = &row[y..y + len];
            match step {
                1 => plane[x..x + len].iter_mut().zip(y).for_each(|(x, y)| *x += *y),
                _ => plane[x..].iter_mut().step_by(step).zip(y).for_each(|(x, y)| *x += *y),
            }
        });
    }

    /// A tap's place in the window, and the outputs along each axis that it reaches.
    fn reach(&self, tap: usize) -> ([usize; 3], [Range<usize>; 3]) {
        let [_, r, s] = self.window.kernel;
        let tap = [tap / s / r, tap / s % r, tap % s];
        (tap, [0, 1, 2].map(|axis| self.window.reach(axis, tap[axis], self.input[axis], self.output[axis])))
    }

    /// Calls `run(x, y, len)` for each row of outputs that a tap reaches: `len` outputs from `y` on, whose inputs begin at
    /// `x`, a stride apart.
    fn each_run(&self, tap: usize, mut run: impl FnMut(usize, usize, usize)) {
        let (window, (tap, [ds, ps, qs])) = (self.window, self.reach(tap));
        if qs.is_empty() {
            return;
        }
        let w = window.source(2, tap[2], qs.start);
        for d in ds {
            for p in ps.clone() {
                let row = window.source(0, tap[0], d) * self.input[1] + window.source(1, tap[1], p);
                run(row * self.input[2] + w, (d * self.output[1] + p) * self.output[2] + qs.start, qs.len());
            }
        }
    }
}
