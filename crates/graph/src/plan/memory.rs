//! The memory planner: which values share a slot, and where in it. A pure function of sizes, lifetimes and launches.
//!
//! wgpu tracks usage per buffer: a launch that reads a value may not write another one in the same slot. Else values
//! that live at the same time may lie side by side in a slot, and those that do not may lie in the same place. Values
//! are placed one after the other, each where slots grow least, then in the tightest gap. In which order decides: from
//! the largest ("greedy by size" of Pisarchyk & Lee, 2020), as they are made, or by the busiest time that they live
//! through ("greedy by breadth" there). None wins on every graph, and each is quick: the best of the three is kept,
//! and bettered by trying others.

use std::cmp::Reverse;
use std::collections::HashSet;

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

/// What is to be placed.
#[derive(Clone, Debug, Default)]
pub struct Demand {
    /// The values.
    pub values: Vec<Lifetime>,
    /// Pairs of values (the smaller index first) that some launch uses and of which it writes one.
    pub apart: HashSet<(usize, usize)>,
    /// Offsets are multiples of this.
    pub align: u64,
    /// The largest slot.
    pub most: u64,
}

/// Place of each value and size of each slot.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Assignment {
    /// Slot and offset in it, in bytes; one for each value, in the given order.
    pub place: Vec<(usize, u64)>,
    /// Bytes of each slot.
    pub bytes: Vec<u64>,
}

impl Assignment {
    fn total(&self) -> u64 {
        self.bytes.iter().sum()
    }
}

/// Gives each value a place that it has for itself while it lives, in a slot that no launch both reads and writes.
pub fn assign(demand: &Demand) -> Assignment {
    let values = &demand.values;
    let live = live(values);
    let breadth = |v: &Lifetime| live[v.first..=v.last].iter().max().copied().unwrap_or(0);
    let ordered = |rank: &dyn Fn(&Lifetime) -> (u64, u64)| {
        let mut order: Vec<usize> = (0..values.len()).collect();
        order.sort_by_key(|&i| (Reverse(rank(&values[i])), values[i].first, i));
        let plan = place(demand, &order);
        (plan.total(), order, plan)
    };
    let plans = [ordered(&|v| (v.bytes, 0)), ordered(&|_| (0, 0)), ordered(&|v| (breadth(v), v.bytes))];
    let (mut total, mut order, mut plan) = plans.into_iter().min_by_key(|plan| plan.0).expect("there are three");
    // Then one value after the other is tried first, as long as there is something to win.
    let good = live.iter().max().map_or(0, |peak| peak + peak / 50);
    for i in (0..values.len()).cycle().take(TRIES) {
        if total <= good {
            break;
        }
        let at = order.iter().position(|&other| other == i).expect("an order holds them all");
        let mut other = order.clone();
        other[..=at].rotate_right(1);
        let tried = place(demand, &other);
        if tried.total() < total {
            (total, order, plan) = (tried.total(), other, tried);
        }
    }
    plan
}

/// Orders that are tried beyond the first three: milliseconds for hundreds of values.
const TRIES: usize = 200;

/// Places the values in the given order.
fn place(demand: &Demand, order: &[usize]) -> Assignment {
    let mut tenants: Vec<Vec<usize>> = Vec::new();
    let mut plan = Assignment { place: vec![(0, 0); demand.values.len()], bytes: Vec::new() };
    for &i in order {
        let bytes = demand.values[i].bytes;
        let best = (0..tenants.len())
            .filter_map(|slot| {
                let (gap, offset) = gap(demand, &plan, slot, &tenants[slot], i)?;
                let growth = (offset + bytes).saturating_sub(plan.bytes[slot]);
                Some((growth, gap, slot, offset))
            })
            .min()
            // What would not shrink anything gets a slot of its own: the fewer neighbours, the fewer conflicts.
            .filter(|&(growth, ..)| growth < bytes);
        let (slot, offset) = best.map_or((tenants.len(), 0), |(_, _, slot, offset)| (slot, offset));
        if slot == tenants.len() {
            tenants.push(Vec::new());
            plan.bytes.push(0);
        }
        tenants[slot].push(i);
        plan.place[i] = (slot, offset);
        plan.bytes[slot] = plan.bytes[slot].max(offset + bytes);
    }
    plan
}

/// The tightest gap of a slot for value `i` while it lives: its length and start; the end of the slot counts as a gap
/// that is as long as it has to be. `None` if a launch forbids the slot, or it would grow too long.
fn gap(demand: &Demand, plan: &Assignment, slot: usize, tenants: &[usize], i: usize) -> Option<(u64, u64)> {
    let value = &demand.values[i];
    let forbidden = |&&other: &&usize| demand.apart.contains(&(other.min(i), other.max(i)));
    if tenants.iter().any(|other| forbidden(&other)) {
        return None;
    }
    let meeting = tenants.iter().filter(|&&other| demand.values[other].meets(value));
    let mut taken: Vec<(u64, u64)> =
        meeting.map(|&other| (plan.place[other].1, plan.place[other].1 + demand.values[other].bytes)).collect();
    taken.sort_unstable();
    let mut gaps = Vec::new();
    let mut start = 0;
    for (from, to) in taken {
        if from >= start + value.bytes {
            gaps.push((from - start, start));
        }
        start = start.max(to.next_multiple_of(demand.align.max(1)));
    }
    let (size, end) = (plan.bytes[slot], start + value.bytes);
    if end <= size.max(demand.most) {
        gaps.push((size.max(end) - start, start));
    }
    gaps.into_iter().min()
}

/// Pairs of values of which an op writes one and uses the other. `touched` lists what each op writes, and what it reads.
pub fn apart(touched: &[(Vec<usize>, Vec<usize>)]) -> HashSet<(usize, usize)> {
    let of = |(written, read): &(Vec<usize>, Vec<usize>)| {
        let pairs = written.iter().flat_map(|&a| written.iter().chain(read).map(move |&b| (a.min(b), a.max(b))));
        pairs.filter(|(a, b)| a != b).collect::<Vec<_>>()
    };
    touched.iter().flat_map(of).collect()
}

/// What no plan can go below: the bytes that live at one time; or as many slots as an op needs different ones for (what it
/// writes, and the largest of what it reads), the n-th as large as the n-th largest value of any op.
pub fn least(values: &[Lifetime], touched: &[(Vec<usize>, Vec<usize>)]) -> u64 {
    let mut slots: Vec<u64> = Vec::new();
    for (written, read) in touched {
        let largest = read.iter().max_by_key(|&&i| values[i].bytes);
        let mut bytes: Vec<u64> = written.iter().chain(largest).map(|&i| values[i].bytes).collect();
        bytes.sort_unstable_by_key(|&bytes| Reverse(bytes));
        slots.resize(slots.len().max(bytes.len()), 0);
        slots.iter_mut().zip(bytes).for_each(|(slot, bytes)| *slot = bytes.max(*slot));
    }
    live_peak(values).max(slots.iter().sum())
}

/// The largest number of bytes alive at one time.
fn live_peak(values: &[Lifetime]) -> u64 {
    live(values).into_iter().max().unwrap_or(0)
}

/// Bytes alive at each time.
fn live(values: &[Lifetime]) -> Vec<u64> {
    let ends = values.iter().map(|v| v.last + 1).max().unwrap_or(0);
    let mut change = vec![0i64; ends + 1];
    for v in values {
        change[v.first] += v.bytes as i64;
        change[v.last + 1] -= v.bytes as i64;
    }
    let running = change.iter().scan(0, |live, c| {
        *live += c;
        Some(*live as u64)
    });
    running.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn demand(values: Vec<Lifetime>, apart: HashSet<(usize, usize)>) -> Demand {
        Demand { values, apart, align: 32, most: 1 << 30 }
    }

    proptest! {
        #[test]
        fn nobody_is_written_over_and_no_launch_reads_and_writes_a_slot(
            raw in prop::collection::vec((1u64..5000, 0usize..60, 0usize..12), 1..80),
            pairs in prop::collection::hash_set((0usize..80, 0usize..80), 0..60),
        ) {
            let values: Vec<Lifetime> =
                raw.iter().map(|&(bytes, first, length)| Lifetime { bytes, first, last: first + length }).collect();
            let pairs = pairs.into_iter().filter(|(i, j)| i < j && *j < values.len()).collect();
            let demand = demand(values, pairs);
            let plan = assign(&demand);
            for (i, a) in demand.values.iter().enumerate() {
                let (slot, start) = plan.place[i];
                prop_assert!(start % 32 == 0 && start + a.bytes <= plan.bytes[slot]);
                for (j, b) in demand.values.iter().enumerate().skip(i + 1).filter(|&(j, _)| plan.place[j].0 == slot) {
                    prop_assert!(!demand.apart.contains(&(i, j)), "{i} and {j} share a slot");
                    let other = plan.place[j].1;
                    let clear = start + a.bytes <= other || other + b.bytes <= start;
                    prop_assert!(clear || !a.meets(b), "{i} {a:?} and {j} {b:?}");
                }
            }
            prop_assert!(plan.bytes.iter().sum::<u64>() >= live_peak(&demand.values));
        }
    }

    #[test]
    fn a_chain_needs_two_slots() {
        let chain: Vec<Lifetime> = (0..9).map(|t| Lifetime { bytes: 100, first: t, last: t + 1 }).collect();
        let touched: Vec<_> = (0..8).map(|t| (vec![t + 1], vec![t])).collect();
        assert_eq!((live_peak(&chain), least(&chain, &touched)), (200, 200));
        assert_eq!(apart(&touched), (0..8).map(|t| (t, t + 1)).collect());
        assert_eq!(assign(&demand(chain, apart(&touched))).bytes, [100, 100]);
    }

    #[test]
    fn a_launch_with_scratch_keeps_three_slots_from_shrinking() {
        let value = |bytes, first, last| Lifetime { bytes, first, last };
        // x, scratch and y of two launches: the second has large scratch between small values.
        let values = vec![value(80, 0, 0), value(90, 0, 0), value(80, 0, 1), value(190, 1, 1), value(40, 1, 1)];
        let touched = [(vec![1, 2], vec![0]), (vec![3, 4], vec![2])];
        assert_eq!((live_peak(&values), least(&values, &touched)), (310, 350));
        assert_eq!(assign(&demand(values, apart(&touched))).bytes.iter().sum::<u64>(), 350);
    }

    #[test]
    fn small_values_lie_side_by_side_in_a_slot_that_is_free() {
        let value = |bytes, first, last| Lifetime { bytes, first, last };
        let values = vec![value(96, 4, 5), value(32, 0, 1), value(64, 0, 2)];
        assert_eq!(assign(&demand(values, HashSet::new())).bytes, [96]);
    }

    #[test]
    fn no_slot_grows_beyond_the_largest_buffer() {
        let values = vec![Lifetime { bytes: 96, first: 0, last: 1 }, Lifetime { bytes: 112, first: 2, last: 3 }];
        let mut demand = demand(values, HashSet::new());
        assert_eq!(place(&demand, &[0, 1]).bytes, [112]);
        demand.most = 100;
        assert_eq!(place(&demand, &[0, 1]).bytes, [96, 112]);
    }
}
