//! First values of parameters and states: a function of seed and name alone, so that no order matters.

use crate::graph::Init;
use crate::{Tensor, Type};

/// Draws a first value. The stream of random numbers is the FNV-1a hash of the name.
pub(crate) fn draw(init: &Init, ty: &Type, seed: u64, name: &str) -> Tensor {
    let stream = name.bytes().fold(0x811c_9dc5u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    let wide = match init {
        Init::Given(tensor) => return tensor.clone(),
        Init::Fill(value) => cpu_reference::Tensor::from_elem(ty.shape.to_vec(), f64::from(*value)),
        Init::Uniform(bound) => cpu_reference::uniform_init(&ty.shape, f64::from(*bound), seed, stream),
        Init::Normal(std) => cpu_reference::normal_init(&ty.shape, f64::from(*std), seed, stream),
    };
    Tensor::from_reference(&wide, ty.dtype)
}
