//! A run over a table on the screen: the first rounds in words and numbers, then progress; all but the rounds on stderr.

use crate::commands::report::thousands;
use crate::commands::screen::{bar, interrupts};
use crate::exit::{note, print};
use indicatif::ProgressBar;
use lenslet::datasets::table::{Prepared, Scheme, Sheet};
use lenslet::{Measured, Round, TableEvaluation, TableWatch, Unit};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Instant;

/// What rows and numbers are called.
pub(super) struct Told {
    /// Of each row trained on: its line in the file, and its cells with their columns' names.
    rows: Vec<(u64, String)>,
    scheme: Scheme,
}

/// Cells of a row that are shown.
const CELLS: usize = 6;
/// Numbers of a layer that are shown.
const NUMBERS: usize = 8;

impl Told {
    pub(super) fn new(sheet: &Sheet, prepared: &Prepared) -> Self {
        let row = |&row: &u32| {
            let row = row as usize;
            let cells = sheet.names().iter().enumerate().map(|(at, name)| format!("{name} {}", sheet.cell(row, at)));
            let mut text = cells.clone().take(CELLS).collect::<Vec<_>>().join(", ");
            let all = sheet.names().len();
            if all > CELLS {
                text += &format!(", and {} more columns", all - CELLS);
            }
            (sheet.line(row), text)
        };
        Told { rows: prepared.rows.train.iter().map(row).collect(), scheme: prepared.scheme.clone() }
    }

    pub(super) fn screen(self, done: u64, steps: u64) -> anyhow::Result<TableScreen> {
        let interrupts = interrupts()?;
        Ok(TableScreen {
            told: self,
            bar: bar(done, steps),
            interrupts,
            began: Instant::now(),
            first: done,
            steps,
            lines: 0,
        })
    }

    fn round(&self, round: &Round) -> String {
        let (line, cells) = &self.rows[round.rows[0] as usize];
        let many = match round.rows.len() {
            1 => String::new(),
            n => format!("{n} rows, of which the first is "),
        };
        let mut text = format!("round {}: {many}line {line}: {cells}\n", round.step);
        text += &format!("  forward  {:<14} {}   the row, scaled\n", "x", numbers(&round.x));
        for (name, values) in &round.layers {
            text += &format!("           {name:<14} {}\n", numbers(values));
        }
        text += &format!("  compare  {}\n", self.compared(round));
        let mut lead = "adjust";
        for unit in &round.parameters {
            text += &format!("  {lead:<8} {}\n", changed(unit));
            lead = "";
        }
        let (before, after) = (round.before.loss(), round.after.loss());
        text + &format!("           the same row once more: loss {before:.4} → {after:.4}")
    }

    fn compared(&self, round: &Round) -> String {
        let mean = match round.rows.len() {
            1 => String::new(),
            n => format!("; mean loss over the {n} rows {:.4}", round.loss),
        };
        match &round.before {
            TableEvaluation::Classes(found) => {
                let (said, names) = (&found.predictions[0], self.scheme.classes().unwrap_or_default());
                let truth = found.confusion.iter().position(|row| row.iter().any(|&n| n > 0)).unwrap_or(0);
                let percent = |class: usize| 100.0 * said.probabilities[class];
                if said.class == truth {
                    return format!(
                        "it says {} ({:.1} %), which is right; loss {:.4}{mean}",
                        names[truth],
                        percent(truth),
                        found.loss
                    );
                }
                format!(
                    "it says {} ({:.1} %), but the truth is {} ({:.1} %); loss {:.4}{mean}",
                    names[said.class],
                    percent(said.class),
                    names[truth],
                    percent(truth),
                    found.loss
                )
            }
            TableEvaluation::Numbers(fit) => {
                let (truth, said) = fit.pairs[0];
                let name = &self.scheme.target.name;
                format!(
                    "it says {name} {said:.4}, the truth is {truth:.4}: off by {:.4}; squared error {:.4} of the scaled \
                     numbers{mean}",
                    said - truth,
                    fit.loss
                )
            }
        }
    }
}

/// `0.1200 -3.4000 …`
fn numbers(values: &[f32]) -> String {
    let mut text: Vec<String> = values.iter().take(NUMBERS).map(|v| format!("{v:8.4}")).collect();
    if values.len() > NUMBERS {
        text.push(format!("… ({} in all)", values.len()));
    }
    text.join(" ")
}

/// `linear1.weight[0, 2] 0.3120 → 0.3099, the largest change of 12 numbers`
fn changed(unit: &Unit) -> String {
    let change = |at: usize| (unit.after[at] - unit.before[at]).abs();
    let most = (0..unit.before.len()).fold(0, |most, at| if change(at) > change(most) { at } else { most });
    let (mut index, mut left) = (Vec::new(), most);
    for &side in unit.shape.iter().rev() {
        index.insert(0, left % side);
        left /= side;
    }
    let of = match unit.before.len() {
        1 => String::new(),
        n => format!(", the largest change of {n} numbers"),
    };
    format!("{}{index:?} {:.5} → {:.5}{of}", unit.name, unit.before[most], unit.after[most])
}

/// Shows progress, and passes on the wish to stop.
pub(super) struct TableScreen {
    told: Told,
    bar: Option<ProgressBar>,
    interrupts: Arc<AtomicU32>,
    began: Instant,
    /// Step that this session began behind.
    first: u64,
    steps: u64,
    lines: u64,
}

impl TableScreen {
    /// Takes the bar away.
    pub(super) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    fn line(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| note(text)),
            None => note(text),
        }
    }
}

impl TableWatch for TableScreen {
    fn round(&mut self, round: &Round) {
        let text = self.told.round(round);
        // Where nobody reads any more, the run goes on all the same.
        match &self.bar {
            Some(bar) => drop(bar.suspend(|| print(text))),
            None => drop(print(text)),
        }
    }

    fn steps(&mut self, done: u64) {
        if let Some(bar) = &self.bar {
            let pace = (done - self.first) as f64 / self.began.elapsed().as_secs_f64().max(1e-9);
            bar.set_message(format!("{} updates/s", thousands(pace as u64)));
            bar.set_position(done);
        }
    }

    fn measured(&mut self, measured: &Measured) {
        let Measured { step, train_loss, .. } = *measured;
        // A tenth of all that is measured, the first and the last among them.
        let tenth = (self.steps / 10).max(1);
        if step != self.steps && step / tenth < self.lines {
            return;
        }
        self.lines = step / tenth + 1;
        let score = |accuracy: Option<f64>, r2: Option<f64>| match (accuracy, r2) {
            (Some(accuracy), _) => format!(", {:.2} %", 100.0 * accuracy),
            (_, Some(r2)) => format!(", R² {r2:.4}"),
            _ => String::new(),
        };
        let test = measured
            .test_loss
            .map(|loss| format!("; held-out loss {loss:.4}{}", score(measured.test_accuracy, measured.test_r2)));
        self.line(&format!(
            "step {}: training loss {train_loss:.4}{}{}",
            thousands(step),
            score(measured.train_accuracy, measured.train_r2),
            test.unwrap_or_default()
        ));
    }

    fn stop(&mut self) -> bool {
        self.interrupts.load(Relaxed) > 0
    }
}
