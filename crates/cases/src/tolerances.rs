//! How exact a node must be that is no row of the table: as the rows of its op are, with sums as long as its own.

use crate::ask::flops;
use crate::{Tolerance, rows};
use graph::{Io, Operation};
use std::sync::OnceLock;

/// Roundings beside those of a sum's own products: a bias, an activation, a division, the sum of parts.
const BESIDE: usize = 64;

/// Of a row's own sum, at most: what is more is the row's length, not the op's.
const OWN: usize = 256;

/// The tolerances of the table's rows for an op, or for the op that it is the gradient of (`conv_dx` is named after
/// `conv`). Where there is no such row, those of a sum.
pub fn tolerances(op: &dyn Operation, io: &Io) -> Vec<Tolerance> {
    static ROWS: OnceLock<Vec<(&'static str, Tolerance)>> = OnceLock::new();
    let table = ROWS.get_or_init(|| rows().iter().map(|row| (row.op.name(), row.tolerance)).collect());
    let results: usize = io.outputs.iter().map(|operand| operand.ty.shape.count()).sum();
    let terms: usize = io.inputs.iter().map(|operand| operand.ty.shape.count()).max().unwrap_or(0);
    let products = (flops(op, io) as usize / (2 * results.max(1))).max(terms / results.max(1)) + BESIDE;
    let mut found: Vec<Tolerance> = Vec::new();
    for (_, tolerance) in table.iter().filter(|(name, _)| op.name().starts_with(name)) {
        // The most lenient of each kind says all that the others say.
        match *tolerance {
            Tolerance::Exact => merge(&mut found, Tolerance::Exact),
            Tolerance::Sums(k) => merge(&mut found, Tolerance::Sums(k.min(OWN).max(products))),
            other => merge(&mut found, other),
        }
    }
    if found.is_empty() { vec![Tolerance::Sums(products)] } else { found }
}

fn merge(found: &mut Vec<Tolerance>, new: Tolerance) {
    use Tolerance::{Exact, Largest, Sums, Ulp};
    for old in found.iter_mut() {
        match (&mut *old, new) {
            (Exact, Exact) => return,
            (Ulp(old), Ulp(new)) | (Largest(old), Largest(new)) => return *old = new.max(*old),
            (Sums(old), Sums(new)) => return *old = new.max(*old),
            _ => {}
        }
    }
    found.push(new);
}

#[cfg(test)]
mod tests {
    use super::*;
    use graph::gpu_core::Layout;
    use graph::ops::{Conv, MaxPool, Softmax};
    use graph::{Operand, Type, Window};

    fn io(inputs: &[&[usize]], output: &[usize]) -> Io {
        let operand = |shape: &[usize]| Operand { ty: Type::f32(shape), layout: Layout::PLAIN };
        Io { inputs: inputs.iter().map(|shape| operand(shape)).collect(), outputs: vec![operand(output)] }
    }

    #[test]
    fn a_long_sum_is_given_the_room_of_its_products_and_a_move_none() {
        let conv = Conv::new(Window::square(3, 1, 1));
        let found = tolerances(&conv, &io(&[&[1, 2048, 4, 4], &[8, 2048, 3, 3]], &[1, 8, 4, 4]));
        let own = |t: &Tolerance| matches!(t, Tolerance::Sums(k) if *k == 2048 * 9 + BESIDE);
        assert!(found.iter().any(own) && !found.iter().any(|t| matches!(t, Tolerance::Ulp(_))), "{found:?}");
        let transpose = graph::ops::Transpose { perm: vec![1, 0] };
        assert!(matches!(tolerances(&transpose, &io(&[&[3, 4]], &[4, 3]))[..], [Tolerance::Exact]));
        let softmax = tolerances(&Softmax { axis: 1 }, &io(&[&[3, 4]], &[3, 4]));
        assert!(softmax.iter().any(|t| matches!(t, Tolerance::Largest(_))), "{softmax:?}");
        let pool = MaxPool::new(Window::square(2, 2, 0));
        assert!(!tolerances(&pool, &io(&[&[1, 1, 4, 4]], &[1, 1, 2, 2])).is_empty());
    }
}
