//! The table: one row a shape worth asking about, a file a family. `lib.rs` says who reads it.

mod conv;
mod data;
mod elementwise;
mod long;
mod losses;
mod matmul;
mod moves;
mod norms;
mod pooling;
pub(crate) mod updates;

use crate::Case;

/// All rows.
pub(crate) fn rows() -> Vec<Case> {
    let mut rows = Vec::new();
    rows.extend(conv::cases());
    rows.extend(data::cases());
    rows.extend(elementwise::cases());
    rows.extend(long::cases());
    rows.extend(losses::cases());
    rows.extend(matmul::cases());
    rows.extend(pooling::cases());
    rows.extend(moves::cases());
    rows.extend(norms::cases());
    rows.extend(updates::cases());
    rows
}
