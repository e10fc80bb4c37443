//! Tabular data: a CSV file becomes a [`Sheet`] (text with line numbers), a [`Scheme`] says what its columns mean to a
//! network (plain data, stored with the model), and [`prepare`] makes [`Examples`] of it, split to train and hold out.
//!
//! `sheet.rs` reads, `scheme.rs` learns and applies the meaning, `prepare.rs` puts both together. A prediction later
//! needs only the first two: `scheme.inputs_of(&Sheet::read(...)?)`.

mod prepare;
mod scheme;
mod sheet;

pub use prepare::{Prepared, prepare};
pub use scheme::{Column, Examples, Kind, Options, Scheme, Targets, Task};
pub use sheet::{Header, Reading, Sheet};

use crate::Error;

/// Names of the tables inside the binary, for [`builtin`].
pub const BUILTIN: [&str; 4] = ["lecture", "iris", "wine", "breast_cancer"];

/// A table inside the binary: `lecture` (four rows, two inputs, logical OR), `iris`, `wine`, `breast_cancer`, each with
/// the class in the last column. Sources and licences: `data/tabular/NOTICE`.
///
/// ```
/// use datasets::table::{Options, Targets, builtin, prepare};
/// let iris = prepare(&builtin("iris")?, &Options::default(), 0.2, 42)?;
/// assert_eq!((iris.train.len(), iris.held_out.len(), iris.train.features), (120, 30, 4));
/// # Ok::<(), datasets::Error>(())
/// ```
pub fn builtin(name: &str) -> Result<Sheet, Error> {
    let text = match name {
        "lecture" => include_str!("../data/tabular/lecture.csv"),
        "iris" => include_str!("../data/tabular/iris.csv"),
        "wine" => include_str!("../data/tabular/wine.csv"),
        "breast_cancer" => include_str!("../data/tabular/breast_cancer.csv"),
        _ => {
            let problem = format!("no table is named \"{name}\"; there are {}", BUILTIN.join(", "));
            return Err(Error::Argument(problem));
        }
    };
    Sheet::parse(name, text.as_bytes(), &Reading { header: Header::Yes, ..Reading::default() })
}

#[cfg(test)]
#[path = "table_tests.rs"]
mod tests;
