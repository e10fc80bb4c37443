//! The house: rules that no compiler checks and that drift when nobody looks.
//!
//! Dependencies (`cargo metadata`), then the text of every file. Each search is first shown a line
//! that it must find, so that a check which finds nothing is not one that cannot.
//! The words searched for are written in two halves here, or this file would be found itself.

use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Arrows point downward only: what each package may name of ours. A new package is a new row.
const BELOW: &[(&str, &[&str])] = &[
    ("lenslet-cli", &["lenslet"]),
    ("lenslet-web", &["lenslet"]),
    ("lenslet", &["lenslet-onnx", "lenslet-datasets", "lenslet-cases", "lenslet-graph"]),
    ("lenslet-cases", &["lenslet-graph", "lenslet-cpu-reference"]),
    ("lenslet-onnx", &["lenslet-graph"]),
    ("lenslet-graph", &["lenslet-gpu-core", "lenslet-cpu-reference"]),
    ("lenslet-gpu-core", &["lenslet-shaders"]),
    ("lenslet-datasets", &[]),
    ("lenslet-cpu-reference", &[]),
    ("lenslet-shaders", &[]),
    ("xtask", &[]),
];

/// These two see everything, and nothing sees them.
const READERS: [&str; 2] = ["lenslet-tests", "lenslet-benches"];

const RUST_LINES: usize = 400;
const WGSL_LINES: usize = 200;

#[test]
fn dependencies_point_downward() {
    let packages = packages();
    let ours = |name: &str| packages.iter().any(|package| package.name == name);
    let mut wrong = Vec::new();
    for package in packages.iter().filter(|package| !READERS.contains(&package.name.as_str())) {
        let Some((_, below)) = BELOW.iter().find(|(name, _)| *name == package.name) else {
            wrong.push(format!("{} has no row in BELOW", package.name));
            continue;
        };
        for (name, kind) in package.needs.iter().filter(|(name, kind)| ours(name) && kind != "dev") {
            if !below.contains(&name.as_str()) {
                wrong.push(format!("{} → {name} ({kind}); it may name {below:?}", package.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn nothing_depends_on_tests_or_benches() {
    for package in packages() {
        for (name, kind) in &package.needs {
            assert!(!READERS.contains(&name.as_str()), "{} → {name} ({kind})", package.name);
        }
    }
}

#[test]
fn the_reference_depends_on_ndarray_only() {
    let packages = packages();
    let reference = packages.iter().find(|package| package.name == "lenslet-cpu-reference").expect("in the workspace");
    let normal = reference.needs.iter().filter(|(_, kind)| kind != "dev").map(|(name, _)| name.as_str());
    assert_eq!(normal.collect::<Vec<_>>(), ["ndarray"]);
}

#[test]
fn wgpu_is_named_in_gpu_core_only() {
    for package in packages().iter().filter(|package| package.name != "lenslet-gpu-core") {
        for (name, kind) in &package.needs {
            assert!(name != "wgpu" && !name.starts_with("wgpu-"), "{} → {name} ({kind})", package.name);
        }
    }
    // A re-export would let others name it without depending on it.
    let named = concat!("wg", "pu::");
    let named = |line: &str| !line.trim_start().starts_with("//") && line.contains(named);
    assert!(named(concat!("fn limits() -> gpu_core::wg", "pu::Limits")));
    none_in(files().iter().filter(|file| file.is("rs") && !file.path.starts_with("crates/gpu-core/")), named);
}

#[test]
fn files_have_one_job() {
    let files = files();
    assert!(files.iter().filter(|file| file.is("rs")).count() > 10, "the tree was not walked");
    let mut long = Vec::new();
    for file in &files {
        let limit = match () {
            () if file.is("rs") && !file.is_generated() => RUST_LINES,
            () if file.is("wgsl") => WGSL_LINES,
            () => continue,
        };
        let lines = file.text.lines().count();
        if lines > limit {
            long.push(format!("{}: {lines} lines, at most {limit}: has a second job moved in?", file.path));
        }
    }
    assert!(long.is_empty(), "{}", long.join("\n"));
}

#[test]
fn every_rust_file_says_what_is_here() {
    let files = files();
    let silent = files.iter().filter(|file| file.is("rs") && !file.is_generated() && !file.text.starts_with("//!"));
    let silent: Vec<_> = silent.map(|file| file.path.as_str()).collect();
    assert!(silent.is_empty(), "these do not open with `//!`: {silent:?}");
}

#[test]
fn nothing_is_left_undone() {
    let undone = [concat!("to", "do!("), concat!("unimple", "mented!("), concat!("#[", "ignore")];
    let undone = |line: &str| undone.iter().any(|word| line.contains(word));
    assert!(undone(concat!("    #[", "ignore = \"slow\"]")));
    none_in(files().iter().filter(|file| file.is("rs")), undone);
}

#[test]
fn no_path_of_one_machine() {
    assert!(names_a_machine(concat!("read(\"/ho", "me/ann/data\")")));
    assert!(names_a_machine(concat!("C:\\Us", "ers\\ann")));
    assert!(!names_a_machine("https://example.org/home/ann and ../work/x and /usr/share/vulkan"));
    none_in(files().iter(), names_a_machine);
}

/// A folder that only one person, container or day has, at the start of a path.
fn names_a_machine(line: &str) -> bool {
    let folders = ["ho", "ro", "Us", "t", "wo", "works", "mn"].iter();
    let rests = ["me/", "ot/", "ers/", "mp/", "rk/", "pace/", "t/"];
    let unix = folders.zip(rests).map(|(first, rest)| format!("/{first}{rest}")).any(|folder| {
        line.match_indices(&folder).any(|(at, _)| {
            // After a letter or a dot it is the middle of a path or of an address.
            let before = line[..at].chars().next_back().unwrap_or(' ');
            !before.is_alphanumeric() && !"._-~})/$".contains(before)
        })
    });
    unix || line.contains(concat!(":\\Us", "ers\\"))
}

/// Fails with every place at which `wrong` holds.
fn none_in<'a>(files: impl Iterator<Item = &'a File>, wrong: impl Fn(&str) -> bool) {
    let mut found = Vec::new();
    for file in files {
        let lines = file.text.lines().enumerate().filter(|(_, line)| wrong(line));
        found.extend(lines.map(|(at, line)| format!("{}:{}: {}", file.path, at + 1, line.trim())));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// A package of the workspace and what it names in its manifest: (package, `normal`, `build` or `dev`).
struct Package {
    name: String,
    needs: Vec<(String, String)>,
}

fn packages() -> Vec<Package> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let metadata = ["metadata", "--format-version", "1", "--no-deps", "--offline"];
    let out = Command::new(cargo).args(metadata).current_dir(root()).output().expect("cargo runs");
    assert!(out.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&out.stderr));

    let metadata: Value = serde_json::from_slice(&out.stdout).expect("cargo writes JSON");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let need = |need: &Value| (text(&need["name"]), need["kind"].as_str().unwrap_or("normal").to_owned());
    let packages = list(&metadata["packages"]);
    assert!(packages.len() > 10, "the workspace has more packages than {}", packages.len());
    let package = |package: &Value| Package {
        name: text(&package["name"]),
        needs: list(&package["dependencies"]).iter().map(need).collect(),
    };
    packages.iter().map(package).collect()
}

/// A text file of the tree; the path is relative to the root, with `/`.
struct File {
    path: String,
    text: String,
}

impl File {
    fn is(&self, extension: &str) -> bool {
        Path::new(&self.path).extension().is_some_and(|found| found == extension)
    }

    /// Written by a program, as its first lines say.
    fn is_generated(&self) -> bool {
        self.text.lines().take(3).any(|line| line.contains("@generated"))
    }
}

/// Every file in UTF-8 below the root, save for what builds and runs leave there (`.gitignore`).
fn files() -> Vec<File> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder of the tree").flatten() {
            let (path, kind) = (entry.path(), entry.file_type().expect("a file of the tree"));
            let relative = path.strip_prefix(root()).expect("below the root").to_string_lossy().replace('\\', "/");
            if ["target", "runs", ".git", "fuzz/target", "fuzz/corpus", "fuzz/artifacts"].contains(&relative.as_str()) {
                continue; // `.git` is a file where the tree is a worktree
            }
            if kind.is_dir() {
                folders.push(path);
            } else if kind.is_file()
                && let Ok(text) = std::fs::read_to_string(&path)
            {
                found.insert(relative, text);
            }
        }
    }
    found.into_iter().map(|(path, text)| File { path, text }).collect()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests lie in the workspace").to_path_buf()
}
