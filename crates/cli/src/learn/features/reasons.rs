//! What the network makes of one image: its class, the maps of every stage, and which pixels the class hangs on
//! (saliency: the gradient of its score by each pixel; Grad-CAM: the last convolution's maps, each weighted by the mean
//! gradient of the score by it; Selvaraju and others 2017).

use lenslet::graph::ops::{Binary, Reduce};
use lenslet::graph::{Engine, Execution, Shape, Tensor, Value};

use super::seen::Seen;
use super::stages::{Stage, stages};
use crate::learn::desk::floats;

/// The network made ready to look at images one by one.
pub(super) struct Reasons<'a> {
    seen: &'a Seen,
    execution: Execution,
    x: Value,
    choice: Value,
    /// Of the scores, and of the choice among them.
    scores: Shape,
    batch: usize,
    pub(super) stages: Vec<Stage>,
    last: usize,
}

/// What it made of an image.
pub(super) struct Reading {
    pub(super) class: usize,
    pub(super) shares: Vec<f32>,
    /// Of each stage, `[k, p, q]`.
    pub(super) maps: Vec<Vec<f32>>,
    /// `[h, w]`: the length of the gradient of the class's score by a pixel's channels.
    pub(super) saliency: Vec<f32>,
    /// `[p, q]` of the last convolution: at least 0, what speaks for the class.
    pub(super) cam: Vec<f32>,
}

impl<'a> Reasons<'a> {
    /// `last` is the position of the last convolution among the stages.
    pub(super) fn new(seen: &'a Seen, engine: &Engine, last: usize) -> anyhow::Result<Reasons<'a>> {
        let mut asked = seen.ask(1)?;
        let stages = stages(&asked.graph, asked.x, asked.scores);
        let ty = asked.graph.ty(asked.scores).clone();
        let choice = asked.graph.input("choice", ty.clone())?;
        let chosen = asked.graph.push1("chosen", Binary::Mul, &[asked.scores, choice])?;
        let score = asked.graph.push1("score", Reduce::sum(&[]), &[chosen])?;
        let gradients = asked.graph.gradients(score, &[asked.x, stages[last].after])?;
        let mut fetch = vec![asked.scores, gradients[0], gradients[1]];
        fetch.extend(stages.iter().map(|stage| stage.after));
        let execution = seen.compile(engine, asked.graph, &fetch)?;
        Ok(Reasons { seen, execution, x: asked.x, choice, scores: ty.shape, batch: asked.batch, stages, last })
    }

    /// Reads an image, bytes `[c, h, w]`: once for its class, once more for what speaks for that.
    pub(super) fn read(&mut self, pixels: &[u8]) -> anyhow::Result<Reading> {
        let [c, h, w] = self.seen.shape;
        let mut x = self.seen.normalised(pixels);
        // A model of a fixed batch gets the image once; nobody looks at the rest.
        x.resize(self.batch * c * h * w, 0.0);
        self.execution.set(self.x, &Tensor::f32([self.batch, c, h, w], x)?)?;
        let scores = self.run(None)?.swap_remove(0);
        let shares = self.seen.shares(&scores[..scores.len() / self.batch]);
        let class = (1..shares.len()).fold(0, |best, at| if shares[at] > shares[best] { at } else { best });
        let mut values = self.run(Some(class))?;
        let maps = values.split_off(3);
        let maps: Vec<Vec<f32>> =
            maps.into_iter().zip(&self.stages).map(|(maps, stage)| maps[..stage.count()].to_vec()).collect();
        let (by_map, by_pixel) = (&values[2], &values[1]);
        let length = |i: usize| (0..c).map(|channel| by_pixel[channel * h * w + i].powi(2)).sum::<f32>().sqrt();
        let cam = cam(&maps[self.last], by_map, self.stages[self.last].shape);
        Ok(Reading { class, shares, saliency: (0..h * w).map(length).collect(), cam, maps })
    }

    fn run(&mut self, class: Option<usize>) -> anyhow::Result<Vec<Vec<f32>>> {
        let mut choice = vec![0.0; self.scores.iter().product()];
        if let Some(class) = class {
            choice[class] = 1.0;
        }
        self.execution.set(self.choice, &Tensor::f32(self.scores.clone(), choice)?)?;
        self.execution.run()?;
        floats(self.execution.wait()?)
    }
}

/// relu(Σ over k of the mean gradient by map k · map k), `[p, q]`.
fn cam(maps: &[f32], gradients: &[f32], [k, p, q]: [usize; 3]) -> Vec<f32> {
    let mut cam = vec![0.0; p * q];
    for (map, by_map) in maps.chunks(p * q).zip(gradients.chunks(p * q)).take(k) {
        let weight = by_map.iter().sum::<f32>() / (p * q) as f32;
        cam.iter_mut().zip(map).for_each(|(sum, value)| *sum += weight * value);
    }
    cam.into_iter().map(|sum| sum.max(0.0)).collect()
}

/// A map `[p, q]` stretched over `[h, w]`, by the nearest four cells.
pub(super) fn stretched(map: &[f32], [p, q]: [usize; 2], [h, w]: [usize; 2]) -> Vec<f32> {
    let place = |at: usize, from: usize, to: usize| {
        let place = ((at as f32 + 0.5) * from as f32 / to as f32 - 0.5).clamp(0.0, (from - 1) as f32);
        let low = place as usize;
        (low, (low + 1).min(from - 1), place - low as f32)
    };
    let mut wide = Vec::with_capacity(h * w);
    for y in 0..h {
        let (above, below, down) = place(y, p, h);
        for x in 0..w {
            let (left, right, across) = place(x, q, w);
            let line = |row: usize| map[row * q + left] * (1.0 - across) + map[row * q + right] * across;
            wide.push(line(above) * (1.0 - down) + line(below) * down);
        }
    }
    wide
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cam_weighs_maps_by_their_mean_gradient() {
        let (maps, gradients) = ([1.0, 2.0, 3.0, 4.0], [1.0, 3.0, -1.0, -1.0]);
        assert_eq!(cam(&maps, &gradients, [2, 1, 2]), [0.0, 0.0]);
        assert_eq!(cam(&maps, &[1.0, 3.0, 0.0, -1.0], [2, 1, 2]), [0.5, 2.0]);
    }

    #[test]
    fn stretching_keeps_corners_and_means() {
        let wide = stretched(&[0.0, 1.0], [1, 2], [2, 4]);
        assert_eq!(wide, [0.0, 0.25, 0.75, 1.0, 0.0, 0.25, 0.75, 1.0]);
    }
}
