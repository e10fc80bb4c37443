//! A CSV file as text: cells, column names, and the line each row stands on, for messages. Meaning is `scheme.rs`'s.

use crate::Error;
use std::borrow::Cow;

use csv::{ReaderBuilder, StringRecord, Trim};
use std::path::Path;

/// Whether the first row names the columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Header {
    /// It does where none of its cells is a number, NA, or the like.
    #[default]
    Auto,
    /// It does.
    Yes,
    /// It does not: columns are named c1, c2, and so on.
    No,
}

/// How to read a CSV file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Whether the first row names the columns.
    pub header: Header,
    /// The byte between cells; `None` takes comma, semicolon or tab, whichever is most frequent in the first line.
    pub delimiter: Option<u8>,
    /// Leave rows with missing cells out (told by [`Sheet::dropped`]); otherwise they are an error when used.
    pub drop_missing: bool,
}

/// The text of a table: at least one row, all of the same width.
#[derive(Clone, Debug)]
pub struct Sheet {
    file: String,
    names: Vec<String>,
    rows: Vec<(u64, StringRecord)>,
    dropped: Vec<u64>,
}

impl Sheet {
    /// Reads a CSV file in UTF-8. Between semicolons or tabs numbers may have decimal commas. Errors name file, line and column: rows of different widths, columns of one name.
    pub fn read(path: &Path, reading: &Reading) -> Result<Sheet, Error> {
        let bytes = std::fs::read(path).map_err(|cause| Error::read(path, cause))?;
        Sheet::parse(&path.display().to_string(), &bytes, reading)
    }

    /// The same from memory; the name is for messages.
    pub fn parse(file: &str, bytes: &[u8], reading: &Reading) -> Result<Sheet, Error> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes); // the mark that spreadsheets put first
        let delimiter = reading.delimiter.unwrap_or_else(|| guess_delimiter(bytes));
        let mut reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true) // widths are checked below, with the column's name
            .trim(Trim::All)
            .delimiter(delimiter)
            .from_reader(bytes);
        let mut rows: Vec<(u64, StringRecord)> = Vec::new();
        for record in reader.records() {
            let record = record.map_err(|cause| Error::format(file, format!("cannot be read as CSV: {cause}")))?;
            let line = record.position().map_or(0, |start| {
                // The reader's position lies before the blank lines that it skips.
                let blank = bytes[start.byte() as usize..].iter().take_while(|&&byte| matches!(byte, b'\n' | b'\r'));
                start.line() + blank.filter(|&&byte| byte == b'\n').count() as u64
            });
            let point = |cell| if delimiter == b',' { Cow::Borrowed(cell) } else { with_point(cell) };
            let record: StringRecord = record.iter().map(point).collect();
            rows.push((line, record));
        }
        let Some((_, first)) = rows.first() else {
            return Err(Error::format(file, "holds no rows"));
        };
        let named = match reading.header {
            // A name may be empty (the column of row numbers that pandas writes), but is never NA or ?.
            Header::Auto => first.iter().all(|cell| cell.is_empty() || !(number(cell).is_some() || is_missing(cell))),
            Header::Yes => true,
            Header::No => false,
        };
        let name = |(i, cell): (usize, &str)| match cell {
            text if named && !text.is_empty() => text.to_owned(),
            _ => format!("c{}", i + 1),
        };
        let names: Vec<String> = first.iter().enumerate().map(name).collect();
        if named {
            rows.remove(0);
        }
        let mut sheet = Sheet { file: file.to_owned(), names, rows, dropped: Vec::new() };
        sheet.check()?;
        if reading.drop_missing {
            let (kept, dropped): (Vec<_>, Vec<_>) =
                sheet.rows.into_iter().partition(|(_, row)| !row.iter().any(is_missing));
            sheet.rows = kept;
            sheet.dropped = dropped.into_iter().map(|(line, _)| line).collect();
        }
        if sheet.rows.is_empty() {
            let problem = match sheet.dropped.len() {
                0 => "holds a line of column names, but no rows".to_owned(),
                dropped => format!("each of its {dropped} rows has a missing cell; none is left"),
            };
            return Err(Error::format(file, problem));
        }
        Ok(sheet)
    }

    fn check(&self) -> Result<(), Error> {
        for (i, name) in self.names.iter().enumerate() {
            if self.names[..i].contains(name) {
                return Err(Error::format(&self.file, format!("two columns are named \"{name}\"; names must differ")));
            }
        }
        for (row, (_, cells)) in self.rows.iter().enumerate() {
            let (found, wanted) = (cells.len(), self.names.len());
            if found != wanted {
                let problem = format!("the row has {found} cells, but the first row has {wanted}");
                let column = self.names.get(found).cloned().unwrap_or_else(|| format!("c{}", wanted + 1));
                return Err(Error::Cell { file: self.file.clone(), line: self.line(row), column, problem });
            }
        }
        u32::try_from(self.rows.len())
            .map(|_| ())
            .map_err(|_| Error::format(&self.file, format!("{} rows; at most {} are read", self.rows.len(), u32::MAX)))
    }

    /// The file's name, or the table's.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// Names of the columns.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// How many rows, the header not counted.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Never: a sheet without rows is refused when read.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// A cell's text, without spaces around it.
    ///
    /// # Panics
    /// Where row or column lie outside the sheet.
    pub fn cell(&self, row: usize, column: usize) -> &str {
        &self.rows[row].1[column]
    }

    /// The line of the file that a row starts on, from 1.
    ///
    /// # Panics
    /// Where there is no such row.
    pub fn line(&self, row: usize) -> u64 {
        self.rows[row].0
    }

    /// Lines left out for their missing cells, where [`Reading::drop_missing`] asked for it.
    pub fn dropped(&self) -> &[u64] {
        &self.dropped
    }

    /// The number of the column of that name.
    pub fn column(&self, name: &str) -> Result<usize, Error> {
        self.names.iter().position(|known| known == name).ok_or_else(|| {
            Error::format(&self.file, format!("no column is named \"{name}\"; there are {}", self.names.join(", ")))
        })
    }

    /// Columns that hold the same text in every row, and so teach nothing.
    pub fn constant_columns(&self) -> Vec<&str> {
        let constant = |&column: &usize| (1..self.len()).all(|row| self.cell(row, column) == self.cell(0, column));
        (0..self.names.len()).filter(constant).map(|column| self.names[column].as_str()).collect()
    }

    /// All missing cells (empty, NA, N/A, NaN, null or ?), as (line, column name), row by row.
    pub fn missing(&self) -> Vec<(u64, &str)> {
        let of_row = |row: usize| {
            let missing = move |&column: &usize| is_missing(self.cell(row, column));
            (0..self.names.len()).filter(missing).map(move |column| (self.line(row), self.names[column].as_str()))
        };
        (0..self.len()).flat_map(of_row).collect()
    }

    pub(super) fn wrong_cell(&self, row: usize, column: usize, problem: String) -> Error {
        Error::Cell { file: self.file.clone(), line: self.line(row), column: self.names[column].clone(), problem }
    }
}

pub(super) fn is_missing(cell: &str) -> bool {
    ["", "?", "NA", "N/A", "NaN", "nan", "null", "NULL"].contains(&cell)
}

/// A finite number.
pub(super) fn number(cell: &str) -> Option<f64> {
    cell.parse().ok().filter(|number: &f64| number.is_finite())
}

/// `-0,034`, as spreadsheets write where a comma is the decimal sign, with a point.
fn with_point(cell: &str) -> Cow<'_, str> {
    match cell.split_once(',') {
        Some((whole, part)) if part.starts_with(|c: char| c.is_ascii_digit()) => {
            let pointed = format!("{whole}.{part}");
            if number(&pointed).is_some() { Cow::Owned(pointed) } else { Cow::Borrowed(cell) }
        }
        _ => Cow::Borrowed(cell),
    }
}

fn guess_delimiter(bytes: &[u8]) -> u8 {
    let blank = bytes.iter().take_while(|&&byte| matches!(byte, b'\n' | b'\r')).count();
    let (mut counts, mut quoted) = ([(b'\t', 0), (b';', 0), (b',', 0)], false);
    for &byte in bytes[blank..].iter().take_while(|&&byte| byte != b'\n') {
        quoted ^= byte == b'"';
        if !quoted {
            counts.iter_mut().filter(|(delimiter, _)| *delimiter == byte).for_each(|(_, count)| *count += 1);
        }
    }
    // The last of equals wins: a comma, unless another is more frequent.
    counts.into_iter().max_by_key(|&(_, count)| count).map_or(b',', |(delimiter, _)| delimiter)
}
