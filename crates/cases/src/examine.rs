//! `lenslet doctor`: every candidate of every kernel that the table leads to, put to one device; and every function that
//! the CPU has for an op, put to the same rows.

use crate::sites::{sites, sites_on_cpu};
use crate::tolerances::tolerances;
use crate::{Case, rows};
use graph::gpu_core::{Device, Error};
use std::collections::{BTreeMap, HashSet};
use std::time::{Duration, Instant};

/// What came of one candidate of one op.
#[derive(Clone, Debug, Default)]
pub struct Finding {
    /// The op.
    pub op: String,
    /// The candidate, as `explain` names it.
    pub candidate: String,
    /// Questions that it was put to: a row, forward or backward, in one layout.
    pub questions: usize,
    /// The largest error in units of its tolerance; at most 1 where it is right.
    pub worst: f64,
    /// Compiling, running and reading back, in all.
    pub time: Duration,
    /// What is wrong, one line a question.
    pub failures: Vec<String>,
    /// No kernel here fits the device (fused ops are for some devices alone, and made there alone): why, one line a row.
    pub absent: Vec<String>,
}

/// Puts every candidate to the rows whose op, candidate or label has `filter` in it, row by row; `progress` is told how
/// many rows of how many are done. Sorted by op and candidate.
///
/// Rows that are too long for the reference are left to benches; shorter ones ask the same of the same text.
///
/// # Errors
/// The device is lost: nothing more can be asked of it.
pub fn examine(
    device: &Device,
    filter: &str,
    progress: &mut dyn FnMut(usize, usize, &Case),
) -> Result<Vec<Finding>, Error> {
    let mut findings: BTreeMap<(String, String), Finding> = BTreeMap::new();
    let mut asked: HashSet<String> = HashSet::new();
    let rows = rows();
    for (at, row) in rows.iter().enumerate() {
        let own = |op: &str| op.contains(filter) || row.label().contains(filter);
        let found = match sites(row, device.caps()) {
            Ok(found) => found,
            Err(error) => {
                if own(row.op.name()) {
                    let key = (row.op.name().to_string(), "none".to_string());
                    let finding = findings.entry(key).or_default();
                    finding.questions += 1;
                    let lines = match &error {
                        graph::Error::NoKernel { .. } => &mut finding.absent,
                        _ => &mut finding.failures,
                    };
                    lines.push(format!("{}: {error}", row.label()));
                }
                continue;
            }
        };
        for site in found {
            let op = site.node.op.name();
            let wanted = |name: &str| own(op) || name.contains(filter);
            if !site.is_small() || !site.candidates.iter().any(|candidate| wanted(&candidate.name)) {
                continue;
            }
            // The forward node comes up in the backward graph again.
            let question = format!("{:?} {:?} {:?} {:?}", site.node.op, site.io, site.candidates, row.inputs);
            if !asked.insert(question) {
                continue;
            }
            let Ok(ask) = site.ask() else { continue };
            let answer = ask.answer();
            for candidate in site.candidates.iter().filter(|candidate| wanted(&candidate.name)) {
                let finding = findings.entry((op.to_string(), candidate.name.clone())).or_default();
                let began = Instant::now();
                let ran = ask.run(device, candidate);
                finding.time += began.elapsed();
                finding.questions += 1;
                match ran {
                    Err(error @ Error::Lost { .. }) => return Err(error),
                    Err(error) => finding.failures.push(format!("{}: {error}", ask.label)),
                    Ok(got) => {
                        let (error, wrong) = ask.compare(&got, &answer);
                        finding.worst = finding.worst.max(error);
                        finding.failures.extend(wrong.map(|wrong| format!("{}: {wrong}", ask.label)));
                    }
                }
            }
        }
        progress(at + 1, rows.len(), row);
    }
    let named = findings.into_iter().map(|((op, candidate), finding)| Finding { op, candidate, ..finding });
    Ok(named.collect())
}

/// Puts the CPU's functions to the rows whose op or label has `filter` in it; as [`examine`].
pub fn examine_cpu(filter: &str, progress: &mut dyn FnMut(usize, usize, &Case)) -> Vec<Finding> {
    let mut findings: BTreeMap<String, Finding> = BTreeMap::new();
    let mut asked: HashSet<String> = HashSet::new();
    let rows = rows();
    for (at, row) in rows.iter().enumerate() {
        for site in sites_on_cpu(row).unwrap_or_default() {
            let op = site.node.op.name();
            let wanted = op.contains(filter) || row.label().contains(filter);
            let question = format!("{:?} {:?} {:?}", site.node.op, site.io, row.inputs);
            if !wanted || !site.is_small() || !asked.insert(question) {
                continue;
            }
            let Ok(ask) = site.ask() else { continue };
            let began = Instant::now();
            let Some(got) = ask.op.compute(&ask.data.iter().collect::<Vec<_>>()) else { continue };
            let finding = findings.entry(op.to_string()).or_default();
            finding.time += began.elapsed();
            finding.questions += 1;
            let (error, wrong) = ask.compare(&got, &ask.answer());
            finding.worst = finding.worst.max(error);
            finding.failures.extend(wrong.map(|wrong| format!("{}: {wrong}", ask.label)));
        }
        progress(at + 1, rows.len(), row);
    }
    let named = findings.into_iter().map(|(op, finding)| Finding { op, candidate: "cpu".into(), ..finding });
    named.collect()
}

/// What is wrong with a row that nobody has written down: every candidate of every node that it leads to, forward and
/// backward, in each layout, within the tolerances of its op. One line a failure.
///
/// # Errors
/// The row does not fit its op, no kernel runs it, or the device is lost.
pub fn failures(device: &Device, case: &Case) -> Result<Vec<String>, graph::Error> {
    let mut failures = Vec::new();
    for site in sites(case, device.caps())? {
        let ask = site.ask_within(tolerances(site.node.op.as_ref(), &site.io))?;
        let answer = ask.answer();
        for candidate in &site.candidates {
            let at = format!("{} of {}", candidate.name, ask.label);
            match ask.run(device, candidate) {
                Err(error @ Error::Lost { .. }) => return Err(error.into()),
                Err(error) => failures.push(format!("{at}: {error}")),
                Ok(got) => failures.extend(ask.compare(&got, &answer).1.map(|wrong| format!("{at}: {wrong}"))),
            }
        }
    }
    Ok(failures)
}

#[cfg(test)]
mod tests {
    use super::*;
    use graph::gpu_core::Caps;

    #[test]
    fn every_device_has_kernels_for_all_but_what_is_fused_elsewhere() -> Result<(), graph::Error> {
        for caps in [Caps::software(), Caps::gpu(), Caps::portable(), Caps { subgroup: Some(4), ..Caps::software() }] {
            for row in rows() {
                match sites(&row, &caps) {
                    Ok(_) => {}
                    Err(graph::Error::NoKernel { why, .. }) if why.contains("needs subgroups of 8") => {
                        assert_ne!(caps.subgroup, Some(8), "{}", row.label());
                    }
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(())
    }
}
