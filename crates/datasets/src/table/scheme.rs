//! What the columns of a table mean to a network: which are numbers (with the mean and standard deviation that scale
//! them), which are categories (one input each), and what is to be predicted. Plain data: it is stored with the model
//! and applied to every later file exactly as to the first.

use super::sheet::{Sheet, is_missing, number};
use crate::Error;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A column with more categories than this is taken for a name or a number of the row.
const MOST_CATEGORIES: usize = 1000;
/// A target of whole numbers with at most this many different ones is taken for classes.
const MOST_NUMBERED_CLASSES: usize = 20;

/// What to predict, and from what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The column to predict; the last one where `None`.
    pub target: Option<String>,
    /// Classes or a number.
    pub task: Task,
    /// Columns of numbers that are categories (postal codes, say).
    pub categorical: Vec<String>,
    /// Columns to leave out (row numbers, names).
    pub ignore: Vec<String>,
}

/// What kind of thing is predicted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Task {
    /// Classes where the target is text, or whole numbers of at most 20 different values; else a number.
    #[default]
    Auto,
    /// One of the values that occur.
    Classes,
    /// A number.
    Regression,
}

/// What a column means.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A number x, given to the network as (x − mean) / std, or as 0 where `std` is 0 (a constant column).
    Number {
        /// The mean of the rows trained on.
        mean: f64,
        /// Their standard deviation (divided by n).
        std: f64,
    },
    /// One of these names: for an input, one number each, 1 for the name that it is and 0 for the others.
    Category {
        /// Sorted, as numbers where all are.
        names: Vec<String>,
    },
}

/// A column by name, with its meaning.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Column {
    /// As in the header.
    pub name: String,
    /// What it means.
    pub kind: Kind,
}

/// What a table means to a network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scheme {
    /// The columns given to the network, in this order.
    pub inputs: Vec<Column>,
    /// The column predicted.
    pub target: Column,
}

/// What is to be predicted, row by row.
#[derive(Clone, Debug, PartialEq)]
pub enum Targets {
    /// Indices into the names of the target column.
    Classes(Vec<u32>),
    /// Numbers, scaled like inputs; [`Scheme::unscaled`] undoes it.
    Numbers(Vec<f32>),
}

/// Rows for a network.
#[derive(Clone, Debug, PartialEq)]
pub struct Examples {
    /// `[n, features]`.
    pub x: Vec<f32>,
    /// Numbers a row.
    pub features: usize,
    /// `[n]`.
    pub y: Targets,
}

impl Examples {
    /// How many rows.
    pub fn len(&self) -> usize {
        match &self.y {
            Targets::Classes(y) => y.len(),
            Targets::Numbers(y) => y.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Scheme {
    /// Learns the columns' kinds from all rows of a sheet, means and standard deviations from `rows` only.
    ///
    /// A column is of numbers where most of its cells are; then a cell that is not is an error. Missing cells are
    /// errors. So is a target that is the same in every row.
    pub fn fit(sheet: &Sheet, options: &Options, rows: &[u32]) -> Result<Scheme, Error> {
        let mut scheme = Scheme::kinds(sheet, options)?;
        scheme.measure(sheet, rows)?;
        Ok(scheme)
    }

    pub(super) fn kinds(sheet: &Sheet, options: &Options) -> Result<Scheme, Error> {
        let target = match &options.target {
            Some(name) => sheet.column(name)?,
            None => sheet.names().len() - 1,
        };
        let all = |names: &[String]| names.iter().map(|name| sheet.column(name)).collect::<Result<Vec<_>, _>>();
        let (categorical, ignored) = (all(&options.categorical)?, all(&options.ignore)?);
        if ignored.contains(&target) {
            let problem = format!("column \"{}\" is what is predicted, it cannot be left out", sheet.names()[target]);
            return Err(Error::format(sheet.file(), problem));
        }
        let used = |column: &usize| *column != target && !ignored.contains(column);
        let inputs: Result<Vec<Column>, Error> = (0..sheet.names().len())
            .filter(used)
            .map(|column| {
                let kind = if !categorical.contains(&column) && is_numeric(sheet, column) {
                    numeric(sheet, column)?
                } else {
                    category(sheet, column)?
                };
                Ok(Column { name: sheet.names()[column].clone(), kind })
            })
            .collect();
        let inputs = inputs?;
        let name = sheet.names()[target].clone();
        if inputs.is_empty() {
            let problem = format!("no column is left to predict \"{name}\" from; at least one is needed");
            return Err(Error::format(sheet.file(), problem));
        }
        let classes = match options.task {
            Task::Classes => true,
            Task::Regression => false,
            Task::Auto => !is_numeric(sheet, target) || categorical.contains(&target) || few_whole(sheet, target),
        };
        let kind = if classes { category(sheet, target)? } else { numeric(sheet, target)? };
        if sheet.constant_columns().contains(&name.as_str()) {
            let problem = format!(
                "the target column \"{name}\" is \"{}\" in {}: there is nothing to learn",
                sheet.cell(0, target),
                match sheet.len() {
                    1 => "the only row".to_owned(),
                    rows => format!("every one of {rows} rows"),
                }
            );
            return Err(Error::format(sheet.file(), problem));
        }
        Ok(Scheme { inputs, target: Column { name, kind } })
    }

    /// Fills means and standard deviations in.
    pub(super) fn measure(&mut self, sheet: &Sheet, rows: &[u32]) -> Result<(), Error> {
        for column in self.inputs.iter_mut().chain([&mut self.target]) {
            let Kind::Number { mean, std } = &mut column.kind else { continue };
            let index = sheet.column(&column.name)?;
            let x = rows.iter().map(|&row| cell_number(sheet, row as usize, index)).collect::<Result<Vec<f64>, _>>()?;
            let n = x.len().max(1) as f64;
            *mean = x.iter().sum::<f64>() / n;
            *std = (x.iter().map(|x| (x - *mean) * (x - *mean)).sum::<f64>() / n).sqrt();
            if !(mean.is_finite() && std.is_finite()) {
                let problem = format!("the numbers of column \"{}\" are too large to be scaled", column.name);
                return Err(Error::format(sheet.file(), problem));
            }
        }
        Ok(())
    }

    /// Names of the network's inputs: the column's, or `column=category` for each category.
    pub fn feature_names(&self) -> Vec<String> {
        let of_column = |column: &Column| match &column.kind {
            Kind::Number { .. } => vec![column.name.clone()],
            Kind::Category { names } => names.iter().map(|name| format!("{}={name}", column.name)).collect(),
        };
        self.inputs.iter().flat_map(of_column).collect()
    }

    /// Names of the classes, or `None` where a number is predicted.
    pub fn classes(&self) -> Option<&[String]> {
        match &self.target.kind {
            Kind::Category { names } => Some(names),
            Kind::Number { .. } => None,
        }
    }

    /// The network's inputs for all rows of a sheet, `[n, features]`. Columns are found by name; the target may be
    /// absent. Errors: a column that is not there, a cell missing, not a number, or of a category never seen.
    pub fn inputs_of(&self, sheet: &Sheet) -> Result<Vec<f32>, Error> {
        let columns: Result<Vec<usize>, _> = self.inputs.iter().map(|input| sheet.column(&input.name)).collect();
        let (columns, mut x) = (columns?, Vec::with_capacity(sheet.len() * self.inputs.len()));
        for row in 0..sheet.len() {
            for (input, &column) in self.inputs.iter().zip(&columns) {
                match &input.kind {
                    Kind::Number { mean, std } => x.push(scaled(sheet, row, column, *mean, *std)?),
                    Kind::Category { names } => {
                        let hot = cell_category(sheet, row, column, names)?;
                        x.extend((0..names.len()).map(|name| if name == hot { 1.0 } else { 0.0 }));
                    }
                }
            }
        }
        Ok(x)
    }

    /// What is to be predicted for all rows of a sheet that has the target column.
    pub fn targets_of(&self, sheet: &Sheet) -> Result<Targets, Error> {
        let (column, rows) = (sheet.column(&self.target.name)?, 0..sheet.len());
        Ok(match &self.target.kind {
            Kind::Number { mean, std } => {
                Targets::Numbers(rows.map(|row| scaled(sheet, row, column, *mean, *std)).collect::<Result<_, _>>()?)
            }
            Kind::Category { names } => {
                let class = |row| cell_category(sheet, row, column, names).map(|class| class as u32);
                Targets::Classes(rows.map(class).collect::<Result<_, _>>()?)
            }
        })
    }

    /// Undoes the scaling of a predicted number: y · std + mean. Classes are left as they are.
    pub fn unscaled(&self, y: f32) -> f64 {
        match self.target.kind {
            Kind::Number { mean, std } => f64::from(y) * std + mean,
            Kind::Category { .. } => f64::from(y),
        }
    }
}

fn is_numeric(sheet: &Sheet, column: usize) -> bool {
    let filled = (0..sheet.len()).map(|row| sheet.cell(row, column)).filter(|cell| !is_missing(cell));
    let (numbers, others): (Vec<&str>, Vec<&str>) = filled.partition(|cell| number(cell).is_some());
    numbers.len() > others.len()
}

fn few_whole(sheet: &Sheet, column: usize) -> bool {
    let numbers: Option<Vec<f64>> = (0..sheet.len()).map(|row| number(sheet.cell(row, column))).collect();
    let Some(numbers) = numbers.filter(|numbers| numbers.iter().all(|number| number.fract() == 0.0)) else {
        return false;
    };
    numbers.into_iter().map(f64::to_bits).collect::<BTreeSet<_>>().len() <= MOST_NUMBERED_CLASSES
}

/// Every cell checked; the mean and standard deviation are measured later, on the rows trained on.
fn numeric(sheet: &Sheet, column: usize) -> Result<Kind, Error> {
    (0..sheet.len()).try_for_each(|row| cell_number(sheet, row, column).map(|_| ()))?;
    Ok(Kind::Number { mean: 0.0, std: 1.0 })
}

fn category(sheet: &Sheet, column: usize) -> Result<Kind, Error> {
    let mut names = BTreeSet::new();
    for row in 0..sheet.len() {
        names.insert(canonical(filled(sheet, row, column)?));
        if names.len() > MOST_CATEGORIES {
            let problem = format!(
                "column \"{}\" has more than {MOST_CATEGORIES} different texts; leave it out, or use numbers",
                sheet.names()[column]
            );
            return Err(Error::format(sheet.file(), problem));
        }
    }
    let mut names = names.into_iter().collect::<Vec<String>>();
    if names.iter().all(|name| number(name).is_some()) {
        names.sort_by(|a, b| number(a).unwrap_or(0.0).total_cmp(&number(b).unwrap_or(0.0)));
    }
    Ok(Kind::Category { names })
}

/// 1.0 and 1 are one category.
fn canonical(cell: &str) -> String {
    number(cell).map_or_else(|| cell.to_owned(), |number| number.to_string())
}

fn filled(sheet: &Sheet, row: usize, column: usize) -> Result<&str, Error> {
    let cell = sheet.cell(row, column);
    if !is_missing(cell) {
        return Ok(cell);
    }
    let found = if cell.is_empty() { "the cell is empty".to_owned() } else { format!("\"{cell}\" is no value") };
    let others = match sheet.missing().len() - 1 {
        0 => String::new(),
        others => format!(" (and {others} more in this file)"),
    };
    Err(sheet.wrong_cell(
        row,
        column,
        format!("{found}{others}; fill it in, or leave rows with missing cells out (train --drop-missing)"),
    ))
}

fn cell_number(sheet: &Sheet, row: usize, column: usize) -> Result<f64, Error> {
    let cell = filled(sheet, row, column)?;
    number(cell).ok_or_else(|| {
        let problem =
            format!("\"{cell}\" is not a number, as the column needs; mend it, or make the column categorical");
        sheet.wrong_cell(row, column, problem)
    })
}

fn scaled(sheet: &Sheet, row: usize, column: usize, mean: f64, std: f64) -> Result<f32, Error> {
    let number = cell_number(sheet, row, column)?;
    let scaled = if std == 0.0 { 0.0 } else { ((number - mean) / std) as f32 };
    if scaled.is_finite() {
        return Ok(scaled);
    }
    Err(sheet.wrong_cell(row, column, format!("{number} is too far from the training data's mean {mean}")))
}

fn cell_category(sheet: &Sheet, row: usize, column: usize, names: &[String]) -> Result<usize, Error> {
    let cell = canonical(filled(sheet, row, column)?);
    names.iter().position(|name| *name == cell).ok_or_else(|| {
        let known = names.iter().take(20).map(String::as_str).collect::<Vec<_>>().join(", ");
        let more = if names.len() > 20 { ", …" } else { "" };
        sheet.wrong_cell(row, column, format!("\"{cell}\" was not among the training data's categories {known}{more}"))
    })
}
