//! Training on tables: rows of numbers to a class or a number, by whole batches or one random row at a time.
//!
//! The same loop as for images (random weights, forward, compare, adjust, repeat), with everything on the device: the
//! rows lie there, the order of many steps ahead too, and a submission is as many steps as take a tenth of a second.
//! `settings.rs` what is asked · `graph.rs` graphs · `trainer.rs` steps · `reader.rs` reading rows · `trace.rs` one round
//! told in numbers · `session.rs` a run with its folder · `network.rs` what is left of a run.

mod graph;
mod network;
mod reader;
mod session;
mod settings;
mod trace;
mod trainer;

pub use network::TableNetwork;
pub use reader::{Fit, TableEvaluation};
pub use session::{Measured, TableSession, TableWatch};
pub use settings::{TableInfo, TableSettings};
pub use trace::{Round, Unit};
pub use trainer::TableTrainer;
