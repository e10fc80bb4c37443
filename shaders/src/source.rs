//! Reads one file: its lines without comments, and the directives in them.
//!
//! Lines are what the composer works with, so that every composed line has one line of one file as its origin.

use std::collections::BTreeSet;

use crate::Error;

const SET: &str = "//@set goes after `const NAME: u32|i32|f32|bool = …;` or `alias NAME = …;` at the start of a line";
const PLACES: &str = "on a line of its own: //@use, //@for, //@end; after a declaration: //@set";

/// A line of code: no comment, no space at the end, and where it stands.
#[derive(Clone, Copy)]
pub(crate) struct Line {
    pub(crate) file: usize,
    pub(crate) number: u32,
    pub(crate) code: &'static str,
}

pub(crate) enum Node {
    Line(Line),
    /// `const NAME: T = default; //@set` or `alias NAME = T; //@set`.
    Set {
        line: Line,
        name: &'static str,
        /// The declared type; `type` for an alias.
        kind: &'static str,
    },
    /// `//@use name`.
    Use {
        line: Line,
        name: &'static str,
    },
    Loop(Loop),
}

/// `//@for index in start..end` to its `//@end`.
pub(crate) struct Loop {
    pub(crate) line: Line,
    pub(crate) index: &'static str,
    pub(crate) start: &'static str,
    pub(crate) end: &'static str,
    pub(crate) body: Vec<Node>,
}

/// The lines of `text`, which errors call `path`.
pub(crate) fn read(file: usize, path: &str, text: &'static str) -> Result<Vec<Node>, Error> {
    let indices: BTreeSet<&str> =
        text.lines().filter_map(|line| line.trim_start().strip_prefix("//@for")?.split_whitespace().next()).collect();
    let mut open: Vec<Loop> = Vec::new();
    let mut outer = Vec::new();
    for (number, text) in (1..).zip(text.lines()) {
        let error = |why: String| Error::Directive { at: format!("{path}:{number}"), why };
        let (code, comment) = text.split_at(text.find("//").unwrap_or(text.len()));
        let line = Line { file, number, code: code.trim_end() };
        if code.contains("/*") {
            return Err(error("block comments are not understood here; write `//`".into()));
        }
        let node = match comment.strip_prefix("//@") {
            None if is_index(line.code, &indices) => continue,
            None => Node::Line(line),
            Some(directive) => {
                let directive = directive.split("//").next().unwrap_or_default();
                let (word, rest) = directive.split_once(char::is_whitespace).unwrap_or((directive, ""));
                let alone = line.code.is_empty();
                match (word, alone) {
                    ("set", false) => {
                        let (name, kind) = declaration(line.code).ok_or_else(|| error(SET.into()))?;
                        Node::Set { line, name, kind }
                    }
                    ("use", true) => Node::Use { line, name: rest.trim() },
                    ("for", true) => {
                        let (index, start, end) =
                            range(rest).ok_or_else(|| error("write //@for <index> in <start>..<end>".into()))?;
                        open.push(Loop { line, index, start, end, body: Vec::new() });
                        continue;
                    }
                    ("end", true) => {
                        Node::Loop(open.pop().ok_or_else(|| error("//@end without a //@for above it".into()))?)
                    }
                    _ => {
                        return Err(error(format!("no directive //@{word} here; {PLACES}")));
                    }
                }
            }
        };
        match (open.last_mut(), node) {
            (Some(_), Node::Set { .. } | Node::Use { .. }) => {
                return Err(error("this directive cannot stand inside //@for".into()));
            }
            (Some(inner), node) => inner.body.push(node),
            (None, node) => outer.push(node),
        }
    }
    match open.pop() {
        Some(unclosed) => Err(Error::Directive {
            at: format!("{path}:{}", unclosed.line.number),
            why: format!("//@for {} has no //@end", unclosed.index),
        }),
        None => Ok(outer),
    }
}

/// Whether a line is `const i = 0u;` for an index of the file: needed by the file as written only.
fn is_index(code: &str, indices: &BTreeSet<&str>) -> bool {
    let value = |code: &str| {
        let (name, value) = code.trim_start().strip_prefix("const ")?.strip_suffix(';')?.split_once('=')?;
        let name = name.split(':').next()?.trim();
        indices.contains(name).then(|| value.trim().trim_end_matches('u').parse::<u32>().is_ok())
    };
    value(code) == Some(true)
}

/// Name and type of a declaration that a knob can replace.
fn declaration(code: &'static str) -> Option<(&'static str, &'static str)> {
    let (left, _) = code.strip_suffix(';')?.split_once('=')?;
    if let Some(name) = left.strip_prefix("alias ") {
        return Some((name.trim(), "type"));
    }
    let (name, kind) = left.strip_prefix("const ")?.split_once(':')?;
    Some((name.trim(), kind.trim())).filter(|(_, kind)| ["u32", "i32", "f32", "bool"].contains(kind))
}

/// `i in 0..ROWS` as index, start and end.
fn range(text: &'static str) -> Option<(&'static str, &'static str, &'static str)> {
    let (index, bounds) = text.trim().split_once(" in ")?;
    let (start, end) = bounds.split_once("..")?;
    let index = index.trim();
    let word = index.starts_with(|c: char| c.is_ascii_alphabetic()) && index.chars().all(|c| c.is_ascii_alphanumeric());
    word.then(|| (index, start.trim(), end.trim()))
}
