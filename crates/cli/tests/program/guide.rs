//! The guide says what the program does: every command that its chapters show is understood, every lesson is in it, and
//! what a chapter shows of a command lies where that command leaves it. `cargo xtask guide` runs the commands.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guide/src")
}

/// Name and text of each chapter, in the order of the summary.
fn chapters() -> Vec<(String, String)> {
    let read = |name: &str| std::fs::read_to_string(source().join(name)).unwrap_or_else(|e| panic!("{name}: {e}"));
    let summary = read("SUMMARY.md");
    let names = summary.lines().filter_map(|line| Some(line.split_once("](")?.1.strip_suffix(')')?.to_owned()));
    names.map(|name| (name.clone(), read(&name))).collect()
}

fn commands(text: &str) -> Vec<&str> {
    let mut inside = false;
    let mut found = Vec::new();
    for line in text.lines() {
        if line.starts_with("```") {
            inside = line == "```sh";
        } else if inside {
            found.push(line);
        }
    }
    found
}

#[test]
fn every_command_is_understood_and_every_lesson_is_there() {
    let mut lessons = BTreeSet::new();
    for (name, text) in chapters() {
        for line in commands(&text) {
            let words: Vec<&str> = line.split_whitespace().collect();
            assert_eq!(words[0], "lenslet", "{name}: {line}");
            if words[1] == "learn" {
                lessons.insert(words[2].to_owned());
            }
            // All words in front of --help are read, so that a flag which is not there is an error.
            let mut command = crate::lenslet();
            command.args(&words[1..]).args(if words[1] == "--version" { None } else { Some("--help") });
            let output = command.output().expect("the program starts");
            assert!(output.status.success(), "{name}: {line}: {}", String::from_utf8_lossy(&output.stderr));
        }
    }
    let help = crate::lenslet().args(["learn", "--help"]).output().expect("the program starts");
    let help = String::from_utf8(help.stdout).expect("text");
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    for lesson in listed.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help") {
        assert!(lessons.contains(lesson), "the guide has no `lenslet learn {lesson}`");
    }
}

#[test]
fn what_is_shown_of_commands_lies_where_they_leave_it() {
    for (name, text) in chapters() {
        let commands = commands(&text);
        let folders: Vec<&str> = commands.iter().filter_map(|line| Some(line.split_once("--out ")?.1.trim())).collect();
        let stem = name.trim_end_matches(".md");
        for line in text.lines() {
            if let Some((_, printed)) = line.split_once("{{#include printed/") {
                let number = printed.trim_end_matches("}}").strip_prefix(stem).and_then(|end| end.strip_prefix('-'));
                let number = number.and_then(|end| end.strip_suffix(".txt")?.parse::<usize>().ok());
                assert!(number.is_some_and(|n| (1..=commands.len()).contains(&n)), "{name}: {line}");
            }
            let Some((_, picture)) = line.split_once("](pictures/") else { continue };
            let folder = picture.rsplit_once('/').map_or("", |(folder, _)| folder);
            assert!(folder.is_empty() || folders.contains(&folder), "{name}: no command has --out {folder}");
        }
    }
}

#[test]
fn the_readmes_pictures_are_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let readme = std::fs::read_to_string(root.join("README.md")).expect("the README");
    let shown: Vec<&str> =
        readme.lines().filter_map(|line| line.strip_prefix("![")?.split_once("](")?.1.strip_suffix(')')).collect();
    assert_eq!(shown.len(), 3);
    for picture in shown {
        assert!(root.join(picture).is_file(), "{picture}");
    }
}
