//! `cargo xtask guide`: runs every command that the guide's chapters show, in order, puts what they print and draw into
//! the pages, and runs mdBook over them where it is installed.
//!
//! The chapters are the only list of commands. They run in one scratch folder under `target/`, so that a later command
//! finds the run of an earlier one; a picture that a chapter shows and no command made is an error. Three pictures are
//! the README's and are kept; all others are made only. `crates/cli/tests/program/guide.rs` checks the commands' words.

use crate::process;
use anyhow::{Context, Result, bail, ensure};
use std::path::Path;
use std::process::{Command, Stdio};

/// Pictures that the README shows, kept in `docs/pictures`.
const KEPT: [&str; 3] = ["backprop.svg", "boundary-compare.png", "features-patches.png"];

/// `--no-book` leaves mdBook out.
pub(crate) fn run(args: &[String]) -> Result<u8> {
    let book = match args {
        [] => true,
        [flag] if flag == "--no-book" => false,
        _ => bail!("there is `--no-book` and nothing else"),
    };
    let program = process::program()?;
    let (root, scratch) = (process::root()?, process::target()?.join("guide"));
    let source = root.join("docs/guide/src");
    for made in [&scratch, &source.join("pictures"), &source.join("printed")] {
        if made.exists() {
            std::fs::remove_dir_all(made).with_context(|| format!("cannot empty {}", made.display()))?;
        }
        std::fs::create_dir_all(made).with_context(|| format!("cannot make {}", made.display()))?;
    }
    let mut count = 0;
    for chapter in chapters(&source)? {
        let text = read(&source.join(format!("{chapter}.md")))?;
        for (at, line) in commands(&text).enumerate() {
            let printed = command(&program, line, &scratch)?;
            write(&source.join(format!("printed/{chapter}-{}.txt", at + 1)), printed.trim_end().as_bytes())?;
        }
        for name in pictures(&text) {
            take(&scratch.join(name), &source.join("pictures").join(name))
                .with_context(|| format!("in {chapter}.md"))?;
            count += 1;
        }
    }
    for name in KEPT {
        take(&scratch.join(name), &root.join("docs/pictures").join(name))?;
    }
    eprintln!("{count} pictures are in docs/guide/src/pictures, the README's {} in docs/pictures", KEPT.len());
    if !book {
        return Ok(0);
    }
    if !process::works("mdbook", &["--version"]) {
        eprintln!("mdBook is not installed, the pages stay as they are: cargo install mdbook");
        return Ok(0);
    }
    process::status(Command::new("mdbook").arg("build").current_dir(root.join("docs/guide")))
}

/// The chapters' names in the order of `SUMMARY.md`.
fn chapters(source: &Path) -> Result<Vec<String>> {
    let summary = read(&source.join("SUMMARY.md"))?;
    let named = |line: &str| Some(line.split_once("](")?.1.split_once(".md)")?.0.to_string());
    Ok(summary.lines().filter_map(named).collect())
}

/// Lines that begin with `lenslet` in blocks of shell.
fn commands(text: &str) -> impl Iterator<Item = &str> {
    let mut inside = false;
    text.lines().filter(move |line| {
        if line.starts_with("```") {
            inside = *line == "```sh";
        }
        inside && line.starts_with("lenslet ")
    })
}

/// What the chapter shows of `pictures/`.
fn pictures(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| line.strip_prefix("![")?.split_once("](pictures/")?.1.strip_suffix(')'))
}

/// Runs one line; what it printed. The guide's commands need no quotes.
fn command(program: &Path, line: &str, scratch: &Path) -> Result<String> {
    eprintln!("$ {line}");
    ensure!(!line.contains(['"', '\'', '|', '>', '$']), "`{line}`: the guide's commands are plain words");
    let words = line.split_whitespace().skip(1);
    let run = Command::new(program).args(words).current_dir(scratch).stdin(Stdio::null()).output();
    let output = run.with_context(|| format!("cannot start {}", program.display()))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "`{line}` ended with {}:\n{said}", output.status);
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn take(from: &Path, to: &Path) -> Result<()> {
    let folder = to.parent().context("a picture lies in a folder")?;
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    std::fs::copy(from, to).with_context(|| format!("no command of the guide made {}", from.display()))?;
    Ok(())
}

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    std::fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}
