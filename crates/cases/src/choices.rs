//! Which candidate was measured to be the fastest for an op on operands of these shapes, lying so, among candidates of these
//! texts. A choice is a name; where a text or a candidate changes, it is as if nothing had been measured.

use crate::key::{Key, Keys, fnv};
use crate::ledger::Ledger;
use crate::measure::measure;
use graph::gpu_core::{AdapterSummary, Candidate, Device};
use graph::plan::{Homes, Request, plan};
use graph::{Asked, Error, Graph, Io, Node, Prover, Verdict, first_not_wrong};
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// Turns that each candidate gets.
const ROUNDS: usize = 9;

/// Candidates this much slower than the fastest are as fast: the first of them in the engine's order is taken.
const TIE: f64 = 1.02;

/// What has been chosen on an adapter.
#[derive(Debug)]
pub(crate) struct Choices {
    ledger: Ledger,
    known: Mutex<HashMap<Key, String>>,
}

impl Choices {
    /// Those of an adapter in `folder`; nothing is kept on disk where there is none.
    pub(crate) fn open(summary: &AdapterSummary, folder: Option<&Path>) -> Self {
        let (ledger, facts) = Ledger::open("choices", summary, folder);
        Choices { ledger, known: Mutex::new(facts.into_iter().collect()) }
    }

    pub(crate) fn get(&self, key: Key) -> Option<String> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned()
    }

    fn put(&self, key: Key, name: &str) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(key, name.to_string());
        self.ledger.add(key, name);
    }
}

/// What a choice is about.
pub(crate) fn key(keys: &Keys, node: &Node, io: &Io, candidates: &[Candidate]) -> Result<Key, Error> {
    let about = format!("{:?} {io:?}", node.op);
    let mut key = fnv(crate::key::START, about.as_bytes());
    for candidate in candidates {
        key = fnv(key, candidate.name.as_bytes());
        key = fnv(key, &keys.key(node.op.name(), candidate)?.to_le_bytes());
    }
    Ok(key)
}

/// The fastest; among those within a tie of it the first.
pub(crate) fn fastest(seconds: &[Option<f64>]) -> Option<usize> {
    let least = seconds.iter().flatten().copied().fold(f64::INFINITY, f64::min);
    seconds.iter().position(|seconds| seconds.is_some_and(|seconds| seconds <= least * TIE))
}

/// What was measured of a node.
#[derive(Clone, Debug)]
pub struct Tuning {
    /// The node's name, its op, and how its first output lies.
    pub node: String,
    /// The candidate that ran before.
    pub before: String,
    /// The candidate that runs from now on.
    pub chosen: String,
    /// Each candidate with its median seconds, in the engine's order; none where it is wrong here, or the device refused it.
    pub candidates: Vec<(String, Option<f64>)>,
}

/// A node with more than one candidate.
struct Several {
    node: Node,
    io: Io,
    candidates: Vec<Candidate>,
    /// The one that runs now.
    before: usize,
}

impl crate::Proofs {
    /// Measures the candidates of every node that the plan of a graph has several for, and keeps the fastest for all
    /// programs on this adapter. Each is proved before it is timed. `progress` is told how many nodes of how many are done.
    ///
    /// # Errors
    /// An op that no kernel runs; the device is lost or out of memory.
    pub fn tune(
        &self,
        device: &Device,
        graph: &Graph,
        request: &Request<'_>,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<Vec<Tuning>, Error> {
        let several: RefCell<Vec<Several>> = RefCell::default();
        let mut asked = HashSet::new();
        let choose = |node: &Node, io: &Io, candidates: &[Candidate]| {
            let (choice, _) = first_not_wrong(self, node, io, candidates)?;
            if candidates.len() > 1 {
                let (node, io, candidates) = (node.clone(), io.clone(), candidates.to_vec());
                several.borrow_mut().push(Several { node, io, candidates, before: choice.index });
            }
            Ok(choice)
        };
        plan(graph, &Request { choose: Some(&choose), ..*request }, &mut Homes::default())?;
        let mut several = several.take();
        several.retain(|Several { node, io, .. }| asked.insert(format!("{:?} {io:?}", node.op)));
        let mut tunings = Vec::new();
        for (at, Several { node, io, candidates, before }) in several.iter().enumerate() {
            progress(at, several.len());
            let mut right = Vec::new();
            for candidate in candidates {
                let one = Asked { node, io, candidate };
                let verdict = match self.known(one)? {
                    Some(verdict) => verdict,
                    None => self.prove(device, one)?,
                };
                right.push(!matches!(verdict, Verdict::Wrong(_)));
            }
            let run: Vec<Candidate> =
                candidates.iter().zip(&right).filter(|(_, right)| **right).map(|(one, _)| one.clone()).collect();
            let mut measured = measure(device, &node.op, io, &run, ROUNDS)?.into_iter();
            let seconds: Vec<Option<f64>> =
                right.iter().map(|&right| if right { measured.next().flatten() } else { None }).collect();
            let Some(best) = fastest(&seconds) else { continue };
            let name = |at: usize| candidates[at].name.clone();
            self.choices.put(key(&self.keys, node, io, candidates)?, &name(best));
            tunings.push(Tuning {
                node: format!("{} ({}, {})", node.name, node.op.name(), io.outputs[0].layout),
                before: name(*before),
                chosen: name(best),
                candidates: candidates.iter().map(|one| one.name.clone()).zip(seconds).collect(),
            });
        }
        progress(several.len(), several.len());
        Ok(tunings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fastest_is_taken_and_among_equals_the_first() {
        assert_eq!(fastest(&[Some(2.0), Some(1.0), Some(3.0)]), Some(1));
        assert_eq!(fastest(&[Some(1.019), Some(1.0)]), Some(0));
        assert_eq!(fastest(&[Some(1.021), Some(1.0)]), Some(1));
        assert_eq!(fastest(&[None, Some(5.0), Some(5.0)]), Some(1));
        assert_eq!(fastest(&[None, None]), None);
    }

    #[test]
    fn a_choice_is_about_these_texts_and_shapes_and_never_a_wrong_kernel() {
        use crate::Proofs;
        use graph::gpu_core::{Layout, test_device};
        use graph::{DType, Operand, Operation, Type};
        let Some(device) = test_device() else { return };
        let folder = tempfile::tempdir().unwrap();
        let open = || Proofs::in_folder(device.summary(), device.texts(), Some(folder.path()));
        let asked = |columns: usize| {
            let operand = |shape: &[usize]| Operand { ty: Type::f32(shape), layout: Layout::PLAIN };
            let io = Io {
                inputs: vec![operand(&[40, 33]), operand(&[33, columns])],
                outputs: vec![operand(&[40, columns])],
            };
            let op = graph::ops::Matmul::default();
            let candidates = op.lower(&io, device.caps()).unwrap();
            let (inputs, outputs) = (Vec::new(), Vec::new());
            (Node { name: "product".into(), op: std::sync::Arc::new(op), inputs, outputs }, io, candidates)
        };
        let (node, io, candidates) = asked(50);
        let last = candidates.last().unwrap().name.clone();
        assert!(candidates.len() > 1 && candidates[0].name != last && io.inputs[0].ty.dtype == DType::F32);
        let proofs = open();
        proofs.choices.put(key(&proofs.keys, &node, &io, &candidates).unwrap(), &last);
        let index = |proofs: &Proofs, (node, io, candidates): &(Node, Io, Vec<Candidate>)| {
            first_not_wrong(proofs, node, io, candidates).unwrap().0.index
        };
        // In the next process, and for other shapes.
        assert_eq!(index(&open(), &(node.clone(), io.clone(), candidates.clone())), candidates.len() - 1);
        assert_eq!(index(&open(), &asked(51)), 0);
        // Another text of one candidate: nothing has been measured.
        let mut texts = device.texts();
        let shader = candidates[0].launches[0].shader;
        texts.replace(shader.name, format!("{}\nconst ANOTHER = 1u;\n", shader.text)).unwrap();
        let other = Proofs::in_folder(device.summary(), texts, Some(folder.path()));
        assert_eq!(index(&other, &(node, io, candidates)), 0);
    }
}
