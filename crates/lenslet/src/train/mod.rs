//! Training: settings, graphs, data on its way to the device, steps, and a run as users know it.
//!
//! `settings.rs` what is asked · `network.rs` graphs · `feed.rs` images · `trainer.rs` steps · `not_finite.rs` what went
//! wrong · `group.rs` which parameters learn how · `plateau.rs` a rate that heeds losses · `session.rs` epochs, files and messages around the steps.

mod feed;
mod group;
pub(crate) mod network;
mod not_finite;
mod plateau;
mod schedule;
mod session;
mod settings;
mod trainer;

pub use group::Group;
pub(crate) use not_finite::{describe, place};
pub use plateau::Seen;
pub use schedule::{SCHEDULES, Schedule};
pub use session::{Ended, EpochResult, Progress, Session, Watch};
pub use settings::{Optimiser, Settings};
pub(crate) use trainer::State;
pub use trainer::{StepResult, Trainer};

#[cfg(test)]
mod tests;
