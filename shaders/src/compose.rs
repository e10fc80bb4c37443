//! Puts files together: includes, knobs, redirects, unrolled loops.
//!
//! WGSL's `override` cannot size arrays or unroll, and some drivers do neither, so kernels are specialised as text.
//! Four powers and no conditionals: WGSL's own `if` on a constant does that.

use std::collections::BTreeSet;

use crate::{
    Composed, Error, Knob, Knobs, LIB, Shader,
    bound::Consts,
    source::{Line, Node, read},
    write::Writer,
};

/// Specialises `shader`.
///
/// - `//@use index` becomes the text of `lib/index.wgsl`, once, with what that uses. [`Knobs::redirect`] puts another
///   file in its place.
/// - `const ROWS: u32 = 4u; //@set` and `alias Stored = f32; //@set` take the value of the knob of that name, in
///   included files too. A type that says f16 brings `enable f16;` with it.
/// - The lines from `//@for i in 0..ROWS` to `//@end` are repeated. The token `i` becomes `0u`, `1u`, … and in names
///   each whole segment `_i` becomes `_0`, `_1`, …: `sum_i`, `sum_i_j`, `tile_i_x`. A member `.i` stays; so does
///   everything outside the loop. Bounds are `+ - * / %`, `min` and `max` over integers, constants at module scope (as set) and the
///   indices of loops around. What is repeated are lines, so a list or a sum may grow by one line a round:
///   `let v = vec4<f32>(`, then the loop over `a_i,`, then `);`.
/// - For the file as written to be valid it says `const i = 0u;` somewhere above. Such a line, naming an
///   index and a literal, is left out of the composed text. A name outside loops cannot say `sum_0`, which the file
///   as written lacks; a loop `0..1` around `sum_i` can.
///
/// Comments go, and blank lines in a row become one. `enable` and `requires` move to the top.
/// (Subgroup functions go without `enable subgroups;`: naga 30 does not know that line, though a browser wants it.)
///
/// ```
/// use shaders::{Knobs, MAX_POOL, compose};
/// let composed = compose(&MAX_POOL, &Knobs::default().set("WORKGROUP", 256))?;
/// assert!(composed.text.contains("const WORKGROUP: u32 = 256u;"));
/// # Ok::<(), shaders::Error>(())
/// ```
///
/// # Errors
/// An include, knob, type, bound or directive that is not understood, with its file and line.
pub fn compose(shader: &Shader, knobs: &Knobs) -> Result<Composed, Error> {
    compose_with(shader, knobs, LIB)
}

/// [`compose`] with other includes than [`LIB`]: a test swaps in one that is broken on purpose.
///
/// # Errors
/// As [`compose`].
pub fn compose_with(shader: &Shader, knobs: &Knobs, lib: &[&Shader]) -> Result<Composed, Error> {
    let mut parts =
        Parts { knobs, lib, files: Vec::new(), used: BTreeSet::new(), asked: BTreeSet::new(), nodes: Vec::new() };
    parts.add(format!("{}.wgsl", shader.name), shader.text)?;
    parts.check_redirects()?;
    let consts = parts.set()?;
    let mut writer = Writer::new(knobs, consts, parts.files);
    writer.file(&parts.nodes)?;
    Ok(writer.finish())
}

/// The files of a composition, read and strung together.
struct Parts<'a> {
    knobs: &'a Knobs,
    lib: &'a [&'a Shader],
    files: Vec<String>,
    /// Includes already in, after redirection.
    used: BTreeSet<&'static str>,
    /// Includes as the files name them.
    asked: BTreeSet<&'static str>,
    nodes: Vec<Node>,
}

impl Parts<'_> {
    fn add(&mut self, path: String, text: &'static str) -> Result<(), Error> {
        let nodes = read(self.files.len(), &path, text)?;
        self.files.push(path);
        for node in nodes {
            match node {
                Node::Use { line, name } => self.include(line, name)?,
                node => self.nodes.push(node),
            }
        }
        Ok(())
    }

    fn include(&mut self, line: Line, name: &'static str) -> Result<(), Error> {
        self.asked.insert(name);
        let name = self.knobs.resolve(name);
        let file = self.lib.iter().find(|file| file.name == name).ok_or_else(|| Error::Include {
            at: format!("{}:{}", self.files[line.file], line.number),
            name: name.into(),
            known: list(self.lib.iter().map(|file| file.name)),
        })?;
        if self.used.insert(name) { self.add(format!("lib/{name}.wgsl"), file.text) } else { Ok(()) }
    }

    fn check_redirects(&self) -> Result<(), Error> {
        match self.knobs.redirects().find(|(from, _)| !self.asked.contains(from)) {
            Some((from, _)) => Err(Error::Include {
                at: self.files[0].clone(),
                name: from.into(),
                known: list(self.asked.iter().copied()),
            }),
            None => Ok(()),
        }
    }

    /// Checks the knobs against the declarations; the constants with their values.
    fn set(&self) -> Result<Consts, Error> {
        let mut consts = Consts::new();
        let mut declared = BTreeSet::new();
        for node in &self.nodes {
            match node {
                Node::Line(line) => {
                    if let Some((name, value)) = constant(line.code) {
                        consts.insert(name, value.into());
                    }
                }
                Node::Set { line, name, kind } => {
                    declared.insert(*name);
                    let value = self.knobs.get(name);
                    if let Some(value) = value {
                        check_kind(value, name, kind, || format!("{}:{}", self.files[line.file], line.number))?;
                    }
                    if let Some((name, default)) = constant(line.code) {
                        consts.insert(name, value.map_or(default.into(), |value| value.to_string().into()));
                    }
                }
                Node::Use { .. } | Node::Loop(_) => {}
            }
        }
        match self.knobs.iter().find(|(name, _)| !declared.contains(name)) {
            Some((name, _)) => {
                Err(Error::Knob { at: self.files[0].clone(), name: name.into(), known: list(declared.into_iter()) })
            }
            None => Ok(consts),
        }
    }
}

/// `const NAME: T = value;` at the start of a line, as name and value.
fn constant(code: &'static str) -> Option<(&'static str, &'static str)> {
    let (left, value) = code.strip_prefix("const ")?.strip_suffix(';')?.split_once('=')?;
    Some((left.split(':').next()?.trim(), value.trim()))
}

fn check_kind(value: Knob, name: &str, kind: &str, at: impl Fn() -> String) -> Result<(), Error> {
    let error = |got: String| Error::KnobType { at: at(), name: name.into(), wants: kind.into(), got };
    match value {
        _ if value.kind() != kind => Err(error(format!("{value} ({})", value.kind()))),
        Knob::F32(bits) if !f32::from_bits(bits).is_finite() => Err(error(format!("{value}, which WGSL cannot write"))),
        _ => Ok(()),
    }
}

fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    match names.collect::<Vec<_>>() {
        names if names.is_empty() => "none".into(),
        names => names.join(", "),
    }
}
