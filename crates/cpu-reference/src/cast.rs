//! Casts: what a number becomes under a narrower type, given back as f64. No gradient but that of f32, which is 1.

use crate::Tensor;

/// The type cast to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cast {
    /// Rounded to the nearest f32.
    F32,
    /// Towards zero, held within the range; NaN becomes 0. WGSL and Rust agree on that.
    I32,
    /// Towards zero, held within 0 to 255; NaN becomes 0.
    U8,
    /// 0 for 0, else 1, NaN too.
    Bool,
}

/// Every element of `x` cast.
pub fn cast(to: Cast, x: &Tensor) -> Tensor {
    x.mapv(|x| match to {
        Cast::F32 => f64::from(x as f32),
        Cast::I32 => f64::from(x as i32),
        Cast::U8 => f64::from(x as u8),
        Cast::Bool => f64::from(x != 0.0),
    })
}
