//! Resizing by scales or to sizes.

use super::site::{Edge, Made, Site};
use crate::Error;
use graph::ops::Resize;
use graph::{Coordinates, Interpolation, Nearest};

pub(super) fn resize(at: &mut Site<'_, '_>) -> Made {
    at.node.only(&[
        "antialias",
        "axes",
        "coordinate_transformation_mode",
        "cubic_coeff_a",
        "exclude_outside",
        "extrapolation_value",
        "keep_aspect_ratio_policy",
        "mode",
        "nearest_mode",
    ])?;
    if at.node.flag("antialias", false)? {
        return Err(at.unsupported("antialias 1 is not supported: use 0"));
    }
    let x = at.x(0)?;
    let shape = at.shape(&x);
    if at.opset < 11 {
        let scales = at.known_floats(1)?.ok_or_else(|| at.malformed("the scales are missing"))?;
        return by_scales(at, x, &scales);
    }
    let axes = match at.node.ints("axes")? {
        Some(axes) => at.axes(axes, shape.len())?,
        None => (0..shape.len()).collect(),
    };
    let (mut to, mut scales) = (shape.clone(), vec![1.0; shape.len()]);
    let given = |list: Vec<f32>| (!list.is_empty()).then_some(list);
    if let Some(list) = at.known_floats(2)?.and_then(given) {
        check(at, list.len(), &axes)?;
        for (&axis, &scale) in axes.iter().zip(&list) {
            scales[axis] = scale.into();
            to[axis] = (shape[axis] as f64 * f64::from(scale)).floor() as usize;
        }
    } else {
        let sizes = at.known_ints(3)?.ok_or_else(|| at.malformed("both scales and sizes are missing"))?;
        check(at, sizes.len(), &axes)?;
        let sizes = at.dims(&sizes)?;
        let ratio = |k: usize| sizes[k] as f64 / shape[axes[k]] as f64;
        let ratios = (0..axes.len()).map(ratio);
        let common = match at.node.string("keep_aspect_ratio_policy", "stretch")? {
            "stretch" => None,
            "not_larger" => Some(ratios.fold(f64::INFINITY, f64::min)),
            "not_smaller" => Some(ratios.fold(0.0, f64::max)),
            other => {
                return Err(at.malformed(format!(
                    "keep_aspect_ratio_policy must be stretch, not_larger or not_smaller, got {other}"
                )));
            }
        };
        for (k, &axis) in axes.iter().enumerate() {
            scales[axis] = common.unwrap_or(ratio(k));
            to[axis] = common.map_or(sizes[k], |scale| (scale * shape[axis] as f64 + 0.5).floor() as usize);
        }
    }
    let coordinates = coordinates(at, &axes, shape.len())?;
    let mode = interpolation(at)?;
    let lengths: Vec<i64> = to.iter().map(|&length| length as i64).collect();
    let op = Resize { shape: at.dims(&lengths)?, scales, mode, coordinates };
    Ok(vec![at.push(op, &[x])?])
}

fn check(at: &Site<'_, '_>, given: usize, axes: &[usize]) -> Result<(), Error> {
    if given == axes.len() { Ok(()) } else { Err(at.malformed(format!("{given} scales or sizes for axes {axes:?}"))) }
}

/// The older operator: scales for all axes, and the corner of the first pixel stays where it is.
pub(super) fn upsample(at: &mut Site<'_, '_>) -> Made {
    at.node.only(&["mode", "scales"])?;
    let x = at.x(0)?;
    let scales = match at.node.floats("scales")? {
        Some(scales) => scales.to_vec(),
        None => at.known_floats(1)?.ok_or_else(|| at.malformed("the scales are missing"))?,
    };
    by_scales(at, x, &scales)
}

fn by_scales(at: &mut Site<'_, '_>, x: Edge, scales: &[f32]) -> Made {
    let shape = at.shape(&x);
    check(at, scales.len(), &(0..shape.len()).collect::<Vec<_>>())?;
    let mode = match at.node.string("mode", "nearest")? {
        "nearest" => Interpolation::Nearest(Nearest::Floor),
        "linear" | "bilinear" => Interpolation::Linear,
        other => return Err(at.malformed(format!("mode must be nearest or linear, got {other}"))),
    };
    let scales: Vec<f64> = scales.iter().map(|&scale| scale.into()).collect();
    let to: Vec<i64> =
        shape.iter().zip(&scales).map(|(&length, scale)| (length as f64 * scale).floor() as i64).collect();
    let op = Resize { shape: at.dims(&to)?, scales, mode, coordinates: Coordinates::Asymmetric };
    Ok(vec![at.push(op, &[x])?])
}

fn interpolation(at: &Site<'_, '_>) -> Result<Interpolation, Error> {
    Ok(match at.node.string("mode", "nearest")? {
        "nearest" => Interpolation::Nearest(match at.node.string("nearest_mode", "round_prefer_floor")? {
            "round_prefer_floor" => Nearest::RoundPreferFloor,
            "round_prefer_ceil" => Nearest::RoundPreferCeil,
            "floor" => Nearest::Floor,
            "ceil" => Nearest::Ceil,
            other => return Err(at.malformed(format!("nearest_mode {other:?} is none of ONNX's"))),
        }),
        "linear" => Interpolation::Linear,
        "cubic" => Interpolation::Cubic {
            a: at.node.float("cubic_coeff_a", -0.75)?.into(),
            exclude_outside: at.node.flag("exclude_outside", false)?,
        },
        other => return Err(at.malformed(format!("mode must be nearest, linear or cubic, got {other}"))),
    })
}

fn coordinates(at: &Site<'_, '_>, axes: &[usize], rank: usize) -> Result<Coordinates, Error> {
    Ok(match at.node.string("coordinate_transformation_mode", "half_pixel")? {
        "half_pixel" => Coordinates::HalfPixel,
        "half_pixel_symmetric" => Coordinates::HalfPixelSymmetric,
        "pytorch_half_pixel" => Coordinates::PytorchHalfPixel,
        "align_corners" => Coordinates::AlignCorners,
        "asymmetric" => Coordinates::Asymmetric,
        "tf_half_pixel_for_nn" => Coordinates::TfHalfPixelForNn,
        "tf_crop_and_resize" => {
            let given = at.known_floats(1)?.unwrap_or_default();
            if given.len() != 2 * axes.len() {
                return Err(at.malformed(format!("roi must be begin and end of {} axes, got {given:?}", axes.len())));
            }
            let mut roi = vec![[0.0, 1.0]; rank];
            for (k, &axis) in axes.iter().enumerate() {
                roi[axis] = [given[k].into(), given[k + axes.len()].into()];
            }
            Coordinates::TfCropAndResize { roi, extrapolation: at.node.float("extrapolation_value", 0.0)?.into() }
        }
        other => return Err(at.malformed(format!("coordinate_transformation_mode {other:?} is none of ONNX's"))),
    })
}
