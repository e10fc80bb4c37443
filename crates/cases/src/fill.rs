//! What inputs hold: numbers by counter, so that no row depends on another and every run sees the same.

use graph::{DType, Shape, Tensor, Type};

/// What an input holds.
#[derive(Clone, Copy, Debug)]
pub enum Fill {
    /// Uniform in [-1, 1).
    Signed,
    /// Uniform in [0.5, 1.5): away from kinks and poles.
    Positive,
    /// Uniform in [0, 1): probabilities.
    Unit,
    /// One of 0, 1, 2: many ties.
    Ties,
    /// Uniform in [-30, 30): saturates.
    Wide,
    /// Some NaN and infinities of both signs among a few numbers.
    Extreme,
    /// Uniform in [-1e30, 1e30): exp of a difference is 0 or 1.
    Huge,
    /// Halves of whole numbers: ties of rounding.
    Halves,
    /// Uniform in ± this.
    Span(f32),
    /// Rows of a schedule: a learning rate about 0.1, 1 - β₁^t, 1 - β₂^t, nothing.
    Schedule([f32; 2]),
    /// This whole number.
    Number(i32),
    /// Class indices below this.
    Index(usize),
    /// Any byte.
    Byte,
}

/// Data for an input, by counter: no row depends on another.
pub fn filled(ty: &Type, fill: Fill, stream: u32) -> Tensor {
    let at = |i: usize| cpu_reference::uniform(7, stream, 0, i as u64);
    let count = ty.shape.count();
    let shape: Shape = ty.shape.clone();
    if ty.dtype == DType::Bool {
        return Tensor::bool(shape, (0..count).map(|i| (at(i) * 2.0) as u8).collect()).expect("counted");
    }
    if let Fill::Index(classes) = fill {
        let data = (0..count).map(|i| (at(i) * classes as f32) as i32).collect();
        return Tensor::i32(shape, data).expect("counted");
    }
    if let Fill::Number(number) = fill {
        return Tensor::i32(shape, vec![number; count]).expect("counted");
    }
    if let Fill::Byte = fill {
        return Tensor::u8(shape, (0..count).map(|i| (at(i) * 256.0) as u8).collect()).expect("counted");
    }
    let correction = |beta: f32, t: usize| (1.0 - f64::from(beta).powi(t as i32 + 1)) as f32;
    let data = (0..count).map(|i| match fill {
        Fill::Signed => 2.0 * at(i) - 1.0,
        Fill::Positive => at(i) + 0.5,
        Fill::Unit => at(i),
        Fill::Ties => (at(i) * 3.0).floor(),
        Fill::Halves => (at(i) * 16.0).floor() / 2.0 - 4.0,
        Fill::Span(bound) => bound * (2.0 * at(i) - 1.0),
        Fill::Wide => 60.0 * at(i) - 30.0,
        Fill::Extreme => match (at(i) * 8.0) as u32 {
            0 => f32::NAN,
            1 => f32::INFINITY,
            2..=4 => f32::NEG_INFINITY,
            _ => (at(i) * 64.0).floor(),
        },
        Fill::Huge => 2e30 * at(i) - 1e30,
        Fill::Schedule(betas) => match i % 4 {
            0 => 0.05 + 0.1 * at(i),
            column @ (1 | 2) => correction(betas[column - 1], i / 4),
            _ => 0.0,
        },
        Fill::Index(_) | Fill::Number(_) | Fill::Byte => unreachable!("done above"),
    });
    Tensor::f32(shape, data.collect()).expect("counted")
}
