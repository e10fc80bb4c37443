//! The composer's result: text for a device's compiler, and where each of its lines comes from.

use std::fmt;

/// WGSL ready to compile. Displays as its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Composed {
    /// The WGSL: no comments, no directives.
    pub text: String,
    pub(crate) files: Vec<String>,
    /// For each line of the text, its file (place in `files`) and its line there.
    pub(crate) lines: Vec<(usize, u32)>,
}

impl Composed {
    /// The file and line (from 1) that line `line` (from 1) of the text was made from; past the end, the last.
    pub fn locate(&self, line: u32) -> (&str, u32) {
        let place = (line.max(1) as usize - 1).min(self.lines.len().saturating_sub(1));
        let (file, number) = self.lines.get(place).copied().unwrap_or((0, 1));
        (&self.files[file], number)
    }

    /// A message of naga or wgpu about the text, with each place `wgsl:12:5` followed by the file and line behind it.
    pub fn blame(&self, message: &str) -> String {
        let mut out = String::new();
        for line in message.lines() {
            out.push_str(line);
            // codespan-reporting, which naga prints with, puts `┌─ name:line:column` over every excerpt.
            let place = line.split_once("┌─ ").and_then(|(_, place)| {
                let mut parts = place.trim_end().rsplitn(3, ':').skip(1);
                parts.next()?.parse().ok()
            });
            if let Some(place) = place {
                let (file, number) = self.locate(place);
                out.push_str(&format!(" = {file}:{number}"));
            }
            out.push('\n');
        }
        out
    }
}

impl fmt::Display for Composed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
