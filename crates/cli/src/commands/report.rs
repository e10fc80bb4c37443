//! Tables in text, and how a network did on a table of data.

use lenslet::TableEvaluation;
use serde_json::{Value, json};

/// Rows under a header, columns as wide as they need; those named in `right` are aligned right.
pub(crate) fn table(header: &[&str], rows: &[Vec<String>], right: &[usize]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([header[column].chars().count()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..header.len()).map(width).collect();
    let line = |cells: Vec<&str>| {
        let cells = cells.iter().zip(&widths).enumerate().map(|(column, (cell, &width))| {
            if right.contains(&column) { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_string()
    };
    let mut lines = vec![line(header.to_vec())];
    lines.extend(rows.iter().map(|row| line(row.iter().map(String::as_str).collect())));
    lines.join("\n")
}

/// A confusion matrix: a row for each true class.
pub(crate) fn confusion(counts: &[Vec<u32>], classes: &[String]) -> String {
    let mut header = vec!["true \\ read as"];
    header.extend(classes.iter().map(String::as_str));
    let rows: Vec<Vec<String>> = counts
        .iter()
        .zip(classes)
        .map(|(row, class)| {
            let cells = row.iter().map(|&count| if count == 0 { "·".to_string() } else { count.to_string() });
            std::iter::once(class.clone()).chain(cells).collect()
        })
        .collect();
    table(&header, &rows, &(0..=classes.len()).collect::<Vec<_>>())
}

/// How a network did on the rows `of` a table: "held-out", "training", or none of these.
pub(crate) fn table_evaluation(evaluation: &TableEvaluation, classes: &[String], of: &str) -> String {
    match evaluation {
        TableEvaluation::Classes(found) => format!(
            "{of} accuracy {:.2} % ({} of {} right), loss {:.4}\n\n{}\n",
            100.0 * found.accuracy(),
            found.correct(),
            found.predictions.len(),
            found.loss,
            confusion(&found.confusion, classes)
        ),
        TableEvaluation::Numbers(fit) => format!(
            "{of} R² {:.4}: typically off by {:.4} (root mean square), {:.4} on average, over {} rows",
            fit.r2,
            fit.rmse,
            fit.mae,
            fit.pairs.len()
        ),
    }
}

/// The same as numbers; `trained` where the rows are those that were trained on.
pub(crate) fn table_evaluation_json(evaluation: &TableEvaluation, classes: &[String], trained: bool) -> Value {
    let rows = if trained { "train" } else { "test" };
    match evaluation {
        TableEvaluation::Classes(found) => json!({
            format!("{rows}_accuracy"): found.accuracy(),
            format!("{rows}_loss"): found.loss,
            "correct": found.correct(),
            "confusion": found.confusion,
            "classes": classes,
        }),
        TableEvaluation::Numbers(fit) => json!({
            format!("{rows}_r2"): fit.r2,
            format!("{rows}_rmse"): fit.rmse,
            format!("{rows}_mae"): fit.mae,
            format!("{rows}_loss"): fit.loss,
        }),
    }
}

/// `12,345`
pub(crate) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1.5 MiB`
pub(crate) fn bytes(number: u64) -> String {
    match number {
        0..1024 => format!("{number} B"),
        1024..1_048_576 => format!("{:.1} KiB", number as f64 / 1024.0),
        _ => format!("{:.1} MiB", number as f64 / 1_048_576.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        assert_eq!([0, 999, 1000, 1_234_567].map(thousands), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([1023, 1536, 3 << 20].map(bytes), ["1023 B", "1.5 KiB", "3.0 MiB"]);
    }

    #[test]
    fn tables_are_aligned() {
        let rows = [vec!["a".to_string(), "10".to_string()], vec!["bcd".to_string(), "1".to_string()]];
        assert_eq!(table(&["x", "n"], &rows, &[1]), "x     n\na    10\nbcd   1");
    }
}
