//! Max pooling and its gradient, a plane a thread, a row of outputs at a time: tap by tap in row order, so that the
//! first of equals wins, as in the reference.

use cpu_reference::{Window, spatial};
use rayon::prelude::*;

/// No tap lies inside.
const NOBODY: u32 = u32::MAX;

/// Sliding windows between planes of x and of y.
pub(crate) struct Pool<'a> {
    window: &'a Window,
    input: [usize; 3],
    output: [usize; 3],
}

impl<'a> Pool<'a> {
    /// Between x `[n, c, …]` and y `[n, c, …]`.
    pub(crate) fn between(x: &[usize], y: &[usize], window: &'a Window) -> Self {
        Pool { window, input: spatial(x), output: spatial(y) }
    }

    /// y = the largest of each window.
    pub(crate) fn max(&self, x: &[f32]) -> Vec<f32> {
        let [x_plane, y_plane] = self.planes();
        let mut y = vec![0.0; x.len() / x_plane.max(1) * y_plane];
        y.par_chunks_mut(y_plane.max(1)).zip(x.par_chunks(x_plane.max(1))).for_each(|(y, x)| {
            self.each_row(x, |at, best, _| y[at..at + best.len()].copy_from_slice(best));
        });
        y
    }

    /// dx: each dy goes to its window's winner.
    pub(crate) fn max_dx(&self, x: &[f32], dy: &[f32]) -> Vec<f32> {
        let [x_plane, y_plane] = self.planes();
        let mut dx = vec![0.0; x.len()];
        let planes = dx.par_chunks_mut(x_plane.max(1)).zip(x.par_chunks(x_plane.max(1)));
        planes.zip(dy.par_chunks(y_plane.max(1))).for_each(|((dx, x), dy)| {
            self.each_row(x, |at, _, winners| {
                for (&winner, dy) in winners.iter().zip(&dy[at..]) {
                    if winner != NOBODY {
                        dx[winner as usize] += dy;
                    }
                }
            });
        });
        dx
    }

    fn planes(&self) -> [usize; 2] {
        [self.input.iter().product(), self.output.iter().product()]
    }

    /// Calls `row(at, best, winners)` for each row of outputs of a plane: the first one's place, the largest taps and their
    /// places in x.
    fn each_row(&self, x: &[f32], mut row: impl FnMut(usize, &[f32], &[u32])) {
        let (window, [_, r, s]) = (self.window, self.window.kernel);
        let taps = window.kernel.iter().product::<usize>();
        let taps: Vec<[usize; 3]> = (0..taps).map(|tap| [tap / s / r, tap / s % r, tap % s]).collect();
        let reach = |tap: [usize; 3], axis: usize| window.reach(axis, tap[axis], self.input[axis], self.output[axis]);
        let ranges: Vec<_> = taps.iter().map(|&tap| [0, 1, 2].map(|axis| reach(tap, axis))).collect();
        let (width, step) = (self.output[2], window.stride[2]);
        let (mut best, mut winners) = (vec![0.0; width], vec![NOBODY; width]);
        for (d, p) in (0..self.output[0]).flat_map(|d| (0..self.output[1]).map(move |p| (d, p))) {
            best.fill(f32::NEG_INFINITY);
            winners.fill(NOBODY);
            for (tap, [ds, ps, qs]) in taps.iter().zip(&ranges) {
                if !ds.contains(&d) || !ps.contains(&p) || qs.is_empty() {
                    continue;
                }
                let h = window.source(0, tap[0], d) * self.input[1] + window.source(1, tap[1], p);
                let first = h * self.input[2] + window.source(2, tap[2], qs.start);
                let places = (first..).step_by(step);
                for (q, place) in qs.clone().zip(places) {
                    let here = x[place];
                    if winners[q] == NOBODY || here > best[q] || here.is_nan() {
                        (best[q], winners[q]) = (here, place as u32);
                    }
                }
            }
            row((d * self.output[1] + p) * width, &best, &winners);
        }
    }
}
