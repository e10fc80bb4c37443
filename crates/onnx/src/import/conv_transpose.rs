//! Transposed convolution, whose output may be given in place of its padding.

use super::conv::kernel;
use super::site::{Made, Site};
use graph::BinaryFunction;
use graph::ops::ConvTranspose;

pub(super) fn conv_transpose(at: &mut Site<'_, '_>) -> Made {
    at.node.only(&[
        "auto_pad",
        "dilations",
        "group",
        "kernel_shape",
        "output_padding",
        "output_shape",
        "pads",
        "strides",
    ])?;
    let (x, weight) = (at.x(0)?, at.weight(1)?);
    let axes = at.spatial(&x)?;
    let kernel = kernel(at, &at.shape(&weight), axes)?;
    let window = at.unpadded(&kernel)?;
    let input = at.shape(&x)[2..].to_vec();
    let mut output_padding = at.lengths("output_padding", axes, 0)?;
    let auto_pad = at.node.string("auto_pad", "NOTSET")?;
    let wanted: Option<Vec<usize>> = match at.node.ints("output_shape")? {
        Some(shape) if shape.len() == axes && shape.iter().all(|&v| v > 0) => {
            Some(shape.iter().map(|&v| v as usize).collect())
        }
        Some(shape) => return Err(at.malformed(format!("output_shape {shape:?} must be {axes} positive numbers"))),
        None if matches!(auto_pad, "SAME_UPPER" | "SAME_LOWER") => {
            Some(input.iter().zip(&window.stride[3 - axes..]).map(|(length, stride)| length * stride).collect())
        }
        None => None,
    };
    let mut pads = match auto_pad {
        "NOTSET" | "" | "SAME_UPPER" | "SAME_LOWER" => at.pads(axes)?,
        "VALID" => vec![[0; 2]; axes],
        other => {
            return Err(at.malformed(format!("auto_pad must be NOTSET, VALID, SAME_UPPER or SAME_LOWER, got {other}")));
        }
    };
    if let Some(wanted) = wanted {
        for axis in 0..axes {
            let lifted = axis + 3 - axes;
            let whole = window.stride[lifted] * (input[axis] - 1) + window.extent()[lifted] + output_padding[axis];
            let total = whole.saturating_sub(wanted[axis]);
            // What padding cannot take away, because the output is larger, is added at the end.
            output_padding[axis] += wanted[axis].saturating_sub(whole);
            let half = total / 2;
            pads[axis] = if auto_pad == "SAME_UPPER" { [half, total - half] } else { [total - half, half] };
        }
    }
    let op = ConvTranspose {
        groups: at.node.int("group", 1)?.max(0) as usize,
        output_padding: {
            let mut lifted = [0; 3];
            lifted[3 - axes..].copy_from_slice(&output_padding);
            lifted
        },
        ..ConvTranspose::new(window.pads(&pads))
    };
    let y = at.push(op, &[x, weight])?;
    let Some(bias) = at.maybe_weight(2)? else { return Ok(vec![y]) };
    let bias = at.channels(bias, axes + 2)?;
    Ok(vec![at.binary(BinaryFunction::Add, &y, &bias)?])
}
