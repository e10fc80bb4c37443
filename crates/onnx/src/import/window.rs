//! Kernel, strides, dilations and padding, which convolution and pooling write alike.

use super::site::{Edge, Site};
use crate::Error;
use graph::Window;

impl Site<'_, '_> {
    /// The attribute `name` as one length a spatial axis; `default` for each where it is left out.
    pub(super) fn lengths(&self, name: &str, axes: usize, default: usize) -> Result<Vec<usize>, Error> {
        let Some(list) = self.node.ints(name)? else { return Ok(vec![default; axes]) };
        if list.len() != axes {
            return Err(self.malformed(format!("{name} {list:?} must have {axes} numbers, one for each spatial axis")));
        }
        let length = |&v: &i64| usize::try_from(v).ok().filter(|&v| v <= u32::MAX as usize);
        let lengths: Option<Vec<usize>> = list.iter().map(length).collect();
        lengths.ok_or_else(|| self.malformed(format!("{name} {list:?} is out of range")))
    }

    /// How many spatial axes x `[n, c, …]` has.
    pub(super) fn spatial(&self, x: &Edge) -> Result<usize, Error> {
        match self.shape(x)[..] {
            [_, _, ref axes @ ..] if (1..=3).contains(&axes.len()) => Ok(axes.len()),
            ref shape => {
                Err(self.unsupported(format!("needs x [n, c, …] with one to three spatial axes, got {shape:?}")))
            }
        }
    }

    /// Kernel, stride and dilation of this node, without padding.
    pub(super) fn unpadded(&self, kernel: &[usize]) -> Result<Window, Error> {
        let axes = kernel.len();
        let (stride, dilation) = (self.lengths("strides", axes, 1)?, self.lengths("dilations", axes, 1)?);
        if kernel.iter().chain(&stride).chain(&dilation).any(|&length| length == 0) {
            return Err(self.malformed(format!(
                "kernel {kernel:?}, strides {stride:?} and dilations {dilation:?} must be at least 1"
            )));
        }
        Ok(Window::new(kernel).stride(&stride).dilation(&dilation))
    }

    /// The window of this node over x: `unpadded` with the padding that `pads` or `auto_pad` asks for.
    pub(super) fn window(&self, kernel: &[usize], x: &Edge) -> Result<Window, Error> {
        let window = self.unpadded(kernel)?;
        let shape = self.shape(x);
        let mut input = [1; 3];
        input[3 - kernel.len()..].copy_from_slice(&shape[2..]);
        let pads = self.pads(kernel.len())?;
        match self.node.string("auto_pad", "NOTSET")? {
            "NOTSET" | "" => Ok(window.pads(&pads)),
            auto_pad if pads.iter().any(|pair| *pair != [0, 0]) => {
                Err(self.malformed(format!("both auto_pad {auto_pad} and pads {pads:?} are given: leave out one")))
            }
            "VALID" => Ok(window),
            "SAME_UPPER" => Ok(window.same_upper(input)),
            "SAME_LOWER" => Ok(window.same_lower(input)),
            other => {
                Err(self.malformed(format!("auto_pad must be NOTSET, VALID, SAME_UPPER or SAME_LOWER, got {other}")))
            }
        }
    }

    /// `pads` as begin and end of each spatial axis.
    pub(super) fn pads(&self, axes: usize) -> Result<Vec<[usize; 2]>, Error> {
        let all = self.lengths("pads", 2 * axes, 0)?;
        Ok((0..axes).map(|axis| [all[axis], all[axis + axes]]).collect())
    }
}
