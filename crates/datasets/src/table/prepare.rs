//! From a sheet to rows to train on and rows held out, with the scheme learned from the former alone: the held-out rows
//! must not leak into the scaling that they are judged with.

use super::{Examples, Options, Scheme, Sheet, Targets};
use crate::Error;
use crate::split::{Split, random, stratified};

/// A table ready for training.
#[derive(Clone, Debug, PartialEq)]
pub struct Prepared {
    /// What the columns mean; store it with the model.
    pub scheme: Scheme,
    /// Rows to train on.
    pub train: Examples,
    /// Rows held out; none where the fraction was 0 or the table is too short.
    pub held_out: Examples,
    /// Which rows of the sheet these are.
    pub rows: Split,
}

impl Prepared {
    /// Classes with one row in all: it is trained on, so that nothing tests whether it was learned.
    pub fn single_classes(&self) -> Vec<&str> {
        let Some(names) = self.scheme.classes() else { return Vec::new() };
        let all = [&self.train.y, &self.held_out.y];
        let count = |class: usize| -> usize {
            let of = |y: &Targets| match y {
                Targets::Classes(y) => y.iter().filter(|&&y| y as usize == class).count(),
                Targets::Numbers(_) => 0,
            };
            all.into_iter().map(of).sum()
        };
        names.iter().enumerate().filter(|(class, _)| count(*class) == 1).map(|(_, name)| name.as_str()).collect()
    }
}

/// Makes examples of a sheet; `held_out` is the fraction kept for testing, `[0, 1)`, class by class where classes are
/// predicted.
pub fn prepare(sheet: &Sheet, options: &Options, held_out: f64, seed: u64) -> Result<Prepared, Error> {
    if !(0.0..1.0).contains(&held_out) {
        return Err(Error::Argument(format!("the held-out part is a fraction from 0 to below 1; got {held_out}")));
    }
    let mut scheme = Scheme::kinds(sheet, options)?;
    let rows = match scheme.targets_of(sheet)? {
        Targets::Classes(classes) => stratified(&classes, held_out, seed),
        Targets::Numbers(numbers) => random(numbers.len(), held_out, seed),
    };
    scheme.measure(sheet, &rows.train)?;
    let (x, y) = (scheme.inputs_of(sheet)?, scheme.targets_of(sheet)?);
    let features = x.len() / sheet.len();
    let examples = |rows: &[u32]| Examples {
        x: rows.iter().flat_map(|&row| &x[row as usize * features..][..features]).copied().collect(),
        features,
        y: match &y {
            Targets::Classes(y) => Targets::Classes(rows.iter().map(|&row| y[row as usize]).collect()),
            Targets::Numbers(y) => Targets::Numbers(rows.iter().map(|&row| y[row as usize]).collect()),
        },
    };
    Ok(Prepared { train: examples(&rows.train), held_out: examples(&rows.held_out), rows, scheme })
}
