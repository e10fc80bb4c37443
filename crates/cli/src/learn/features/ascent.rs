//! The image that a channel, or a class, wants to see: gradient ascent on the input.
//!
//! Each image of a batch is for one channel. For a channel the unit in the middle of its map is raised, in front of
//! the activation, which would hide from which side it comes. A pull towards the mean image and, where much is seen,
//! some smoothing keep out noise that no image has.

use lenslet::datasets::philox::{Draws, Purpose};
use lenslet::graph::ops::{Binary, Reduce, Slice};
use lenslet::graph::{Engine, Graph, Tensor, Value};

use super::seen::Seen;
use super::stages::{Stage, stages};
use crate::learn::desk::floats;

/// Images made side by side at most.
const BATCH: usize = 16;
/// Part of the range from black to white that a typical pixel moves in a step.
const STEP: f32 = 0.025;
/// Part of the way back to the mean image in a step.
const PULL: f32 = 0.02;
/// Sees more pixels than this: smoothed.
const SMOOTHED: usize = 8;

/// An image made for a channel.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    /// `[c, h, w]`, what the channel sees of the image.
    pub(super) shape: [usize; 3],
    pub(super) pixels: Vec<u8>,
    /// What the channel answers to it, in front of its activation.
    pub(super) answer: f32,
}

/// Whose answer is raised.
#[derive(Clone, Copy, Debug)]
pub(super) enum Goal {
    /// The channels of the stage at this position.
    Stage(usize),
    Classes,
}

/// Images for the first `count` channels or classes.
pub(super) fn ascend(
    seen: &Seen,
    engine: &Engine,
    goal: Goal,
    count: usize,
    updates: u32,
    seed: u64,
) -> anyhow::Result<Vec<Wanted>> {
    let mut asked = seen.ask(count.min(BATCH))?;
    let all = stages(&asked.graph, asked.x, asked.scores);
    let (batch, [c, h, w]) = (asked.batch, seen.shape);
    let (raised, sees) = match goal {
        Goal::Stage(at) => middle(&mut asked.graph, &all[at], [h, w])?,
        Goal::Classes => (asked.scores, [(0, h), (0, w)]),
    };
    let ty = asked.graph.ty(raised).clone();
    let choice = asked.graph.input("choice", ty.clone())?;
    let chosen = asked.graph.push1("chosen", Binary::Mul, &[raised, choice])?;
    let sum = asked.graph.push1("sum", Reduce::sum(&[]), &[chosen])?;
    let dx = asked.graph.gradients(sum, &[asked.x])?[0];
    let mut execution = seen.compile(engine, asked.graph, &[dx, raised])?;

    let of_one: usize = ty.shape[1..].iter().product();
    let size = c * h * w;
    let mut made = Vec::new();
    for first in (0..count).step_by(batch) {
        let here = batch.min(count - first);
        let mut choices = vec![0.0; batch * of_one];
        (0..here).for_each(|i| choices[i * of_one + first + i] = 1.0);
        execution.set(choice, &Tensor::f32(ty.shape.clone(), choices)?)?;
        let mut x = Vec::with_capacity(batch * size);
        for i in 0..batch {
            let mut draws = Draws::at(seed, Purpose::Synthetic, u32::MAX, (first + i) as u32);
            x.extend((0..size).map(|_| 0.1 * draws.normal()));
        }
        let mut answers = Vec::new();
        for update in 0..=updates {
            execution.set(asked.x, &Tensor::f32([batch, c, h, w], x.clone())?)?;
            execution.run()?;
            let mut results = floats(execution.wait()?)?;
            answers = results.swap_remove(1);
            if update == updates {
                break;
            }
            for (x, dx) in x.chunks_mut(size).zip(results[0].chunks(size)) {
                climb(seen, x, dx);
                if sees[0].1.min(sees[1].1) > SMOOTHED && update % 2 == 0 && update + 6 < updates {
                    x.chunks_mut(h * w).for_each(|plane| smooth(plane, w));
                }
            }
        }
        for i in 0..here {
            let bytes = seen.bytes(&x[i * size..][..size]);
            let (shape, pixels) = cut(&bytes, seen.shape, sees);
            made.push(Wanted { shape, pixels, answer: answers[i * of_one + first + i] });
        }
    }
    Ok(made)
}

/// The units in the middle of a stage's maps, `[n, k, 1, 1]`, and what they see.
fn middle(graph: &mut Graph, stage: &Stage, image: [usize; 2]) -> anyhow::Result<(Value, [(isize, usize); 2])> {
    let [_, p, q] = stage.shape;
    let at = [p / 2, q / 2];
    let mut unit = stage.before;
    for (axis, at) in [(2, at[0]), (3, at[1])] {
        let shape = graph.ty(unit).shape.clone();
        unit = graph.push1("middle", Slice::narrow(&shape, axis, at, 1), &[unit])?;
    }
    Ok((unit, stage.field.at(at, image)))
}

/// One step up, and a little back towards the mean image, within black and white.
fn climb(seen: &Seen, x: &mut [f32], dx: &[f32]) {
    // The typical slope where there is one, so that more than the steepest few pixels move.
    let (sum, count) = dx.iter().filter(|d| **d != 0.0).fold((0f32, 0f32), |(sum, n), d| (sum + d * d, n + 1.0));
    let slope = (sum / count.max(1.0)).sqrt();
    if slope == 0.0 {
        return;
    }
    let plane = seen.shape[1] * seen.shape[2];
    for (i, (x, dx)) in x.iter_mut().zip(dx).enumerate() {
        let (black, white) = seen.range(i / plane);
        *x = (*x * (1.0 - PULL) + STEP * (white - black) * dx / slope).clamp(black, white);
    }
}

/// Each pixel with a fifth of its four neighbours' mean.
fn smooth(plane: &mut [f32], w: usize) {
    let (old, h) = (plane.to_vec(), plane.len() / w);
    let at = |y: usize, x: usize| old[y.min(h - 1) * w + x.min(w - 1)];
    for (i, value) in plane.iter_mut().enumerate() {
        let (y, x) = (i / w, i % w);
        let around = at(y.saturating_sub(1), x) + at(y + 1, x) + at(y, x.saturating_sub(1)) + at(y, x + 1);
        *value = 0.8 * *value + 0.05 * around;
    }
}

/// The part of an image `[c, h, w]` that lies in the field and inside the border.
fn cut(pixels: &[u8], [c, h, w]: [usize; 3], sees: [(isize, usize); 2]) -> ([usize; 3], Vec<u8>) {
    let inside = |(start, side): (isize, usize), length: usize| {
        (start.max(0) as usize).min(length - 1)..((start + side as isize).max(1) as usize).min(length)
    };
    let (rows, columns) = (inside(sees[0], h), inside(sees[1], w));
    let shape = [c, rows.len(), columns.len()];
    let lines = (0..c).flat_map(|channel| rows.clone().map(move |row| (channel * h + row) * w));
    (shape, lines.flat_map(|line| pixels[line + columns.start..line + columns.end].to_vec()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_stays_inside_the_border() {
        let pixels: Vec<u8> = (0..16).collect();
        assert_eq!(cut(&pixels, [1, 4, 4], [(1, 2), (2, 2)]), ([1, 2, 2], vec![6, 7, 10, 11]));
        assert_eq!(cut(&pixels, [1, 4, 4], [(-1, 2), (3, 4)]), ([1, 1, 1], vec![3]));
    }

    #[test]
    fn smoothing_keeps_an_even_plane() {
        let mut plane = vec![2.0; 12];
        smooth(&mut plane, 4);
        assert!(plane.iter().all(|v| (v - 2.0).abs() < 1e-6));
    }
}
