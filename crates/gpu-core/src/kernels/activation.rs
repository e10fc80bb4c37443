//! Functions of one number as kernels know them: a code for `lib/activate.wgsl` and up to two parameters.

/// A function of one number. The codes are those of `lib/activate.wgsl`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Activation {
    /// Which function.
    pub code: u32,
    /// Its first parameter.
    pub alpha: f32,
    /// Its second parameter.
    pub beta: f32,
}

macro_rules! without_parameters {
    ($($(#[$doc:meta])* $name:ident = $code:literal;)*) => {
        $($(#[$doc])* pub const $name: Self = Self { code: $code, alpha: 0.0, beta: 0.0 };)*
    };
}

macro_rules! with_parameters {
    ($($(#[$doc:meta])* $name:ident = $code:literal;)*) => {
        $($(#[$doc])* pub fn $name(alpha: f32, beta: f32) -> Self { Self { code: $code, alpha, beta } })*
    };
}

#[allow(missing_docs)] // named as in PyTorch and ONNX; formulas are the reference's
impl Activation {
    without_parameters! {
        /// y = x.
        NONE = 0; RELU = 1; SIGMOID = 3; TANH = 4;
        GELU = 7; GELU_TANH = 8; SILU = 9; HARD_SWISH = 11; SOFTPLUS = 12; SOFTSIGN = 13; MISH = 14;
        ABS = 17; NEG = 18; SQRT = 19; EXP = 20; LOG = 21; RECIPROCAL = 22; SIN = 23; COS = 24;
        FLOOR = 25; CEIL = 26; ROUND = 27; ERF = 28; SIGN = 29; SQUARE = 30; NOT = 31;
    }

    with_parameters! {
        /// beta * x where x > 0, else beta * alpha * (exp(x) - 1): ELU with beta = 1, SELU with its own two.
        elu = 5;
        /// alpha * x + beta between 0 and 1.
        hard_sigmoid = 10;
        /// x between alpha and beta.
        clip = 15;
    }

    /// x between 0 and 6.
    pub const RELU6: Self = Self { code: 16, alpha: 0.0, beta: 6.0 };

    /// x where x > 0, else slope * x.
    pub fn leaky_relu(slope: f32) -> Self {
        Self { code: 2, alpha: slope, beta: 0.0 }
    }

    /// x where x > 0, else alpha * (exp(x / alpha) - 1).
    pub fn celu(alpha: f32) -> Self {
        Self { code: 6, alpha, beta: 0.0 }
    }
}
