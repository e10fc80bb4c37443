//! `TensorProto` to `Tensor`: the count of elements is known and compared with the data before anything is allocated.

use half::{bf16, f16};

use super::external::External;
use super::onnx::TensorProto;
use crate::tensor::count;
use crate::{Data, DataType, Error, Tensor};

const EXTERNAL: i32 = 1;

/// The tensor; `at` says in errors where it stands.
pub(super) fn tensor(proto: TensorProto, at: &str, external: &mut External) -> Result<Tensor, Error> {
    if proto.segment.is_some() {
        let problem = "a sequence, an optional, or a tensor in segments; only plain tensors can be read";
        return Err(Error::unsupported(at, problem));
    }
    let dims = proto.dims.iter().map(|&dim| usize::try_from(dim)).collect::<Result<Vec<_>, _>>();
    let dims = dims.map_err(|_| Error::malformed(at, format!("negative dims {:?}", shorten(&proto.dims))))?;
    let count = count(&dims).ok_or_else(|| {
        Error::malformed(at, format!("dims {:?} hold more elements than can be counted", shorten(&proto.dims)))
    })?;
    let dtype = DataType::from_onnx(proto.data_type());
    let data = match proto.data_location() {
        0 => match &proto.raw_data {
            Some(raw) if !raw.is_empty() || !has_typed(&proto) => Data::from_le_bytes(dtype, count, raw, at)?,
            _ => typed(proto, dtype, count, at)?,
        },
        EXTERNAL => {
            let width = width(dtype).ok_or_else(|| unreadable(dtype, at))?;
            let bytes = (count as u64).checked_mul(width);
            let bytes = bytes.ok_or_else(|| Error::malformed(at, format!("{count} elements of {dtype} overflow")))?;
            Data::from_le_bytes(dtype, count, &external.read(&proto.external_data, bytes, at)?, at)?
        }
        other => return Err(Error::malformed(at, format!("data location {other} is not one of 0, 1"))),
    };
    Tensor::new(dims, data)
}

/// The data from the field that ONNX assigns to `dtype`.
fn typed(proto: TensorProto, dtype: DataType, count: usize, at: &str) -> Result<Data, Error> {
    let holds = |field: &str, got: usize| {
        if got == count {
            return Ok(());
        }
        Err(Error::malformed(at, format!("dims hold {count} elements of {dtype}, {field} has {got}")))
    };
    macro_rules! narrowed {
        ($variant:ident, $field:ident, $t:ty, $from:expr) => {{
            holds(stringify!($field), proto.$field.len())?;
            let fit = |&x: &_| match <$t>::try_from(x) {
                Ok(x) => Ok($from(x)),
                Err(_) => Err(Error::malformed(at, format!("{x} is outside of {dtype}"))),
            };
            Data::$variant(proto.$field.iter().map(fit).collect::<Result<_, _>>()?)
        }};
    }
    macro_rules! whole {
        ($variant:ident, $field:ident) => {{
            holds(stringify!($field), proto.$field.len())?;
            Data::$variant(proto.$field)
        }};
    }
    Ok(match dtype {
        DataType::F32 => whole!(F32, float_data),
        DataType::F64 => whole!(F64, double_data),
        DataType::I32 => whole!(I32, int32_data),
        DataType::I64 => whole!(I64, int64_data),
        DataType::U64 => whole!(U64, uint64_data),
        DataType::String => whole!(String, string_data),
        DataType::F16 => narrowed!(F16, int32_data, u16, f16::from_bits),
        DataType::Bf16 => narrowed!(Bf16, int32_data, u16, bf16::from_bits),
        DataType::I8 => narrowed!(I8, int32_data, i8, i8::from),
        DataType::I16 => narrowed!(I16, int32_data, i16, i16::from),
        DataType::U8 => narrowed!(U8, int32_data, u8, u8::from),
        DataType::U16 => narrowed!(U16, int32_data, u16, u16::from),
        DataType::U32 => narrowed!(U32, uint64_data, u32, u32::from),
        DataType::Bool => narrowed!(Bool, int32_data, u8, |flag: u8| flag != 0),
        DataType::Other(_) => return Err(unreadable(dtype, at)),
    })
}

fn has_typed(proto: &TensorProto) -> bool {
    !(proto.float_data.is_empty()
        && proto.int32_data.is_empty()
        && proto.int64_data.is_empty()
        && proto.double_data.is_empty()
        && proto.uint64_data.is_empty()
        && proto.string_data.is_empty())
}

/// Bytes an element takes.
fn width(dtype: DataType) -> Option<u64> {
    Some(match dtype {
        DataType::I8 | DataType::U8 | DataType::Bool => 1,
        DataType::F16 | DataType::Bf16 | DataType::I16 | DataType::U16 => 2,
        DataType::F32 | DataType::I32 | DataType::U32 => 4,
        DataType::F64 | DataType::I64 | DataType::U64 => 8,
        DataType::String | DataType::Other(_) => return None,
    })
}

fn unreadable(dtype: DataType, at: &str) -> Error {
    Error::unsupported(at, format!("elements of type {dtype} cannot be read"))
}

/// Enough of `dims` for a message: a hostile file may have a million.
fn shorten(dims: &[i64]) -> &[i64] {
    &dims[..dims.len().min(8)]
}
