//! The proof before a kernel's first use on an adapter: a few small rows of the table that run the same text for the
//! same op, or the node itself on small shapes where the table has no such row.
//!
//! `graph` asks before a plan runs; the verdicts are kept on disk (`verdicts.rs`), so that this happens once.

use crate::ask::Ask;
use crate::choices::{self, Choices};
use crate::key::{Key, Keys};
use crate::ledger::folder;
use crate::shrink::shrunk;
use crate::sites::{Site, sites};
use crate::verdicts::Verdicts;
use crate::{Case, rows};
use graph::gpu_core::{self, AdapterSummary, Candidate, Device, Texts};
use graph::{Asked, Error, Io, Node, Prover, Verdict};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

/// Rows that prove a text, at most: the smallest.
const ROWS: usize = 3;

/// Work of a row that proves, at most: a few milliseconds of the reference.
const SIZE: u64 = 400_000;

/// What is known of the kernels on one adapter, and how to find out more.
#[derive(Debug)]
pub struct Proofs {
    pub(crate) keys: Keys,
    verdicts: Verdicts,
    pub(crate) choices: Choices,
}

impl Proofs {
    /// Those of an adapter, as far as they are on disk: in `LENSLET_CACHE`, or in the user's cache folder.
    pub fn of(summary: &AdapterSummary, texts: Texts) -> Self {
        Proofs::in_folder(summary, texts, folder().as_deref())
    }

    /// As [`of`](Self::of), in this folder; in memory alone where there is none.
    pub fn in_folder(summary: &AdapterSummary, texts: Texts, folder: Option<&Path>) -> Self {
        let (verdicts, choices) = (Verdicts::open(summary, folder), Choices::open(summary, folder));
        Proofs { keys: Keys::new(texts), verdicts, choices }
    }

    /// Those that a device has its programs proved by, if [`prove_before_use`] has attached them.
    pub fn attached(device: &Device) -> Option<Arc<Proofs>> {
        device.kept::<Attached>().map(|attached| attached.0.clone())
    }

    fn found_out(&self, device: &Device, asked: Asked<'_>, key: Key) -> Result<Verdict, gpu_core::Error> {
        let mut questions = self.rows_of(device, asked, key);
        if questions.is_empty() {
            questions.extend(shrunk(asked, device.caps(), &self.keys, key));
        }
        if questions.is_empty() {
            return Ok(Verdict::Unasked);
        }
        for (ask, candidate) in &questions {
            match ask.run(device, candidate) {
                Err(error @ (gpu_core::Error::Lost { .. } | gpu_core::Error::OutOfMemory { .. })) => return Err(error),
                Err(error) => return Ok(Verdict::Wrong(format!("{}: {error}", ask.label))),
                Ok(got) => {
                    if let (_, Some(wrong)) = ask.compare(&got, &ask.answer()) {
                        return Ok(Verdict::Wrong(format!("{}: {wrong}", ask.label)));
                    }
                }
            }
        }
        Ok(Verdict::Right)
    }

    /// The smallest rows that run this text for this op, forward or backward.
    fn rows_of(&self, device: &Device, asked: Asked<'_>, key: Key) -> Vec<(Ask, Candidate)> {
        let op = asked.node.op.name();
        let of_op = |row: &Case| op.starts_with(row.op.name());
        let same = |candidate: &Candidate| self.keys.key(op, candidate).is_ok_and(|other| other == key);
        let mut found: Vec<(u64, Site, Candidate)> = Vec::new();
        for row in rows().iter().filter(|row| !row.timed && of_op(row)) {
            // A row that this device has no kernel for proves nothing; `doctor` says so.
            let sites = sites(row, device.caps()).unwrap_or_default();
            for site in sites.into_iter().filter(|site| site.node.op.name() == op && site.size() <= SIZE) {
                if let Some(candidate) = site.candidates.iter().find(|candidate| same(candidate)).cloned() {
                    found.push((site.size(), site, candidate));
                }
            }
        }
        found.sort_by_key(|(size, ..)| *size);
        let spread = spread(found.len());
        let chosen = found.into_iter().enumerate().filter(|(at, _)| spread.contains(at));
        chosen.filter_map(|(_, (_, site, candidate))| Some((site.ask().ok()?, candidate))).collect()
    }
}

/// Places of the rows that are run: the smallest, the largest, and one between.
fn spread(count: usize) -> Vec<usize> {
    let mut places: Vec<usize> = (0..ROWS.min(count)).map(|i| i * (count - 1) / (ROWS - 1).max(1)).collect();
    places.dedup();
    places
}

impl Prover for Proofs {
    fn known(&self, asked: Asked<'_>) -> Result<Option<Verdict>, Error> {
        Ok(self.verdicts.get(self.keys.key(asked.node.op.name(), asked.candidate)?))
    }

    fn prove(&self, device: &Device, asked: Asked<'_>) -> Result<Verdict, Error> {
        let key = self.keys.key(asked.node.op.name(), asked.candidate)?;
        let began = Instant::now();
        let verdict = self.found_out(device, asked, key)?;
        let name = format!("{}/{}", asked.node.op.name(), asked.candidate.name);
        log::debug!("proved {name} in {:.1} ms: {verdict:?}", began.elapsed().as_secs_f64() * 1e3);
        self.verdicts.put(key, &name.replace(' ', "_"), &verdict);
        Ok(verdict)
    }

    fn fastest(&self, node: &Node, io: &Io, candidates: &[Candidate]) -> Result<Option<String>, Error> {
        if candidates.len() < 2 {
            return Ok(None);
        }
        Ok(self.choices.get(choices::key(&self.keys, node, io, candidates)?))
    }
}

/// The proofs of a device, for whoever wants more of them than the engine.
struct Attached(Arc<Proofs>);

/// Has everything that this device runs from now on proved first.
pub fn prove_before_use(device: &Device) {
    let proofs = Arc::new(Proofs::of(device.summary(), device.texts()));
    graph::prove_with(device, proofs.clone());
    device.keep(Attached(proofs));
}
