//! Tensors of files to tensors of graphs and of the reference, and back.
//!
//! A device holds floats of 32 bits, integers of 32 bits and truth values. Wider floats are rounded, integers must fit.

use crate::{Data, DataType, Error, Tensor};
use graph::{DType, Wide};

/// What a device holds elements of `of` as.
pub(super) fn on_device(of: DataType) -> Option<DType> {
    use DataType::*;
    Some(match of {
        F32 | F64 | F16 | Bf16 => DType::F32,
        I8 | I16 | I32 | I64 | U8 | U16 | U32 | U64 => DType::I32,
        Bool => DType::Bool,
        _ => return None,
    })
}

/// Whether the elements are floats, of any width.
pub(super) fn is_float(of: DataType) -> bool {
    on_device(of) == Some(DType::F32)
}

/// For the graph.
pub(super) fn to_graph(tensor: &Tensor) -> Result<graph::Tensor, Error> {
    let shape = tensor.dims().to_vec();
    let at = || format!("tensor {} {shape:?}", tensor.dtype());
    let made = match on_device(tensor.dtype()) {
        Some(DType::F32) => {
            let floats = tensor.to_f32().unwrap_or_default();
            if let Data::F64(wide) = tensor.data()
                && let Some(at) = (0..wide.len()).find(|&i| wide[i].is_finite() && floats[i].is_infinite())
            {
                let what = format!("tensor {} {shape:?}", tensor.dtype());
                return Err(Error::unsupported(what, format!("{:e} is beyond the floats of 32 bits", wide[at])));
            }
            graph::Tensor::f32(shape.clone(), floats)
        }
        Some(DType::I32) => {
            let wide = tensor.to_i64().ok_or_else(|| Error::unsupported(at(), "an element is above 2⁶³"))?;
            let narrow = |&e: &i64| {
                i32::try_from(e).map_err(|_| {
                    Error::unsupported(
                        at(),
                        format!("element {e} does not fit into the 32 bits that devices compute with"),
                    )
                })
            };
            graph::Tensor::i32(shape.clone(), wide.iter().map(narrow).collect::<Result<_, _>>()?)
        }
        Some(DType::Bool) => {
            let flags = tensor.to_i64().unwrap_or_default().iter().map(|&e| u8::from(e != 0)).collect();
            graph::Tensor::bool(shape.clone(), flags)
        }
        _ => return Err(Error::unsupported(at(), "elements of this type cannot be computed with")),
    };
    Ok(made?)
}

/// From the graph, as elements of `dtype`.
pub(super) fn from_graph(tensor: &graph::Tensor, dtype: DataType) -> Result<Tensor, Error> {
    from_wide(&tensor.to_reference(), dtype)
}

/// For the reference. Integers beyond 2⁵³ are not exact there, so only the two that mean "no end" may be so large.
pub(super) fn to_wide(tensor: &Tensor) -> Result<Wide, Error> {
    const EXACT: u64 = 1 << 53;
    let at = || format!("tensor {} {:?}", tensor.dtype(), tensor.dims());
    let elements: Option<Vec<f64>> = match tensor.data() {
        Data::F64(v) => Some(v.clone()),
        Data::I64(v) => {
            if let Some(e) = v.iter().find(|e| e.unsigned_abs() > EXACT && **e != i64::MAX && **e != i64::MIN) {
                return Err(Error::unsupported(at(), format!("{e} is beyond the integers that are folded exactly")));
            }
            Some(v.iter().map(|&e| e as f64).collect())
        }
        _ => match tensor.to_i64() {
            Some(v) => Some(v.iter().map(|&e| e as f64).collect()),
            None => tensor.to_f32().map(|v| v.iter().map(|&e| e.into()).collect()),
        },
    };
    let elements = elements.ok_or_else(|| Error::unsupported(at(), "strings cannot be computed with"))?;
    Wide::from_shape_vec(tensor.dims().to_vec(), elements).map_err(|why| Error::malformed(at(), why.to_string()))
}

/// From the reference, rounded to `dtype` as casts do: integers towards zero.
pub(super) fn from_wide(wide: &Wide, dtype: DataType) -> Result<Tensor, Error> {
    macro_rules! made {
        ($variant:ident, $of:expr) => {
            Data::$variant(wide.iter().map(|&e| $of(e)).collect())
        };
    }
    let data = match dtype {
        DataType::F32 => made!(F32, |e| e as f32),
        DataType::F64 => made!(F64, |e| e),
        DataType::F16 => made!(F16, half::f16::from_f64),
        DataType::Bf16 => made!(Bf16, half::bf16::from_f64),
        DataType::I8 => made!(I8, |e| e as i8),
        DataType::I16 => made!(I16, |e| e as i16),
        DataType::I32 => made!(I32, |e| e as i32),
        DataType::I64 => made!(I64, |e| e as i64),
        DataType::U8 => made!(U8, |e| e as u8),
        DataType::U16 => made!(U16, |e| e as u16),
        DataType::U32 => made!(U32, |e| e as u32),
        DataType::U64 => made!(U64, |e| e as u64),
        DataType::Bool => made!(Bool, |e| e != 0.0),
        other => return Err(Error::unsupported("tensor", format!("elements of {other} cannot be computed"))),
    };
    Tensor::new(wide.shape().to_vec(), data)
}
