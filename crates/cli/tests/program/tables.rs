//! Tables: `train FILE.csv` to a run folder, and what the other commands make of it; bad tables are named.

use crate::{json, lenslet, run};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn with(arguments: &[&str]) -> Command {
    let mut command = lenslet();
    command.args(arguments);
    command
}

fn file(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).expect("writable");
    path
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path of ours")
}

/// Two clouds, a colour that tells nothing, and a price that is a sum.
fn houses(rows: usize) -> String {
    let mut text = String::from("rooms,colour,garden,kind,price\n");
    for i in 0..rows {
        let (a, b) = ((i * 7 % 11) as f64 / 10.0, (i * 5 % 13) as f64 / 12.0);
        let kind = if i % 2 == 0 { "flat" } else { "house" };
        let rooms = if i % 2 == 0 { 1.0 + a } else { 4.0 + a };
        let colour = ["red", "blue", "green"][i % 3];
        text += &format!("{rooms},{colour},{b},{kind},{}\n", 20.0 * rooms + 8.0 * b + 50.0);
    }
    text
}

#[test]
fn iris_is_learned_predicted_and_evaluated() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("run");
    let trained = json(with(&["train", "iris", "--out", text(&path), "--steps", "600", "--json"]));
    assert!(trained["test_accuracy"].as_f64().is_some_and(|accuracy| accuracy > 0.85), "{trained}");
    assert_eq!((&trained["test_rows"], &trained["steps"]), (&30.into(), &600.into()));
    for name in ["run.toml", "checkpoint.safetensors", "metrics.jsonl", "learning_curve.png", "confusion.png"] {
        assert!(std::fs::metadata(path.join(name)).is_ok_and(|file| file.len() > 0), "{name}");
    }
    let evaluated = json(with(&["eval", text(&path), "--json"]));
    assert_eq!(evaluated["test_accuracy"], trained["test_accuracy"]);
    assert_eq!(evaluated["confusion"], trained["confusion"]);
    // Other order of columns, no class.
    let flowers = "petal_width_cm,petal_length_cm,sepal_length_cm,sepal_width_cm\n0.2,1.4,5.1,3.5\n2.2,6.0,6.7,3.1\n";
    let flowers = file(folder.path(), "flowers.csv", flowers);
    let predicted = json(with(&["predict", text(&path), text(&flowers), "--json"]));
    let said = |at: usize| predicted["predictions"][at]["class"].as_str().unwrap_or_default().to_string();
    assert_eq!((said(0), said(1)), ("setosa".into(), "virginica".into()), "{predicted}");
    assert_eq!(predicted["predictions"][1]["line"], 3);
}

#[test]
fn a_number_from_numbers_and_categories() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (path, data) = (folder.path().join("run"), file(folder.path(), "houses.csv", &houses(120)));
    let asked = ["train", text(&data), "--out", text(&path), "--steps", "800", "--hidden", "8", "--json"];
    let trained = json(with(&asked));
    assert!(trained["test_r2"].as_f64().is_some_and(|r2| r2 > 0.9), "{trained}");
    assert!(path.join("fit.png").exists());
    let predicted = json(with(&["predict", text(&path), text(&data), "--json"]));
    let first = predicted["predictions"][0]["number"].as_f64().unwrap_or_else(|| panic!("{predicted}"));
    assert!((first - 70.0).abs() < 15.0, "{predicted}");
    // The same table's kinds, by name of the column.
    let kinds = folder.path().join("kinds");
    let asked = ["train", text(&data), "--target", "kind", "--ignore", "price", "--out", text(&kinds), "--json"];
    let trained = json(with(&asked));
    assert!(trained["test_accuracy"].as_f64().is_some_and(|accuracy| accuracy > 0.9), "{trained}");
}

#[test]
fn the_lectures_loop_is_told_round_by_round() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (told, silent) = (folder.path().join("told"), folder.path().join("silent"));
    let arguments = |out: &Path| {
        let mut command = with(&["train", "lecture", "--per-instance", "--steps", "40", "--seed", "3", "--out"]);
        command.arg(out);
        command
    };
    let mut command = arguments(&told);
    command.args(["--trace", "2"]);
    let out = run(command);
    let said = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    for words in ["round 1: line ", "round 2: line ", "forward", "linear1", "compare  it says", "adjust", "once more"] {
        assert!(said.contains(words), "no {words:?} in {said}");
    }
    assert!(!said.contains("round 3"), "{said}");
    // Being watched changes nothing.
    assert!(run(arguments(&silent)).status.success());
    let bytes = |run: &Path| std::fs::read(run.join("checkpoint.safetensors")).expect("there is one");
    assert!(bytes(&told) == bytes(&silent), "the told run ends with other bits");
}

#[test]
fn a_run_goes_on_with_the_same_bits() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (whole, broken) = (folder.path().join("whole"), folder.path().join("broken"));
    let arguments = |out: &Path| {
        let mut command = with(&["train", "wine", "--steps", "3000", "--checkpoint-steps", "50", "--json", "--out"]);
        command.arg(out);
        command
    };
    let want = json(arguments(&whole));
    let mut child = arguments(&broken).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program starts");
    while !broken.join("checkpoint.safetensors").exists() {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    child.kill().expect("a child of ours");
    assert!(!child.wait().expect("a child of ours").success(), "it ended before it was killed");
    let got = json(with(&["train", "--resume", text(&broken), "--json"]));
    assert_eq!(got["digest"], want["digest"]);
    for name in ["checkpoint.safetensors", "metrics.jsonl"] {
        let read = |run: &Path| std::fs::read(run.join(name)).expect(name);
        assert!(read(&whole) == read(&broken), "{name} differs");
    }
    let other = file(folder.path(), "other.csv", &houses(40));
    let out = run(with(&["train", "--resume", text(&broken), "--data", text(&other)]));
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert_eq!(out.status.code(), Some(1), "{said}");
    assert!(said.contains("the table is not what the run began with"), "{said}");
}

#[test]
fn bad_tables_are_named() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("run");
    let refused = |name: &str, table: &str, more: &[&str], words: &str| {
        let data = file(folder.path(), name, table);
        let mut command = with(&["train", text(&data), "--out", text(&path)]);
        command.args(more);
        let out = run(command);
        let said = String::from_utf8_lossy(&out.stderr).into_owned();
        assert_eq!(out.status.code(), Some(1), "{said}");
        assert!(said.contains(words), "not {words:?} but {said}");
        assert!(!path.exists(), "{name} left something behind");
    };
    let good = houses(12);
    refused("target.csv", &good, &["--target", "cost"], "no column is named \"cost\"; there are rooms");
    refused("one.csv", "a,b\n1,x\n2,x\n3,x\n", &[], "the target column \"b\" is \"x\" in every one of 3 rows");
    refused("row.csv", "a,b\n1,x\n", &[], "is \"x\" in the only row: there is nothing to learn");
    refused("ragged.csv", "a,b\n1,x\n2\n", &[], "ragged.csv, line 3, column \"b\": the row has 1 cells");
    refused("hole.csv", "a,b\n1,x\n,y\n", &[], "hole.csv, line 3, column \"a\": the cell is empty");
    refused("text.csv", "a,b\n1,x\n2,y\nmany,y\n", &[], "line 4, column \"a\": \"many\" is not a number");
    refused("empty.csv", "", &[], "empty.csv: holds no rows");
    refused("alone.csv", "b\n1\n2\n", &[], "no column is left to predict \"b\" from");
    // A folder that cannot be written: it would lie in a file.
    let data = file(folder.path(), "good.csv", &good);
    let inside = data.join("run");
    let out = run(with(&["train", text(&data), "--steps", "1", "--out", text(&inside)]));
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert_eq!(out.status.code(), Some(1), "{said}");
    assert!(said.contains("cannot write "), "{said}");
    // What is the same in every row is said, and trained around; so are rows left out.
    let constant = file(folder.path(), "constant.csv", "a,c,b\n1,7,x\n2,7,y\n?,7,y\n3,7,x\n");
    let mut command = with(&["train", text(&constant), "--steps", "2", "--out", text(&path)]);
    command.arg("--drop-missing");
    let out = run(command);
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(out.status.success(), "{said}");
    assert!(said.contains("column \"c\" is the same in every row") && said.contains("1 with missing cells"), "{said}");
}

#[test]
fn tables_used_wrongly() {
    let refused = |arguments: &[&str], words: &str| {
        let out = run(with(arguments));
        let said = String::from_utf8_lossy(&out.stderr).into_owned();
        assert_eq!(out.status.code(), Some(2), "{said}");
        assert!(said.contains(words), "not {words:?} but {said}");
    };
    refused(&["train", "irises"], "inside the program there are digits, lecture, iris");
    refused(&["train", "iris", "--hidden", "0-4"], "--hidden is neurons");
    refused(&["train", "iris", "--model", "lenet"], "is for images");
    refused(&["train", "iris", "--epochs", "3"], "--epochs is for images");
    refused(&["train", "--per-instance"], "--per-instance is for tables");
    refused(&["train", "iris", "--batch", "900"], "larger than the 120");
    refused(&["train", "iris", "--held-out", "1.5"], "a share from 0 to below 1");
    refused(&["train", "iris", "--per-instance", "--batch", "4"], "cannot be used with");
}
