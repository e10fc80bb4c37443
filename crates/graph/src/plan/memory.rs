//! The memory planner: which values share a slot. A pure function of sizes and lifetimes.
//!
//! wgpu tracks usage per buffer, so values are given whole buffers and never parts of a common one. Values are
//! placed from the largest to the smallest, each into the slot that wastes least among those whose other tenants
//! are dead while it lives (the "greedy by size" of Pisarchyk & Lee, 2020, for shared objects).

/// When a value lives, in launches' order, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetime {
    /// Size of the value.
    pub bytes: u64,
    /// Time at which it is made.
    pub first: usize,
    /// Time at which it is last used.
    pub last: usize,
}

impl Lifetime {
    /// Whether both live at some time.
    pub fn meets(&self, other: &Lifetime) -> bool {
        self.first <= other.last && other.first <= self.last
    }
}

/// Slot of each value and size of each slot.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Assignment {
    /// One for each value, in the given order.
    pub slot: Vec<usize>,
    /// Bytes of each slot.
    pub bytes: Vec<u64>,
}

/// Gives each value a slot so that no two values that live at the same time share one.
pub fn assign(values: &[Lifetime]) -> Assignment {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by_key(|&i| (std::cmp::Reverse(values[i].bytes), values[i].first, i));
    let mut tenants: Vec<Vec<usize>> = Vec::new();
    let mut plan = Assignment { slot: vec![0; values.len()], bytes: Vec::new() };
    for i in order {
        let free = |slot: &usize| tenants[*slot].iter().all(|&other| !values[i].meets(&values[other]));
        // Slots only get values of falling size: the tightest is the one that was opened last and is free.
        let found = (0..tenants.len()).filter(free).min_by_key(|&slot| (plan.bytes[slot], slot));
        let slot = found.unwrap_or_else(|| {
            tenants.push(Vec::new());
            plan.bytes.push(values[i].bytes);
            tenants.len() - 1
        });
        tenants[slot].push(i);
        plan.slot[i] = slot;
    }
    plan
}

/// The largest number of bytes alive at one time: no plan can use less.
pub fn live_peak(values: &[Lifetime]) -> u64 {
    let ends = values.iter().map(|v| v.last + 1).max().unwrap_or(0);
    let mut change = vec![0i64; ends + 1];
    for v in values {
        change[v.first] += v.bytes as i64;
        change[v.last + 1] -= v.bytes as i64;
    }
    let mut live = 0;
    change
        .iter()
        .map(|c| {
            live += c;
            live as u64
        })
        .max()
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_two_live_values_share_a_slot(raw in prop::collection::vec((1u64..5000, 0usize..60, 0usize..12), 1..80)) {
            let values: Vec<Lifetime> =
                raw.iter().map(|&(bytes, first, length)| Lifetime { bytes, first, last: first + length }).collect();
            let plan = assign(&values);
            for (i, a) in values.iter().enumerate() {
                prop_assert!(plan.bytes[plan.slot[i]] >= a.bytes);
                for (j, b) in values.iter().enumerate().skip(i + 1) {
                    prop_assert!(plan.slot[i] != plan.slot[j] || !a.meets(b), "{i} {a:?} and {j} {b:?}");
                }
            }
            let total: u64 = plan.bytes.iter().sum();
            prop_assert!(total >= live_peak(&values));
        }
    }

    #[test]
    fn a_chain_needs_two_slots() {
        let chain: Vec<Lifetime> = (0..9).map(|t| Lifetime { bytes: 100, first: t, last: t + 1 }).collect();
        assert_eq!(assign(&chain).bytes, [100, 100]);
        assert_eq!(live_peak(&chain), 200);
    }
}
