//! The table of cases: op × shapes × data × tolerance, forward and backward, and what asks a device about a row.
//!
//! Everybody reads ONE table: the tests (every candidate against the reference; gradients against finite differences),
//! the benches (rows marked `timed`), `lenslet doctor` and the proof before a kernel's first use. It is apart from the
//! tests so that the program can read it too.
//!
//! Where is: `table/` the rows · `case` what a row is · `fill` its data · `tolerance` how exact · `question` a graph
//! with data, put to a device in every layout with every candidate · `ask` one node, put to one candidate · `sites` the
//! nodes that rows lead to · `examine` the doctor · `lockstep` whole graphs, node by
//! node · `measure` how long candidates take · `proof`, `verdicts`, `shrink` before first use.

mod ask;
mod case;
mod choices;
mod examine;
mod fill;
mod key;
mod ledger;
mod lockstep;
mod measure;
mod proof;
mod question;
mod shrink;
mod sites;
mod table;
mod tolerance;
mod tolerances;
mod verdicts;
mod weighted;

pub use ask::{Answer, Ask, Wrong};
pub use case::{Case, GradientGraph, case};
pub use choices::Tuning;
pub use examine::{Finding, examine, examine_cpu, failures};
pub use fill::{Fill, filled};
pub use lockstep::{Checked, Difference, Lockstep, lockstep};
pub use measure::{Timed, lines, measure, time};
pub use proof::{Proofs, prove_before_use};
pub use question::{Question, run_guarded};
pub use tolerance::{Tolerance, worst, worst_of};
pub use tolerances::tolerances;
pub use weighted::Weighted;

/// All rows of the table.
pub fn rows() -> Vec<Case> {
    table::rows()
}

/// All rows; with `LENSLET_ROWS=TEXT` in the environment those whose label has the text. For tests and benches.
///
/// # Panics
/// No row's label has the text: a check of nothing must not pass.
pub fn asked_rows() -> Vec<Case> {
    let mut rows = rows();
    if let Ok(text) = std::env::var("LENSLET_ROWS") {
        rows.retain(|row| row.label().contains(&text));
        assert!(!rows.is_empty(), "no row's label has {text:?}");
    }
    rows
}
