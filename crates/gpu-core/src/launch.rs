//! A launch: one dispatch of one shader, as plain data. A candidate: launches that together do an op's work.
//!
//! Kernel families (`kernels/`) make candidates from a problem and [`Caps`](crate::Caps). The plan (`graph`)
//! chooses among them and turns their symbolic [`Arg`]s into regions of buffers.

use shaders::{Knob, Knobs, Shader};

/// What a binding of a launch stands for, before the plan gives it a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Arg {
    /// The op's i-th input.
    Input(usize),
    /// The op's i-th output.
    Output(usize),
    /// The candidate's i-th scratch buffer.
    Scratch(usize),
    /// The candidate's i-th table.
    Table(usize),
}

/// One member of a kernel's `Params`, four bytes of a WGSL scalar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Word {
    /// `u32`
    U32(u32),
    /// `i32`
    I32(i32),
    /// `f32`
    F32(f32),
}

impl Word {
    /// The bits that go into the uniform buffer.
    pub fn bits(self) -> u32 {
        match self {
            Word::U32(v) => v,
            Word::I32(v) => v as u32,
            Word::F32(v) => v.to_bits(),
        }
    }

    /// The WGSL name of its type.
    pub fn wgsl(self) -> &'static str {
        match self {
            Word::U32(_) => "u32",
            Word::I32(_) => "i32",
            Word::F32(_) => "f32",
        }
    }
}

impl From<u32> for Word {
    fn from(v: u32) -> Self {
        Word::U32(v)
    }
}
impl From<i32> for Word {
    fn from(v: i32) -> Self {
        Word::I32(v)
    }
}
impl From<f32> for Word {
    fn from(v: f32) -> Self {
        Word::F32(v)
    }
}
impl From<usize> for Word {
    fn from(v: usize) -> Self {
        Word::U32(v as u32)
    }
}
impl From<bool> for Word {
    fn from(v: bool) -> Self {
        Word::U32(v as u32)
    }
}

/// One dispatch: shader, knobs, params, bindings and grid.
#[derive(Clone, Debug, PartialEq)]
pub struct Launch {
    /// The WGSL file.
    pub shader: &'static Shader,
    /// Constants set in its text.
    pub knobs: Knobs,
    /// Members of its `Params`, by name, in order. Checked against the shader by reflection.
    pub params: Vec<(&'static str, Word)>,
    /// Storage bindings in order; `Params` follows as the last binding.
    pub args: Vec<Arg>,
    /// Workgroups along x, y, z.
    pub grid: [u32; 3],
}

impl Launch {
    /// A launch of `grid` workgroups, with no knobs, params or bindings yet.
    pub fn new(shader: &'static Shader, grid: [u32; 3]) -> Self {
        Self { shader, knobs: Knobs::default(), params: Vec::new(), args: Vec::new(), grid }
    }

    /// A launch of at least `count` invocations in workgroups of `size`, folded over x and y where one axis is too
    /// short. The shader finds its index with `flat_id` and sets its workgroup size by the knob `WORKGROUP`.
    pub fn flat(shader: &'static Shader, count: usize, size: u32) -> Self {
        let groups = count.div_ceil(size as usize).max(1);
        let rows = groups.div_ceil(65_535);
        let columns = groups.div_ceil(rows);
        Self::new(shader, [columns as u32, rows as u32, 1]).set("WORKGROUP", size)
    }

    /// Sets a knob.
    pub fn set(mut self, name: &'static str, value: impl Into<Knob>) -> Self {
        self.knobs = self.knobs.set(name, value);
        self
    }

    /// Includes `to` where the shader says `//@use from`.
    pub fn redirect(mut self, from: &'static str, to: &'static str) -> Self {
        self.knobs = self.knobs.redirect(from, to);
        self
    }

    /// Binds storage buffers, in the shader's order.
    pub fn bind(mut self, args: &[Arg]) -> Self {
        self.args = args.to_vec();
        self
    }

    /// Gives the members of `Params`, in the shader's order; see [`params!`](crate::params).
    pub fn params(mut self, params: Vec<(&'static str, Word)>) -> Self {
        self.params = params;
        self
    }
}

/// The members of a kernel's `Params` by name: `params! { n, h: shape.h, scale: 0.5f32 }`.
#[macro_export]
macro_rules! params {
    (@one $name:ident) => { (stringify!($name), $crate::Word::from($name)) };
    (@one $name:ident $value:expr) => { (stringify!($name), $crate::Word::from($value)) };
    ($($name:ident $(: $value:expr)?),* $(,)?) => { vec![$($crate::params!(@one $name $($value)?)),*] };
}

/// Launches that together compute an op's outputs from its inputs; one of several ways to do so.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Candidate {
    /// Names the algorithm in `explain`, `doctor` and the tuning cache: usually the first shader's name and its
    /// distinguishing knobs, such as `conv_direct/16x4`.
    pub name: String,
    /// Run in this order.
    pub launches: Vec<Launch>,
    /// Bytes of each scratch buffer.
    pub scratch: Vec<u64>,
    /// Fixed words that the launches read: offsets, extents, anything too long for `Params`.
    pub tables: Vec<Vec<u32>>,
}

impl Candidate {
    /// A candidate of one launch, named after its shader.
    pub fn one(launch: Launch) -> Self {
        Self { name: launch.shader.name.to_string(), launches: vec![launch], scratch: Vec::new(), tables: Vec::new() }
    }

    /// The same under another name.
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }
}
