//! Edge filters by name, from a file, or written out. A positive answer is light on the left (or above).

use std::path::Path;
use std::str::FromStr;

use crate::learn::numbers::{Matrix, table};

/// One kernel, or two: across and down.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Filter {
    pub(super) name: String,
    rows: usize,
    columns: usize,
    kernels: Vec<Vec<f32>>,
}

const ONE: [f32; 9] = [1.0, 0.0, -1.0, 1.0, 0.0, -1.0, 1.0, 0.0, -1.0];
const SOBEL: [f32; 9] = [1.0, 0.0, -1.0, 2.0, 0.0, -2.0, 1.0, 0.0, -1.0];
const SCHARR: [f32; 9] = [3.0, 0.0, -3.0, 10.0, 0.0, -10.0, 3.0, 0.0, -3.0];
const LAPLACIAN: [f32; 9] = [0.0, 1.0, 0.0, 1.0, -4.0, 1.0, 0.0, 1.0, 0.0];

/// A file of numbers larger than this is no filter.
const LARGEST: usize = 31;

fn turned(kernel: &[f32; 9]) -> Vec<f32> {
    (0..9).map(|i| kernel[i % 3 * 3 + i / 3]).collect()
}

impl FromStr for Filter {
    type Err = String;

    fn from_str(text: &str) -> Result<Filter, String> {
        let named = |kernels: Vec<Vec<f32>>| Filter { name: text.to_owned(), rows: 3, columns: 3, kernels };
        let pair = |kernel: &[f32; 9]| named(vec![kernel.to_vec(), turned(kernel)]);
        Ok(match text {
            "vertical" => named(vec![ONE.to_vec()]),
            "horizontal" => named(vec![turned(&ONE)]),
            "prewitt" => pair(&ONE),
            "sobel" => pair(&SOBEL),
            "scharr" => pair(&SCHARR),
            "laplacian" => named(vec![LAPLACIAN.to_vec()]),
            _ => {
                let path = Path::new(text);
                let matrix = match text.parse() {
                    Err(_) if path.is_file() => Matrix::read(path),
                    Err(_) if path.extension().is_some() => Err("no such file".into()),
                    parsed => parsed,
                };
                let matrix = matrix.map_err(|why| {
                    format!(
                        "{why} (a filter is vertical, horizontal, sobel, scharr, prewitt, laplacian, a file of rows, or rows)"
                    )
                })?;
                if matrix.rows > LARGEST || matrix.columns > LARGEST {
                    return Err(format!(
                        "{}×{} numbers; a filter has at most {LARGEST}×{LARGEST}",
                        matrix.rows, matrix.columns
                    ));
                }
                let name = if path.is_file() { text.to_owned() } else { "your own".to_owned() };
                Filter { name, rows: matrix.rows, columns: matrix.columns, kernels: vec![matrix.values] }
            }
        })
    }
}

impl Filter {
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    pub(super) fn columns(&self) -> usize {
        self.columns
    }

    /// `[rows, columns]` each.
    pub(super) fn kernels(&self) -> &[Vec<f32>] {
        &self.kernels
    }

    /// What each kernel finds.
    pub(super) fn captions(&self) -> &'static [&'static str] {
        match (self.kernels.len(), self.name.as_str()) {
            (2, _) => &["vertical edges", "horizontal edges"],
            (_, "vertical") => &["vertical edges"],
            (_, "horizontal") => &["horizontal edges"],
            (_, "laplacian") => &["laplacian"],
            _ => &["filtered"],
        }
    }

    pub(super) fn tell(&self) {
        for (kernel, caption) in self.kernels.iter().zip(self.captions()) {
            say!("Filter {} ({caption}):\n{}", self.name, table(kernel, self.columns));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_rows_and_files() {
        let sobel: Filter = "sobel".parse().unwrap();
        assert_eq!(sobel.kernels()[1], [1.0, 2.0, 1.0, 0.0, 0.0, 0.0, -1.0, -2.0, -1.0]);
        let own: Filter = "1 -1".parse().unwrap();
        assert_eq!((own.rows(), own.columns()), (1, 2));
        assert!("1 0; 1".parse::<Filter>().unwrap_err().contains("not a rectangle"));
        assert!("sobol".parse::<Filter>().unwrap_err().contains("a filter is vertical"));
    }
}
