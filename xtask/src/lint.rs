//! `cargo xtask lint`: formatting, clippy with warnings denied, licences and spelling.
//!
//! The last two run where their tools are installed and are named as skipped where not, so that a
//! machine with only a Rust toolchain can lint too. All steps run; the first failure is the status.

use crate::process;

pub(crate) fn run(args: &[String]) -> anyhow::Result<u8> {
    anyhow::ensure!(args.is_empty(), "lint takes no arguments, got {args:?}");
    let mut steps = vec![
        vec!["fmt", "--all", "--check"],
        vec!["clippy", "--workspace", "--all-targets", "--quiet", "--", "--deny", "warnings"],
    ];
    if process::works("cargo-deny", &["--version"]) {
        steps.push(vec!["deny", "--all-features", "check"]);
    } else {
        eprintln!("skipped: licences and bans (`cargo install cargo-deny` to have them)");
    }

    let mut first = 0;
    for step in steps {
        let status = process::status(process::cargo()?.args(step))?;
        first = if first == 0 { status } else { first };
    }
    if process::works("typos", &["--version"]) {
        let status = process::status(std::process::Command::new("typos").current_dir(process::root()?))?;
        first = if first == 0 { status } else { first };
    } else {
        eprintln!("skipped: spelling (`cargo install typos-cli` to have it)");
    }
    Ok(first)
}
