//! Tensors as files hold them: any dtype of ONNX that has a plain Rust type, row-major, with dims that fit the data.
//!
//! Apart from the engine's f32 tensors, because files carry shapes, indices, flags and half floats too. A `Tensor`
//! cannot be built with dims that disagree with its data. `proto/tensor.rs` fills one from protobuf, `npy.rs` from
//! NumPy's format.

use std::fmt;

use half::{bf16, f16};

use crate::Error;

/// An element type, by ONNX's number for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum DataType {
    /// ONNX `FLOAT`.
    F32,
    /// ONNX `DOUBLE`.
    F64,
    /// ONNX `FLOAT16`.
    F16,
    /// ONNX `BFLOAT16`.
    Bf16,
    /// ONNX `INT8`.
    I8,
    /// ONNX `INT16`.
    I16,
    /// ONNX `INT32`.
    I32,
    /// ONNX `INT64`.
    I64,
    /// ONNX `UINT8`.
    U8,
    /// ONNX `UINT16`.
    U16,
    /// ONNX `UINT32`.
    U32,
    /// ONNX `UINT64`.
    U64,
    /// ONNX `BOOL`.
    Bool,
    /// ONNX `STRING`.
    String,
    /// A type that no tensor here can hold (complex, 8-, 4- and 2-bit floats and integers, or a number unknown to
    /// ONNX 1.23), by its number.
    Other(i32),
}

/// ONNX's number and name of each type that `Data` holds.
const TYPES: [(DataType, i32, &str); 14] = [
    (DataType::F32, 1, "FLOAT"),
    (DataType::U8, 2, "UINT8"),
    (DataType::I8, 3, "INT8"),
    (DataType::U16, 4, "UINT16"),
    (DataType::I16, 5, "INT16"),
    (DataType::I32, 6, "INT32"),
    (DataType::I64, 7, "INT64"),
    (DataType::String, 8, "STRING"),
    (DataType::Bool, 9, "BOOL"),
    (DataType::F16, 10, "FLOAT16"),
    (DataType::F64, 11, "DOUBLE"),
    (DataType::U32, 12, "UINT32"),
    (DataType::U64, 13, "UINT64"),
    (DataType::Bf16, 16, "BFLOAT16"),
];

impl DataType {
    /// The type with ONNX's number `code` (`TensorProto.DataType`), as in Cast's `to`.
    pub fn from_onnx(code: i32) -> Self {
        TYPES.iter().find(|row| row.1 == code).map_or(Self::Other(code), |row| row.0)
    }

    /// ONNX's number for the type.
    pub fn to_onnx(self) -> i32 {
        match self {
            Self::Other(code) => code,
            known => TYPES.iter().find(|row| row.0 == known).map_or(0, |row| row.1),
        }
    }
}

impl fmt::Display for DataType {
    /// ONNX's name in capitals, as its documents print it.
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Other(code) => match crate::proto::type_name(*code) {
                Some(name) => f.write_str(name),
                None => write!(f, "type number {code}"),
            },
            known => f.write_str(TYPES.iter().find(|row| row.0 == *known).map_or("?", |row| row.2)),
        }
    }
}

/// The elements of a tensor, row-major.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)] // the names say it all
pub enum Data {
    F32(Vec<f32>),
    F64(Vec<f64>),
    F16(Vec<f16>),
    Bf16(Vec<bf16>),
    I8(Vec<i8>),
    I16(Vec<i16>),
    I32(Vec<i32>),
    I64(Vec<i64>),
    U8(Vec<u8>),
    U16(Vec<u16>),
    U32(Vec<u32>),
    U64(Vec<u64>),
    Bool(Vec<bool>),
    /// Bytes, because ONNX does not promise UTF-8 here.
    String(Vec<Vec<u8>>),
}

/// The same expression over whichever vector a [`Data`] holds.
macro_rules! each {
    ($data:expr, $v:ident => $body:expr) => {
        match $data {
            Data::F32($v) => $body,
            Data::F64($v) => $body,
            Data::F16($v) => $body,
            Data::Bf16($v) => $body,
            Data::I8($v) => $body,
            Data::I16($v) => $body,
            Data::I32($v) => $body,
            Data::I64($v) => $body,
            Data::U8($v) => $body,
            Data::U16($v) => $body,
            Data::U32($v) => $body,
            Data::U64($v) => $body,
            Data::Bool($v) => $body,
            Data::String($v) => $body,
        }
    };
}

impl Data {
    /// How many elements there are.
    pub fn len(&self) -> usize {
        each!(self, v => v.len())
    }

    /// True for a tensor with a zero among its dims.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The type of the elements.
    pub fn dtype(&self) -> DataType {
        match self {
            Self::F32(_) => DataType::F32,
            Self::F64(_) => DataType::F64,
            Self::F16(_) => DataType::F16,
            Self::Bf16(_) => DataType::Bf16,
            Self::I8(_) => DataType::I8,
            Self::I16(_) => DataType::I16,
            Self::I32(_) => DataType::I32,
            Self::I64(_) => DataType::I64,
            Self::U8(_) => DataType::U8,
            Self::U16(_) => DataType::U16,
            Self::U32(_) => DataType::U32,
            Self::U64(_) => DataType::U64,
            Self::Bool(_) => DataType::Bool,
            Self::String(_) => DataType::String,
        }
    }

    /// Elements from little-endian bytes, as ONNX's `raw_data` and `.npy` files hold them.
    ///
    /// # Errors
    /// A length that is not `count` elements, a bool other than 0 and 1, or a type that has no fixed width here.
    pub(crate) fn from_le_bytes(dtype: DataType, count: usize, bytes: &[u8], at: &str) -> Result<Self, Error> {
        macro_rules! read {
            ($variant:ident, $t:ty) => {
                Self::$variant(exact(bytes, count, dtype, at)?.iter().map(|b| <$t>::from_le_bytes(*b)).collect())
            };
        }
        Ok(match dtype {
            DataType::F32 => read!(F32, f32),
            DataType::F64 => read!(F64, f64),
            DataType::F16 => read!(F16, f16),
            DataType::Bf16 => read!(Bf16, bf16),
            DataType::I8 => read!(I8, i8),
            DataType::I16 => read!(I16, i16),
            DataType::I32 => read!(I32, i32),
            DataType::I64 => read!(I64, i64),
            DataType::U8 => read!(U8, u8),
            DataType::U16 => read!(U16, u16),
            DataType::U32 => read!(U32, u32),
            DataType::U64 => read!(U64, u64),
            DataType::Bool => {
                let flags = exact::<1>(bytes, count, dtype, at)?;
                if let Some([odd]) = flags.iter().find(|[flag]| *flag > 1) {
                    return Err(Error::malformed(at, format!("a BOOL must be 0 or 1, got {odd}")));
                }
                Self::Bool(flags.iter().map(|[flag]| *flag == 1).collect())
            }
            DataType::String | DataType::Other(_) => {
                return Err(Error::unsupported(at, format!("{dtype} elements as raw bytes cannot be read")));
            }
        })
    }

    /// The reverse of [`Data::from_le_bytes`].
    ///
    /// # Errors
    /// Strings have no fixed width.
    pub(crate) fn to_le_bytes(&self, at: &str) -> Result<Vec<u8>, Error> {
        macro_rules! write {
            ($v:ident) => {
                $v.iter().flat_map(|x| x.to_le_bytes()).collect()
            };
        }
        Ok(match self {
            Self::F32(v) => write!(v),
            Self::F64(v) => write!(v),
            Self::F16(v) => write!(v),
            Self::Bf16(v) => write!(v),
            Self::I8(v) => write!(v),
            Self::I16(v) => write!(v),
            Self::I32(v) => write!(v),
            Self::I64(v) => write!(v),
            Self::U8(v) => v.clone(),
            Self::U16(v) => write!(v),
            Self::U32(v) => write!(v),
            Self::U64(v) => write!(v),
            Self::Bool(v) => v.iter().map(|flag| u8::from(*flag)).collect(),
            Self::String(_) => return Err(Error::unsupported(at, "STRING tensors have no raw bytes")),
        })
    }

    /// The elements in the order of `places`, which must all be below `len`.
    pub(crate) fn pick(&self, places: &[usize]) -> Self {
        macro_rules! pick {
            ($($variant:ident),*) => {
                match self { $(Self::$variant(v) => Self::$variant(places.iter().map(|&i| v[i].clone()).collect()),)* }
            };
        }
        pick!(F32, F64, F16, Bf16, I8, I16, I32, I64, U8, U16, U32, U64, Bool, String)
    }
}

/// `bytes` cut into `count` elements of `SIZE` bytes; nothing is allocated.
fn exact<'a, const SIZE: usize>(
    bytes: &'a [u8],
    count: usize,
    dtype: DataType,
    at: &str,
) -> Result<&'a [[u8; SIZE]], Error> {
    let (chunks, rest) = bytes.as_chunks::<SIZE>();
    if chunks.len() != count || !rest.is_empty() {
        let got = bytes.len();
        return Err(Error::malformed(
            at,
            format!("{count} elements of {dtype} take {SIZE} bytes each, got {got} bytes"),
        ));
    }
    Ok(chunks)
}

/// A tensor of a file: row-major elements, and dims whose product is their number.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    dims: Vec<usize>,
    data: Data,
}

impl Tensor {
    /// A tensor of `dims` (none for a scalar) over `data`.
    ///
    /// # Errors
    /// The product of `dims` is not the number of elements.
    pub fn new(dims: Vec<usize>, data: Data) -> Result<Self, Error> {
        if count(&dims) != Some(data.len()) {
            return Err(Error::malformed("tensor", format!("dims {dims:?} do not hold {} elements", data.len())));
        }
        Ok(Self { dims, data })
    }

    /// The dims, outermost first; empty for a scalar.
    pub fn dims(&self) -> &[usize] {
        &self.dims
    }

    /// The type of the elements.
    pub fn dtype(&self) -> DataType {
        self.data.dtype()
    }

    /// The elements, row-major.
    pub fn data(&self) -> &Data {
        &self.data
    }

    /// Dims and elements, without a copy.
    pub fn into_parts(self) -> (Vec<usize>, Data) {
        (self.dims, self.data)
    }

    /// The elements as f32, whatever number they are: exact for F32, F16, BF16, flags and integers up to 2²⁴, rounded
    /// to nearest for others. `None` for strings.
    pub fn to_f32(&self) -> Option<Vec<f32>> {
        Some(match &self.data {
            Data::F32(v) => v.clone(),
            Data::F64(v) => v.iter().map(|&x| x as f32).collect(),
            Data::F16(v) => v.iter().map(|x| x.to_f32()).collect(),
            Data::Bf16(v) => v.iter().map(|x| x.to_f32()).collect(),
            Data::I8(v) => v.iter().map(|&x| f32::from(x)).collect(),
            Data::I16(v) => v.iter().map(|&x| f32::from(x)).collect(),
            Data::I32(v) => v.iter().map(|&x| x as f32).collect(),
            Data::I64(v) => v.iter().map(|&x| x as f32).collect(),
            Data::U8(v) => v.iter().map(|&x| f32::from(x)).collect(),
            Data::U16(v) => v.iter().map(|&x| f32::from(x)).collect(),
            Data::U32(v) => v.iter().map(|&x| x as f32).collect(),
            Data::U64(v) => v.iter().map(|&x| x as f32).collect(),
            Data::Bool(v) => v.iter().map(|&x| f32::from(u8::from(x))).collect(),
            Data::String(_) => return None,
        })
    }

    /// The elements as i64, for shapes, axes and indices. `None` for floats, strings, and a u64 that does not fit.
    pub fn to_i64(&self) -> Option<Vec<i64>> {
        Some(match &self.data {
            Data::I8(v) => v.iter().map(|&x| i64::from(x)).collect(),
            Data::I16(v) => v.iter().map(|&x| i64::from(x)).collect(),
            Data::I32(v) => v.iter().map(|&x| i64::from(x)).collect(),
            Data::I64(v) => v.clone(),
            Data::U8(v) => v.iter().map(|&x| i64::from(x)).collect(),
            Data::U16(v) => v.iter().map(|&x| i64::from(x)).collect(),
            Data::U32(v) => v.iter().map(|&x| i64::from(x)).collect(),
            Data::U64(v) => v.iter().map(|&x| i64::try_from(x).ok()).collect::<Option<_>>()?,
            Data::Bool(v) => v.iter().map(|&x| i64::from(x)).collect(),
            Data::F32(_) | Data::F64(_) | Data::F16(_) | Data::Bf16(_) | Data::String(_) => return None,
        })
    }
}

/// The product of `dims`, or `None` where it overflows.
pub(crate) fn count(dims: &[usize]) -> Option<usize> {
    dims.iter().try_fold(1usize, |product, &dim| product.checked_mul(dim))
}
