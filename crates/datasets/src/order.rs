//! The order of an epoch: which rows, in which batches. A function of (seed, epoch, n), so that a run resumed in the
//! middle of an epoch sees exactly the batches that the unbroken run would have seen.

use crate::philox::{Draws, Purpose};

/// The rows `0..n` in random order, every order equally likely (as far as a 64-bit seed can tell n! orders apart):
/// Fisher and Yates's shuffle, fed by Philox at (seed, epoch).
///
/// # Panics
/// Where `n` does not fit into a `u32`: no data set here has so many rows.
///
/// ```
/// let order = datasets::order::permutation(42, 0, 5);
/// assert_eq!(order, datasets::order::permutation(42, 0, 5));
/// ```
pub fn permutation(seed: u64, epoch: u32, n: usize) -> Vec<u32> {
    shuffled(n, Draws::at(seed, Purpose::Order, epoch, 0))
}

/// The row that a single update takes: one of `0..n`, drawn anew each step, so that a row may come twice in a row.
pub fn instance(seed: u64, step: u32, n: u32) -> u32 {
    Draws::at(seed, Purpose::Instance, 0, step).below(n)
}

pub(crate) fn shuffled(n: usize, mut draws: Draws) -> Vec<u32> {
    let count = u32::try_from(n).expect("rows are numbered by u32");
    let mut order: Vec<u32> = (0..count).collect();
    for last in (1..count).rev() {
        order.swap(last as usize, draws.below(last + 1) as usize);
    }
    order
}

/// Cuts an order into batches of `batch` rows. The last may be shorter; `drop_last` leaves a shorter one out.
/// A `batch` of 0 gives no batches.
pub fn batches(permutation: &[u32], batch: usize, drop_last: bool) -> impl ExactSizeIterator<Item = &[u32]> {
    let rows = batch_count(permutation.len(), batch, drop_last).saturating_mul(batch).min(permutation.len());
    permutation[..rows].chunks(batch.max(1))
}

/// How many batches [`batches`] gives for `n` rows.
pub fn batch_count(n: usize, batch: usize, drop_last: bool) -> usize {
    match (batch, drop_last) {
        (0, _) => 0,
        (_, true) => n / batch,
        (_, false) => n.div_ceil(batch),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_row_once(seed: u64, epoch: u32, n in 0usize..2000) {
            let mut order = permutation(seed, epoch, n);
            order.sort_unstable();
            prop_assert!(order.into_iter().eq(0..n as u32));
        }

        #[test]
        fn batches_cover_the_order(n in 0usize..500, batch in 0usize..600, drop_last: bool) {
            let order = permutation(1, 0, n);
            let cut: Vec<&[u32]> = batches(&order, batch, drop_last).collect();
            prop_assert_eq!(cut.len(), batch_count(n, batch, drop_last));
            let rows = cut.concat();
            prop_assert_eq!(&rows[..], &order[..rows.len()]);
            let left = n - rows.len();
            let left_out = match (batch, drop_last) {
                (0, _) => n,
                (_, true) => n % batch,
                (_, false) => 0,
            };
            prop_assert_eq!(left, left_out);
        }
    }

    #[test]
    fn instances_are_drawn_evenly() {
        let mut counts = [0i32; 4];
        (0..8000).for_each(|step| counts[instance(3, step, 4) as usize] += 1);
        // The standard deviation of a count is √(8,000 · 1/4 · 3/4) = 39; five of them.
        assert!(counts.iter().all(|count| (count - 2000).abs() < 195), "{counts:?}");
        assert_ne!(
            (0..8).map(|s| instance(1, s, 99)).collect::<Vec<_>>(),
            (0..8).map(|s| instance(2, s, 99)).collect::<Vec<_>>()
        );
    }

    #[test]
    fn seed_and_epoch_matter() {
        assert_ne!(permutation(1, 0, 100), permutation(2, 0, 100));
        assert_ne!(permutation(1, 0, 100), permutation(1, 1, 100));
    }

    #[test]
    fn all_orders_of_four_are_equally_likely() {
        let mut counts = std::collections::BTreeMap::new();
        (0..24_000u32).for_each(|epoch| *counts.entry(permutation(9, epoch, 4)).or_insert(0i32) += 1);
        assert_eq!(counts.len(), 24);
        // The standard deviation of a count is √(24,000 · 1/24 · 23/24) = 31; five of them.
        assert!(counts.values().all(|count| (count - 1000).abs() < 155), "{counts:?}");
    }
}
