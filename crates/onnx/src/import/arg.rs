//! Where the largest and smallest elements lie.

use super::convert::is_float;
use super::site::{Made, Site};
use graph::ops::{ArgBest, TopK};

pub(super) fn arg(at: &mut Site<'_, '_>, largest: bool) -> Made {
    at.node.only(&["axis", "keepdims", "select_last_index"])?;
    let x = at.x(0)?;
    let op = ArgBest {
        axis: at.axis(at.node.int("axis", 0)?, at.shape(&x).len())?,
        largest,
        keepdims: at.node.flag("keepdims", true)?,
        select_last_index: at.node.flag("select_last_index", false)?,
    };
    Ok(vec![at.push(op, &[x])?])
}

pub(super) fn top_k(at: &mut Site<'_, '_>) -> Made {
    at.node.only(&["axis", "k", "largest", "sorted"])?;
    let x = at.x(0)?;
    let k = match at.node.get_int("k")? {
        Some(k) => k,
        None => at.known_ints(1)?.and_then(|k| k.first().copied()).ok_or_else(|| at.malformed("k is missing"))?,
    };
    if !is_float(x.dtype()) {
        return Err(at.unsupported(format!("needs floats, got {}", x.dtype())));
    }
    let op = TopK {
        k: usize::try_from(k).map_err(|_| at.malformed(format!("k is {k}, it must be positive")))?,
        axis: at.axis(at.node.int("axis", -1)?, at.shape(&x).len())?,
        largest: at.node.flag("largest", true)?,
    };
    at.push_all(op, &[x])
}
