//! Batch norm and its gradients, a plane a thread. Sums over a channel run in f64 and in order, a channel a thread.

use rayon::prelude::*;

/// x `[n, c, plane]`.
#[derive(Clone, Copy)]
pub(crate) struct Channels {
    pub(crate) n: usize,
    pub(crate) c: usize,
    pub(crate) plane: usize,
}

impl Channels {
    pub(crate) fn of(shape: &[usize]) -> Self {
        Channels { n: shape[0], c: shape[1], plane: shape[2..].iter().product() }
    }

    /// Elements of a channel.
    pub(crate) fn count(&self) -> f64 {
        (self.n * self.plane) as f64
    }

    /// For each channel the sum of `f(channel, element)` over its elements, in order.
    pub(crate) fn sums<const K: usize>(&self, f: impl Fn(usize, usize) -> [f64; K] + Sync) -> Vec<[f64; K]> {
        let sum = |channel: usize| {
            let mut sums = [0.0; K];
            for image in 0..self.n {
                let first = (image * self.c + channel) * self.plane;
                for element in first..first + self.plane {
                    let terms = f(channel, element);
                    (0..K).for_each(|k| sums[k] += terms[k]);
                }
            }
            sums
        };
        (0..self.c).into_par_iter().map(sum).collect()
    }

    /// y = `f(channel)` of each element.
    pub(crate) fn map<F: Fn(usize) -> f32>(&self, f: impl Fn(usize) -> F + Sync) -> Vec<f32> {
        let mut y = vec![0.0; self.n * self.c * self.plane];
        y.par_chunks_mut(self.plane.max(1)).enumerate().for_each(|(at, y)| {
            let of = f(at % self.c);
            y.iter_mut().enumerate().for_each(|(i, y)| *y = of(at * self.plane + i));
        });
        y
    }

    /// Means and biased variances of x.
    pub(crate) fn statistics(&self, x: &[f32]) -> (Vec<f64>, Vec<f64>) {
        let sums = self.sums(|_, i| [f64::from(x[i])]);
        let means: Vec<f64> = sums.iter().map(|[sum]| sum / self.count()).collect();
        let squares = self.sums(|channel, i| [(f64::from(x[i]) - means[channel]).powi(2)]);
        (means, squares.iter().map(|[sum]| sum / self.count()).collect())
    }

    /// y = (x - mean) * inv_std * weight + bias.
    pub(crate) fn normalise(&self, x: &[f32], mean: &[f64], inv_std: &[f64], weight: &[f32], bias: &[f32]) -> Vec<f32> {
        self.map(|channel| {
            // The mean goes first: folded into the bias it would cancel.
            let (mean, scale) = (mean[channel], inv_std[channel] * f64::from(weight[channel]));
            let bias = f64::from(bias[channel]);
            move |i| ((f64::from(x[i]) - mean) * scale + bias) as f32
        })
    }

    /// dx, dweight, dbias; through the statistics too where they are the batch's own.
    pub(crate) fn gradients(
        &self,
        x: &[f32],
        dy: &[f32],
        weight: &[f32],
        mean: &[f64],
        inv_std: &[f64],
        own: bool,
    ) -> [Vec<f32>; 3] {
        let x_hat = |channel: usize, i: usize| (f64::from(x[i]) - mean[channel]) * inv_std[channel];
        let sums = self.sums(|channel, i| {
            let dy = f64::from(dy[i]);
            [dy, dy * x_hat(channel, i)]
        });
        let dx = self.map(|channel| {
            let scale = inv_std[channel] * f64::from(weight[channel]);
            let [mean, along] = if own { sums[channel].map(|sum| sum / self.count()) } else { [0.0; 2] };
            move |i| ((f64::from(dy[i]) - mean - x_hat(channel, i) * along) * scale) as f32
        });
        [dx, sums.iter().map(|sum| sum[1] as f32).collect(), sums.iter().map(|sum| sum[0] as f32).collect()]
    }
}
