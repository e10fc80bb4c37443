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

impl Activation {
    /// y = x.
    pub const NONE: Self = Self { code: 0, alpha: 0.0, beta: 0.0 };
    /// max(x, 0)
    pub const RELU: Self = Self { code: 1, alpha: 0.0, beta: 0.0 };
    /// 1 / (1 + exp(-x))
    pub const SIGMOID: Self = Self { code: 3, alpha: 0.0, beta: 0.0 };
    /// Hyperbolic tangent.
    pub const TANH: Self = Self { code: 4, alpha: 0.0, beta: 0.0 };

    /// x where x > 0, else slope * x.
    pub fn leaky_relu(slope: f32) -> Self {
        Self { code: 2, alpha: slope, beta: 0.0 }
    }
}
