//! Numbers as people type and read them: `"1 0 -1; 1 0 -1"` for a matrix, `6x6x3` for a size, and texts of sums.

use std::path::Path;
use std::str::FromStr;

/// Larger numbers leave pictures and sums of products no room.
pub(crate) const LARGEST: f32 = 1e6;

/// Whether all are numbers that a lesson shows.
pub(crate) fn showable<'a>(numbers: impl IntoIterator<Item = &'a f32>) -> bool {
    numbers.into_iter().all(|number| number.abs() <= LARGEST) // NaN is not
}

/// A matrix, row by row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Matrix {
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    /// `[rows, columns]`
    pub(crate) values: Vec<f32>,
}

impl FromStr for Matrix {
    type Err = String;

    /// Rows end with a semicolon or a new line, numbers are set apart by spaces or commas.
    fn from_str(text: &str) -> Result<Matrix, String> {
        let mut matrix = Matrix { rows: 0, columns: 0, values: Vec::new() };
        for row in text.split([';', '\n']).map(str::trim).filter(|row| !row.is_empty()) {
            let before = matrix.values.len();
            for word in row.split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty()) {
                let number: f32 = word.replace('−', "-").parse().map_err(|_| format!("`{word}` is not a number"))?;
                if !number.is_finite() {
                    return Err(format!("`{word}` is not a finite number"));
                }
                matrix.values.push(number);
            }
            let columns = matrix.values.len() - before;
            if matrix.rows > 0 && columns != matrix.columns {
                return Err(format!(
                    "not a rectangle: row {} has {columns} numbers, the first has {}",
                    matrix.rows + 1,
                    matrix.columns
                ));
            }
            (matrix.rows, matrix.columns) = (matrix.rows + 1, columns);
        }
        if matrix.values.is_empty() {
            return Err("holds no numbers; write a matrix as \"1 0 -1; 1 0 -1; 1 0 -1\"".into());
        }
        Ok(matrix)
    }
}

impl Matrix {
    /// From a text file in the same notation.
    pub(crate) fn read(path: &Path) -> Result<Matrix, String> {
        std::fs::read_to_string(path).map_err(|cause| format!("cannot be read: {cause}"))?.parse()
    }
}

/// Sizes joined by `x`, each at least 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sizes(pub(crate) Vec<usize>);

impl FromStr for Sizes {
    type Err = String;

    fn from_str(text: &str) -> Result<Sizes, String> {
        let size = |word: &str| match word.trim().parse() {
            Ok(0) | Err(_) => Err(format!("`{word}` is not a size of 1 or more")),
            Ok(size) => Ok(size),
        };
        text.split(['x', 'X', '×']).map(size).collect::<Result<_, _>>().map(Sizes)
    }
}

/// As many digits as tell a number apart at a glance, with a true minus sign; whole numbers as they are.
pub(crate) fn short(value: f32) -> String {
    let text = if value.fract() == 0.0 && value.abs() < 1e7 {
        format!("{value:.0}")
    } else {
        let fixed = format!("{value:.4}");
        fixed.trim_end_matches('0').trim_end_matches('.').to_owned()
    };
    let text = if text == "-0" { "0".to_owned() } else { text };
    text.replacen('-', "−", 1)
}

/// The same in brackets where it is negative, to stand behind a sign.
pub(crate) fn bracketed(value: f32) -> String {
    if value < 0.0 { format!("({})", short(value)) } else { short(value) }
}

/// `a·b + c·d + …`.
pub(crate) fn sum_of_products(pairs: impl Iterator<Item = (f32, f32)>) -> String {
    let term = |(a, b): (f32, f32)| format!("{}·{}", bracketed(a), bracketed(b));
    pairs.map(term).collect::<Vec<_>>().join(" + ")
}

/// Rows of a matrix in aligned columns, indented.
pub(crate) fn table(values: &[f32], columns: usize) -> String {
    let texts: Vec<String> = values.iter().map(|value| short(*value)).collect();
    let wide = texts.iter().map(|text| text.chars().count()).max().unwrap_or(0);
    let row = |row: &[String]| {
        let cells: Vec<_> = row.iter().map(|text| format!("{text:>wide$}")).collect();
        format!("    {}\n", cells.join("  "))
    };
    texts.chunks(columns.max(1)).map(row).collect()
}

/// 0 ₀, 12 ₁₂.
pub(crate) fn subscript(number: usize) -> String {
    number.to_string().chars().filter_map(|digit| char::from_u32(0x2080 + digit.to_digit(10)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matrices_are_rectangles() {
        let matrix: Matrix = "1 0 -1; 1, 0, −1;".parse().unwrap();
        assert_eq!((matrix.rows, matrix.columns, matrix.values[5]), (2, 3, -1.0));
        let ragged = "1 0; 1".parse::<Matrix>().unwrap_err();
        assert_eq!(ragged, "not a rectangle: row 2 has 1 numbers, the first has 2");
        assert!("1 x".parse::<Matrix>().unwrap_err().contains("`x` is not a number"));
        assert!("; ;".parse::<Matrix>().unwrap_err().contains("holds no numbers"));
        assert!("nan".parse::<Matrix>().is_err());
    }

    #[test]
    fn sizes_and_texts() {
        assert_eq!("6x6×3".parse::<Sizes>().unwrap().0, [6, 6, 3]);
        assert!("6x0".parse::<Sizes>().is_err());
        assert_eq!((short(-2.5), short(3.0), short(-0.0)), ("−2.5".into(), "3".into(), "0".into()));
        assert_eq!(sum_of_products([(1.0, -1.0), (2.0, 0.5)].into_iter()), "1·(−1) + 2·0.5");
        assert_eq!(subscript(12), "₁₂");
    }
}
