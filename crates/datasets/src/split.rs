//! Which rows are trained on and which are held out: seeded, and class by class where there are classes, so that a
//! small held-out part still has every class in its share. Used by images and tables alike.

use crate::order::shuffled;
use crate::philox::{Draws, Purpose};

/// Row numbers, each ascending: those to train on, those held out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// Rows to train on.
    pub train: Vec<u32>,
    /// Rows held out.
    pub held_out: Vec<u32>,
}

/// Holds out `round(n * held_out)` of `n` rows; `held_out` is a fraction, taken as within `[0, 1]`.
pub fn random(n: usize, held_out: f64, seed: u64) -> Split {
    stratified(&vec![0; n], held_out, seed)
}

/// Holds out the same fraction of every class, as near as whole rows allow; the total is `round(n * held_out)`, less
/// the rows that a class would have lost as its last: each class keeps one to train on unless `held_out` is 1.
pub fn stratified(labels: &[u32], held_out: f64, seed: u64) -> Split {
    let fraction = held_out.clamp(0.0, 1.0);
    let classes = labels.iter().max().map_or(0, |&most| most as usize + 1);
    let mut rows_of = vec![Vec::new(); classes];
    for row in shuffled(labels.len(), Draws::at(seed, Purpose::Split, 0, 0)) {
        rows_of[labels[row as usize] as usize].push(row);
    }
    let (mut train, mut held) = (Vec::new(), Vec::new());
    // Rounding the running total, not each class, so that the parts lost to rounding do not add up.
    let (mut seen, mut taken) = (0, 0);
    for rows in rows_of.iter().filter(|rows| !rows.is_empty()) {
        seen += rows.len();
        let quota = (seen as f64 * fraction).round() as usize;
        let most = if fraction < 1.0 { rows.len() - 1 } else { rows.len() };
        let take = (quota - taken).min(most);
        taken = quota;
        held.extend(&rows[..take]);
        train.extend(&rows[take..]);
    }
    train.sort_unstable();
    held.sort_unstable();
    Split { train, held_out: held }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn each_row_is_on_one_side(labels in prop::collection::vec(0u32..5, 0..200), fraction in 0.0..=1.0, seed: u64) {
            let split = stratified(&labels, fraction, seed);
            let mut all = [split.train, split.held_out].concat();
            all.sort_unstable();
            prop_assert!(all.into_iter().eq(0..labels.len() as u32));
        }
    }

    #[test]
    fn classes_keep_their_shares() {
        let labels: Vec<u32> = (0..150).map(|row| row / 50).collect();
        let split = stratified(&labels, 0.2, 7);
        for class in 0..3 {
            assert_eq!(split.held_out.iter().filter(|&&row| labels[row as usize] == class).count(), 10);
        }
        assert_ne!(split, stratified(&labels, 0.2, 8));
        assert_eq!(split, stratified(&labels, 0.2, 7));
    }

    #[test]
    fn a_class_of_one_is_trained_on() {
        let split = stratified(&[0, 0, 0, 1], 0.9, 1);
        assert!(split.train.contains(&3));
        assert_eq!(random(10, 0.25, 1).held_out.len(), 3);
        assert_eq!(random(10, f64::NAN, 1).held_out.len(), 0);
        assert_eq!(random(0, 0.5, 1).train.len(), 0);
    }
}
