//! The README's example is the library's doc test, word for word: so it compiles and runs, though the README lies outside
//! of every package.

/// Lines between three backticks with `language` and the next three, without what rustdoc hides.
fn example(text: &str, language: &str) -> Vec<String> {
    let from = text.find(&format!("```{language}\n")).expect("there is an example");
    let lines = text[from..].lines().skip(1).take_while(|line| line.trim() != "```");
    lines.filter(|line| !line.starts_with("# ")).map(str::to_string).collect()
}

#[test]
fn the_example_is_a_doc_test() {
    let read = |path: &str| {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    let docs = read("crates/lenslet/src/lib.rs");
    let docs: Vec<&str> = docs.lines().map(|line| line.trim_start_matches("//!")).collect();
    let docs = docs.iter().map(|line| line.strip_prefix(' ').unwrap_or(line)).collect::<Vec<_>>().join("\n");
    let (readme, docs) = (example(&read("README.md"), "rust"), example(&docs, ""));
    assert!((10..=15).contains(&readme.len()), "{} lines", readme.len());
    assert_eq!(readme, docs);
}
