//! Proof before use: a candidate runs on a device only after a [`Prover`] has found it right there.
//!
//! The prover itself lies above (`crates/cases`, which has the table of rows); the engine asks it here. A plan is made
//! with the best candidate of which nothing bad is known, compiled, and then its unproved candidates are proved, since
//! by then the driver has compiled them in parallel. Where one is wrong, another plan is made without it.

use crate::plan::{Choice, Row, question};
use crate::{Error, Io, Misfit, Node};
use gpu_core::{Candidate, Device};
use std::cell::RefCell;
use std::collections::HashMap;
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

    /// The candidate that was measured to be the fastest here for this node, by name; `None` where none were measured.
    ///
    /// # Errors
    /// As [`known`](Self::known).
    fn fastest(&self, _node: &Node, _io: &Io, _candidates: &[Candidate]) -> Result<Option<String>, Error> {
        Ok(None)
    }
}

/// The first candidate that is not known to be wrong: the fastest where they were measured, then in their order.
///
/// # Errors
/// All are; the message names them.
pub fn first_not_wrong(
    prover: &dyn Prover,
    node: &Node,
    io: &Io,
    candidates: &[Candidate],
) -> Result<(Choice, Option<Verdict>), Misfit> {
    not_wrong(prover, node, io, candidates, None)
}

/// As [`first_not_wrong`], where the candidate of this name comes before all.
fn not_wrong(
    prover: &dyn Prover,
    node: &Node,
    io: &Io,
    candidates: &[Candidate],
    first: Option<&str>,
) -> Result<(Choice, Option<Verdict>), Misfit> {
    let failed = |error: Error| Misfit(error.to_string());
    let fastest = prover.fastest(node, io, candidates).map_err(failed)?;
    let wished: Vec<&str> = first.into_iter().chain(fastest.as_deref()).collect();
    let mut order: Vec<usize> = (0..candidates.len()).collect();
    order.sort_by_key(|&at| wished.iter().position(|name| *name == candidates[at].name).unwrap_or(wished.len()));
    let mut withheld = Vec::new();
    for index in order {
        let candidate = &candidates[index];
        let known = prover.known(Asked { node, io, candidate }).map_err(failed)?;
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

/// Kernels that a run began with, by what they were chosen for.
struct Begun(HashMap<String, String>);

/// Between a choice's question and its answer, where a run's kernels are written down.
const CHOSEN: &str = " → ";

/// Has this device's programs run the kernels with which a run began, as [`recorded`] wrote them, wherever they are there
/// still and not known to be wrong.
pub fn choose_again(device: &Device, kernels: &[String]) {
    device.keep(Begun(chosen(kernels)));
}

/// What lines of [`recorded`] say: the kernel by what it was chosen for.
pub fn chosen(kernels: &[String]) -> HashMap<String, String> {
    let split = |line: &String| line.rsplit_once(CHOSEN).map(|(question, name)| (question.into(), name.into()));
    kernels.iter().filter_map(split).collect()
}

/// A plan's kernels, a line for each node that runs: what the kernel was chosen for, and its name.
pub fn recorded(rows: &[Row]) -> Vec<String> {
    let ran = rows.iter().filter(|row| !row.candidate.is_empty());
    ran.map(|row| format!("{}{CHOSEN}{}", row.question, row.candidate)).collect()
}

/// What is still to be proved of a plan under way.
pub(crate) struct Proofs {
    prover: Option<Arc<Attached>>,
    begun: Option<Arc<Begun>>,
    unproved: RefCell<Vec<(Node, Io, Candidate)>>,
}

impl Proofs {
    pub(crate) fn on(device: &Device) -> Self {
        Proofs { prover: device.kept(), begun: device.kept(), unproved: RefCell::default() }
    }

    pub(crate) fn choose(&self, node: &Node, io: &Io, candidates: &[Candidate]) -> Result<Choice, Misfit> {
        let begun = self.begun.as_ref().and_then(|begun| begun.0.get(&question(node, io))).map(String::as_str);
        let Some(prover) = &self.prover else {
            let again = begun.and_then(|name| candidates.iter().position(|candidate| candidate.name == name));
            return Ok(again.unwrap_or_default().into());
        };
        let (choice, known) = not_wrong(&*prover.0, node, io, candidates, begun)?;
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
