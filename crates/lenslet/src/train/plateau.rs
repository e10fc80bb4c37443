//! Reduce on plateau: the one factor of a schedule that is a function of what was measured, not of the step alone.
//!
//! Its state stands in the checkpoint, and the device gets the schedule's table anew only where the factor changes.

use serde::{Deserialize, Serialize};

/// Times `gamma` after more than `patience` epochs whose test loss was not below the best by a ten-thousandth of it: as
/// PyTorch's `ReduceLROnPlateau`, with its defaults for the rest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Plateau {
    pub(crate) patience: u64,
    pub(crate) gamma: f64,
}

/// What has been seen of the losses.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seen {
    /// The smallest loss so far; none before the first epoch.
    best: Option<f64>,
    /// Epochs since that were no better.
    worse: u64,
    /// Factor on the learning rate.
    pub(crate) factor: f64,
}

impl Default for Seen {
    fn default() -> Self {
        Seen { best: None, worse: 0, factor: 1.0 }
    }
}

/// Share of the best loss that a better one must be below it.
const THRESHOLD: f64 = 1e-4;

impl Seen {
    /// Takes an epoch's loss in; whether the factor changed.
    pub(crate) fn see(&mut self, plateau: Plateau, loss: f64) -> bool {
        if self.best.is_none_or(|best| loss < best * (1.0 - THRESHOLD)) {
            (self.best, self.worse) = (Some(loss), 0);
            return false;
        }
        self.worse += 1;
        let reduces = self.worse > plateau.patience;
        if reduces {
            self.factor *= plateau.gamma;
            self.worse = 0;
        }
        reduces
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The factors of `ReduceLROnPlateau(factor=0.5, patience=1)` on these losses.
    #[test]
    fn reduces_as_pytorch_does() {
        let plateau = Plateau { patience: 1, gamma: 0.5 };
        let mut seen = Seen::default();
        let losses = [1.0, 0.9, 0.89999, 0.95, 0.8, 0.8, 0.9, 0.8, 0.7];
        let factors = losses.map(|loss| {
            seen.see(plateau, loss);
            seen.factor
        });
        assert_eq!(factors, [1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25]);
    }
}
