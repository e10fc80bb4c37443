//! Shapes, dtypes, and tensors on the host: row-major data as users know it, `[n, c, h, w]` for images.

use crate::{Error, Misfit};
use gpu_core::Layout;
use std::fmt;

/// Lengths of the axes, outermost first. Empty for a scalar.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct Shape(Vec<usize>);

impl Shape {
    /// Number of elements.
    pub fn count(&self) -> usize {
        self.0.iter().product()
    }

    /// The axes, if there are exactly `N`.
    pub fn axes<const N: usize>(&self) -> Result<[usize; N], Misfit> {
        self.0.as_slice().try_into().map_err(|_| Misfit(format!("needs {N} axes, got {self}")))
    }

    /// An axis counted from the front, or from the back when negative, as PyTorch and ONNX count.
    pub fn axis(&self, axis: isize) -> Result<usize, Misfit> {
        let rank = self.0.len() as isize;
        let at = if axis < 0 { axis + rank } else { axis };
        if (0..rank).contains(&at) { Ok(at as usize) } else { Err(Misfit(format!("no axis {axis} in {self}"))) }
    }
}

impl std::ops::Deref for Shape {
    type Target = [usize];
    fn deref(&self) -> &[usize] {
        &self.0
    }
}
impl From<Vec<usize>> for Shape {
    fn from(v: Vec<usize>) -> Self {
        Shape(v)
    }
}
impl From<&[usize]> for Shape {
    fn from(v: &[usize]) -> Self {
        Shape(v.to_vec())
    }
}
impl<const N: usize> From<[usize; N]> for Shape {
    fn from(v: [usize; N]) -> Self {
        Shape(v.to_vec())
    }
}
impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}
impl fmt::Debug for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

/// What an element is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DType {
    /// 32-bit float.
    F32,
    /// 32-bit signed integer: class indices, counts, the step.
    I32,
    /// Byte: pixels as they come from files, packed four to a word on the device.
    U8,
    /// Truth, 0 or 1; a 32-bit float on the device.
    Bool,
}

impl DType {
    /// Bytes that `elements` take on a device, whole words.
    pub fn bytes(self, elements: usize) -> u64 {
        match self {
            DType::U8 => elements.next_multiple_of(4) as u64,
            _ => elements as u64 * 4,
        }
    }
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            DType::F32 => "f32",
            DType::I32 => "i32",
            DType::U8 => "u8",
            DType::Bool => "bool",
        })
    }
}

/// Shape and dtype: all that a value is before it has data.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Type {
    /// Lengths of the axes.
    pub shape: Shape,
    /// What an element is.
    pub dtype: DType,
}

impl Type {
    /// A tensor of f32.
    pub fn f32(shape: impl Into<Shape>) -> Self {
        Type { shape: shape.into(), dtype: DType::F32 }
    }

    /// A tensor of i32.
    pub fn i32(shape: impl Into<Shape>) -> Self {
        Type { shape: shape.into(), dtype: DType::I32 }
    }

    /// The same shape with another dtype.
    pub fn with(&self, dtype: DType) -> Self {
        Type { shape: self.shape.clone(), dtype }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.dtype, self.shape)
    }
}

/// Elements of a tensor on the host.
#[derive(Clone, Debug, PartialEq)]
pub enum Data {
    /// 32-bit floats.
    F32(Vec<f32>),
    /// 32-bit integers.
    I32(Vec<i32>),
    /// Bytes.
    U8(Vec<u8>),
    /// Truth values, 0 or 1.
    Bool(Vec<u8>),
}

/// Data on the host with its shape, row-major.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    shape: Shape,
    data: Data,
}

macro_rules! constructor {
    ($(#[$doc:meta])* $name:ident, $variant:ident, $t:ty) => {
        $(#[$doc])*
        pub fn $name(shape: impl Into<Shape>, data: Vec<$t>) -> Result<Self, Error> {
            let shape = shape.into();
            if shape.count() != data.len() {
                return Err(Error::Tensor {
                    value: "tensor".into(),
                    got: format!("{} elements", data.len()),
                    needs: format!("{} for shape {shape}", shape.count()),
                });
            }
            Ok(Tensor { shape, data: Data::$variant(data) })
        }
    };
}

impl Tensor {
    constructor! {
        /// Floats in row-major order. An error when the number of elements does not fit the shape.
        f32, F32, f32
    }
    constructor! {
        /// Integers in row-major order.
        i32, I32, i32
    }
    constructor! {
        /// Bytes in row-major order.
        u8, U8, u8
    }
    constructor! {
        /// Truth values, 0 or 1, in row-major order.
        bool, Bool, u8
    }

    /// One float.
    pub fn scalar(value: f32) -> Self {
        Tensor { shape: Shape::default(), data: Data::F32(vec![value]) }
    }

    /// Zeros of a type.
    pub fn zeros(ty: &Type) -> Self {
        let n = ty.shape.count();
        let data = match ty.dtype {
            DType::F32 => Data::F32(vec![0.0; n]),
            DType::I32 => Data::I32(vec![0; n]),
            DType::U8 => Data::U8(vec![0; n]),
            DType::Bool => Data::Bool(vec![0; n]),
        };
        Tensor { shape: ty.shape.clone(), data }
    }

    /// The same elements under another shape of as many.
    pub(crate) fn reshaped(self, shape: Shape) -> Self {
        debug_assert_eq!(self.shape.count(), shape.count());
        Tensor { shape, data: self.data }
    }

    /// Lengths of the axes.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// The elements.
    pub fn data(&self) -> &Data {
        &self.data
    }

    /// Shape and dtype.
    pub fn ty(&self) -> Type {
        let dtype = match self.data {
            Data::F32(_) => DType::F32,
            Data::I32(_) => DType::I32,
            Data::U8(_) => DType::U8,
            Data::Bool(_) => DType::Bool,
        };
        Type { shape: self.shape.clone(), dtype }
    }

    /// The elements as floats; an error when they are something else.
    pub fn as_f32(&self) -> Result<&[f32], Error> {
        match &self.data {
            Data::F32(v) => Ok(v),
            _ => Err(Error::Tensor { value: "tensor".into(), got: self.ty().to_string(), needs: "f32".into() }),
        }
    }

    /// Bytes as they lie in a buffer in this layout; floats for truth values.
    pub fn pack(&self, layout: Layout) -> Vec<u8> {
        fn words<T: Copy + Default>(t: &Tensor, layout: Layout, v: &[T], bytes: impl Fn(T) -> [u8; 4]) -> Vec<u8> {
            layout.pack(&t.shape, v).into_iter().flat_map(bytes).collect()
        }
        match &self.data {
            Data::F32(v) => words(self, layout, v, f32::to_le_bytes),
            Data::I32(v) => words(self, layout, v, i32::to_le_bytes),
            Data::Bool(v) => words(self, layout, v, |truth| f32::from(truth).to_le_bytes()),
            Data::U8(v) => {
                let mut bytes = layout.pack(&self.shape, v);
                bytes.resize(bytes.len().next_multiple_of(4), 0); // devices take whole words
                bytes
            }
        }
    }

    /// The inverse of [`pack`](Self::pack).
    pub fn unpack(ty: &Type, layout: Layout, bytes: &[u8]) -> Self {
        fn words<T: Copy + Default>(ty: &Type, layout: Layout, bytes: &[u8], of: impl Fn([u8; 4]) -> T) -> Vec<T> {
            let part: Vec<T> = bytes.chunks_exact(4).map(|w| of([w[0], w[1], w[2], w[3]])).collect();
            layout.unpack(&ty.shape, &part)
        }
        let data = match ty.dtype {
            DType::F32 => Data::F32(words(ty, layout, bytes, f32::from_le_bytes)),
            DType::I32 => Data::I32(words(ty, layout, bytes, i32::from_le_bytes)),
            DType::Bool => Data::Bool(words(ty, layout, bytes, |w| (f32::from_le_bytes(w) != 0.0) as u8)),
            DType::U8 => Data::U8(layout.unpack(&ty.shape, bytes)),
        };
        Tensor { shape: ty.shape.clone(), data }
    }

    /// As the reference sees it: f64, in which every element is exact.
    pub fn to_reference(&self) -> cpu_reference::Tensor {
        let wide: Vec<f64> = match &self.data {
            Data::F32(v) => v.iter().map(|&e| e.into()).collect(),
            Data::I32(v) => v.iter().map(|&e| e.into()).collect(),
            Data::U8(v) | Data::Bool(v) => v.iter().map(|&e| e.into()).collect(),
        };
        ndarray::ArrayD::from_shape_vec(self.shape.to_vec(), wide).expect("a tensor's data fits its shape")
    }

    /// From the reference, rounded to `dtype`.
    pub fn from_reference(wide: &cpu_reference::Tensor, dtype: DType) -> Self {
        let data = match dtype {
            DType::F32 => Data::F32(wide.iter().map(|&e| e as f32).collect()),
            DType::I32 => Data::I32(wide.iter().map(|&e| e as i32).collect()),
            DType::U8 => Data::U8(wide.iter().map(|&e| e as u8).collect()),
            DType::Bool => Data::Bool(wide.iter().map(|&e| (e != 0.0) as u8).collect()),
        };
        Tensor { shape: wide.shape().into(), data }
    }
}
