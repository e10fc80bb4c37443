//! What a composition can refuse, each with the file and line to look at.

/// Why a shader could not be composed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// `//@use` or a redirect names a file that is not there, or a redirect has nothing to redirect.
    #[error("{at}: no include `{name}`; there is {known}")]
    Include {
        /// `file:line`.
        at: String,
        /// The name asked for.
        name: String,
        /// The names that would do.
        known: String,
    },
    /// A knob is set that the shader and its includes do not declare.
    #[error("{at}: no knob `{name}` to set; declared with //@set: {known}")]
    Knob {
        /// The shader's file.
        at: String,
        /// The name asked for.
        name: String,
        /// The knobs there are.
        known: String,
    },
    /// A knob is set to a value of another type than it is declared with.
    #[error("{at}: knob `{name}` is {wants}, got {got}")]
    KnobType {
        /// `file:line` of the declaration.
        at: String,
        /// The knob.
        name: String,
        /// The declared type.
        wants: String,
        /// The value given.
        got: String,
    },
    /// A bound of `//@for` is not a number that the composer can work out.
    #[error("{at}: bound `{bound}` of //@for: {why}")]
    Bound {
        /// `file:line` of the loop.
        at: String,
        /// The bound as written.
        bound: String,
        /// What is wrong with it.
        why: String,
    },
    /// A directive is malformed, unclosed or out of place.
    #[error("{at}: {why}")]
    Directive {
        /// `file:line`.
        at: String,
        /// What is wrong and how to mend it.
        why: String,
    },
    /// naga refuses the text (feature `check`).
    #[error("{0}")]
    Wgsl(String),
}
