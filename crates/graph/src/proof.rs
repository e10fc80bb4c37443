//! Proof before use: a candidate runs on a device only after a [`Prover`] has found it right there.
//!
//! The prover itself lies above (`crates/cases`, which has the table of rows); the engine asks it here. A plan is made
//! with the best candidate of which nothing bad is known, compiled, and then its unproved candidates are proved, since
//! by then the driver has compiled them in parallel. Where one is wrong, another plan is made without it.

use crate::plan::Choice;
use crate::{Error, Io, Misfit, Node};
use gpu_core::{Candidate, Device};
use std::cell::RefCell;
use std::fmt::Debug;
use std::sync::Arc;

/// What was found out about a candidate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It computes what the reference does.
    Right,
    /// It does not: where, and by how much.
    Wrong(String),
    /// Nobody knows what to ask it. It may run.
    Unasked,
}

/// A candidate for a node, whose operands lie so.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The node.
    pub node: &'a Node,
    /// Its operands.
    pub io: &'a Io,
    /// What is to run.
    pub candidate: &'a Candidate,
}

/// Knows, or finds out, which candidates are right on one adapter with one driver.
pub trait Prover: Debug + Send + Sync {
    /// What is known already; `None` when that is nothing. Runs nothing.
    ///
    /// # Errors
    /// The candidate's shaders do not compose.
    fn known(&self, asked: Asked<'_>) -> Result<Option<Verdict>, Error>;

    /// Runs the candidate on the device, compares, and remembers.
    ///
    /// # Errors
    /// The device is lost or out of memory: nothing was found out.
    fn prove(&self, device: &Device, asked: Asked<'_>) -> Result<Verdict, Error>;
}

/// The first candidate that is not known to be wrong.
///
/// # Errors
/// All are; the message names them.
pub fn first_not_wrong(
    prover: &dyn Prover,
    node: &Node,
    io: &Io,
    candidates: &[Candidate],
) -> Result<(Choice, Option<Verdict>), Misfit> {
    let mut withheld = Vec::new();
    for (index, candidate) in candidates.iter().enumerate() {
        let known = prover.known(Asked { node, io, candidate }).map_err(|error| Misfit(error.to_string()))?;
        match known {
            Some(Verdict::Wrong(why)) => withheld.push(format!("{}: {why}", candidate.name)),
            known => return Ok((Choice { index, withheld }, known)),
        }
    }
    let all = withheld.join("; ");
    Err(Misfit(format!(
        "all of its kernels were found wrong here ({all}); update the driver or pick another adapter, and see `lenslet doctor`"
    )))
}

/// The prover of a device, where it has one.
struct Attached(Arc<dyn Prover>);

/// Has this device's programs proved by `prover` from now on.
pub fn prove_with(device: &Device, prover: Arc<dyn Prover>) {
    device.keep(Attached(prover));
}

/// What is still to be proved of a plan under way.
pub(crate) struct Proofs {
    prover: Option<Arc<Attached>>,
    unproved: RefCell<Vec<(Node, Io, Candidate)>>,
}

impl Proofs {
    pub(crate) fn on(device: &Device) -> Self {
        Proofs { prover: device.kept(), unproved: RefCell::default() }
    }

    pub(crate) fn choose(&self, node: &Node, io: &Io, candidates: &[Candidate]) -> Result<Choice, Misfit> {
        let Some(prover) = &self.prover else { return Ok(Choice::default()) };
        let (choice, known) = first_not_wrong(&*prover.0, node, io, candidates)?;
        if known.is_none() {
            self.unproved.borrow_mut().push((node.clone(), io.clone(), candidates[choice.index].clone()));
        }
        Ok(choice)
    }

    /// Proves what the plan chose; whether all of it is right. What is not will not be chosen again.
    pub(crate) fn settle(&self, device: &Device) -> Result<bool, Error> {
        let Some(prover) = &self.prover else { return Ok(true) };
        let mut right = true;
        for (node, io, candidate) in self.unproved.take() {
            let asked = Asked { node: &node, io: &io, candidate: &candidate };
            // Two nodes may run the same text.
            let verdict = match prover.0.known(asked)? {
                Some(verdict) => verdict,
                None => prover.0.prove(device, asked)?,
            };
            if let Verdict::Wrong(why) = verdict {
                let (op, name) = (node.op.name(), &candidate.name);
                log::warn!("{op} \"{}\": kernel {name} is wrong on this device and is not used: {why}", node.name);
                right = false;
            }
        }
        Ok(right)
    }
}
