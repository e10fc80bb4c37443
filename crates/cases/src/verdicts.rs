//! Verdicts on kernels: known from the ledger, or found in this process.

use crate::key::Key;
use crate::ledger::Ledger;
use graph::Verdict;
use graph::gpu_core::AdapterSummary;
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// What is known of an adapter's kernels.
#[derive(Debug)]
pub(crate) struct Verdicts {
    ledger: Ledger,
    known: Mutex<HashMap<Key, Verdict>>,
}

impl Verdicts {
    /// Those of an adapter in `folder`; nothing is kept on disk where there is none.
    pub(crate) fn open(summary: &AdapterSummary, folder: Option<&Path>) -> Self {
        let (ledger, facts) = Ledger::open("proofs", summary, folder);
        let known = facts.into_iter().filter_map(|(key, fact)| Some((key, read(&fact)?))).collect();
        Verdicts { ledger, known: Mutex::new(known) }
    }

    pub(crate) fn get(&self, key: Key) -> Option<Verdict> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned()
    }

    pub(crate) fn put(&self, key: Key, name: &str, verdict: &Verdict) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(key, verdict.clone());
        self.ledger.add(key, &write(name, verdict));
    }
}

fn write(name: &str, verdict: &Verdict) -> String {
    match verdict {
        Verdict::Right => format!("right {name}"),
        Verdict::Unasked => format!("unasked {name}"),
        Verdict::Wrong(why) => format!("wrong {name}: {why}"),
    }
}

fn read(fact: &str) -> Option<Verdict> {
    match fact.split_once(' ')? {
        ("right", _) => Some(Verdict::Right),
        ("unasked", _) => Some(Verdict::Unasked),
        ("wrong", text) => Some(Verdict::Wrong(text.split_once(": ")?.1.to_string())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_is_read_back() {
        for verdict in [Verdict::Right, Verdict::Unasked, Verdict::Wrong("output 0: is 1, not 2".into())] {
            assert_eq!(read(&write("conv/conv_direct/16x4", &verdict)), Some(verdict));
        }
        assert_eq!(read("perhaps conv"), None);
    }
}
