//! Writes the composed text line by line, keeping the origin of each, and repeats what loops repeat.

use std::borrow::Cow;

use crate::{
    Composed, Error, Knob, Knobs,
    bound::{Consts, evaluate},
    source::{Line, Loop, Node},
};

/// More lines than any compiler would take in sensible time: an unrolling that got out of hand.
const MOST_LINES: usize = 50_000;

pub(crate) struct Writer<'a> {
    pub(crate) knobs: &'a Knobs,
    pub(crate) consts: Consts,
    out: Composed,
    /// The loops around the line being written, outermost first, and their rounds.
    indices: Vec<(&'static str, i64)>,
}

impl<'a> Writer<'a> {
    pub(crate) fn new(knobs: &'a Knobs, consts: Consts, files: Vec<String>) -> Self {
        let out = Composed { text: String::new(), files, lines: Vec::new() };
        Writer { knobs, consts, out, indices: Vec::new() }
    }

    pub(crate) fn finish(self) -> Composed {
        self.out
    }

    /// Everything, extensions first: WGSL wants them above all declarations.
    pub(crate) fn file(&mut self, nodes: &[Node]) -> Result<(), Error> {
        let mut enabled: Vec<&str> = Vec::new();
        for node in nodes {
            match node {
                Node::Line(line) if is_extension(line.code) && !enabled.contains(&line.code) => {
                    enabled.push(line.code);
                    self.push(*line, line.code);
                }
                Node::Set { line, name, .. } => {
                    let f16 = matches!(self.knobs.get(name), Some(Knob::Type(wgsl)) if wgsl.contains("f16"));
                    if f16 && !enabled.contains(&"enable f16;") {
                        enabled.push("enable f16;");
                        self.push(*line, "enable f16;");
                    }
                }
                _ => {}
            }
        }
        self.nodes(nodes)
    }

    fn nodes(&mut self, nodes: &[Node]) -> Result<(), Error> {
        for node in nodes {
            match node {
                Node::Line(line) if is_extension(line.code) => {}
                Node::Line(line) => self.push(*line, &substitute(line.code, &self.indices)),
                Node::Set { line, name, .. } => match (self.knobs.get(name), line.code.split_once('=')) {
                    (Some(value), Some((left, _))) => self.push(*line, &format!("{left}= {value};")),
                    _ => self.push(*line, line.code),
                },
                Node::Loop(unrolled) => self.repeat(unrolled)?,
                Node::Use { .. } => unreachable!("includes are replaced by their files before anything is written"),
            }
        }
        Ok(())
    }

    fn repeat(&mut self, unrolled: &Loop) -> Result<(), Error> {
        let error = |files: &[String], bound: &str, why: String| {
            let at = format!("{}:{}", files[unrolled.line.file], unrolled.line.number);
            Error::Bound { at, bound: bound.into(), why }
        };
        let value =
            |bound| evaluate(bound, &self.consts, &self.indices).map_err(|why| error(&self.out.files, bound, why));
        let (start, end) = (value(unrolled.start)?, value(unrolled.end)?);
        if start < 0 || end < start {
            let both = format!("{}..{}", unrolled.start, unrolled.end);
            return Err(error(&self.out.files, &both, format!("runs from {start} to {end}")));
        }
        for round in start..end {
            if self.out.lines.len() > MOST_LINES {
                let why = format!("{end} makes the text longer than {MOST_LINES} lines");
                return Err(error(&self.out.files, unrolled.end, why));
            }
            self.indices.push((unrolled.index, round));
            self.nodes(&unrolled.body)?;
            self.indices.pop();
        }
        Ok(())
    }

    fn push(&mut self, line: Line, code: &str) {
        let blank = code.is_empty();
        if blank && (!self.indices.is_empty() || self.out.text.is_empty() || self.out.text.ends_with("\n\n")) {
            return;
        }
        self.out.text.push_str(code);
        self.out.text.push('\n');
        self.out.lines.push((line.file, line.number));
    }
}

/// Whether a line must stand above all declarations.
pub(crate) fn is_extension(code: &str) -> bool {
    ["enable ", "requires ", "diagnostic("].iter().any(|word| code.starts_with(word))
}

/// `code` with the indices in it replaced.
fn substitute<'a>(code: &'a str, indices: &[(&'static str, i64)]) -> Cow<'a, str> {
    if indices.is_empty() {
        return code.into();
    }
    let index = |word: &str| indices.iter().rev().find(|(name, _)| *name == word).map(|(_, round)| round);
    let mut out = String::with_capacity(code.len() + 8);
    let mut rest = code;
    while let Some(first) = rest.chars().next() {
        // A number is one token with its suffix: the `i` of `1i` is no index.
        let is_word = first.is_ascii_alphanumeric() || first == '_';
        let end = rest.find(|c: char| (c.is_ascii_alphanumeric() || c == '_') != is_word).unwrap_or(rest.len());
        let (token, after) = rest.split_at(end);
        rest = after;
        if !is_word || first.is_ascii_digit() {
            out.push_str(token);
        } else if let Some(round) = index(token).filter(|_| !out.ends_with('.')) {
            out.push_str(&format!("{round}u"));
        } else {
            for (place, segment) in token.split('_').enumerate() {
                match index(segment).filter(|_| place > 0) {
                    Some(round) => out.push_str(&format!("_{round}")),
                    None if place > 0 => out.extend(["_", segment]),
                    None => out.push_str(segment),
                }
            }
        }
    }
    out.into()
}
