//! NumPy's `.npy` files, in and out: one array each, the raw tensors that users bring and take.
//!
//! Own code, because the format is a line of text and the bytes, and the crates for it bring a parser of Python
//! literals along. Format: `numpy.lib.format`, versions 1 to 3.

use std::path::Path;

use crate::tensor::count;
use crate::{Data, DataType, Error, Tensor, model};

const MAGIC: &[u8] = b"\x93NUMPY";

/// NumPy's code of each element type, without the byte order. There is none for BFLOAT16 and STRING.
const CODES: [(DataType, &str); 12] = [
    (DataType::F32, "f4"),
    (DataType::F64, "f8"),
    (DataType::F16, "f2"),
    (DataType::I8, "i1"),
    (DataType::I16, "i2"),
    (DataType::I32, "i4"),
    (DataType::I64, "i8"),
    (DataType::U8, "u1"),
    (DataType::U16, "u2"),
    (DataType::U32, "u4"),
    (DataType::U64, "u8"),
    (DataType::Bool, "b1"),
];

/// Reads a `.npy` file, in C or Fortran order, into a row-major tensor.
///
/// # Errors
/// A file that cannot be read, is cut short or longer than its header says, is big-endian, or holds strings,
/// complex numbers, records or objects.
pub fn read(path: impl AsRef<Path>) -> Result<Tensor, Error> {
    let path = path.as_ref();
    decode(&model::read_file(path)?, &path.display().to_string())
}

/// Writes a `.npy` file, little-endian and in C order.
///
/// # Errors
/// A file that cannot be written; BFLOAT16 and STRING, which NumPy has no plain type for.
pub fn write(path: impl AsRef<Path>, tensor: &Tensor) -> Result<(), Error> {
    let path = path.as_ref();
    std::fs::write(path, encode(tensor)?).map_err(|source| Error::io(path, source))
}

/// The tensor in the bytes of a `.npy` file; `at` names them in errors.
///
/// # Errors
/// As [`read`].
pub fn decode(bytes: &[u8], at: &str) -> Result<Tensor, Error> {
    let bad = |problem: &str| Error::malformed(at, problem);
    let rest =
        bytes.strip_prefix(MAGIC).ok_or_else(|| bad("does not begin as a .npy file; save it with numpy.save"))?;
    let (header, body) = match rest {
        [1, _, a, b, rest @ ..] => rest.split_at_checked(u16::from_le_bytes([*a, *b]).into()),
        [2 | 3, _, a, b, c, d, rest @ ..] => {
            usize::try_from(u32::from_le_bytes([*a, *b, *c, *d])).ok().and_then(|len| rest.split_at_checked(len))
        }
        [version, _, ..] => return Err(bad(&format!("is of .npy version {version}; 1, 2 and 3 can be read"))),
        _ => None,
    }
    .ok_or_else(|| bad("ends within its header"))?;
    let header = std::str::from_utf8(header).map_err(|_| bad("the header is not text"))?;
    let field = |key: &str| {
        let after = header.split_once(&format!("'{key}'")).and_then(|(_, after)| after.trim_start().strip_prefix(':'));
        after.map(str::trim_start).ok_or_else(|| bad(&format!("the header has no {key:?}")))
    };

    let dtype = dtype(field("descr")?, at)?;
    let fortran = match field("fortran_order")? {
        order if order.starts_with("True") => true,
        order if order.starts_with("False") => false,
        _ => return Err(bad("fortran_order is neither True nor False")),
    };
    let shape = field("shape")?.strip_prefix('(').and_then(|shape| shape.split_once(')'));
    let (shape, _) = shape.ok_or_else(|| bad("the shape is not a tuple"))?;
    let dims = shape.split(',').map(str::trim).filter(|dim| !dim.is_empty()).map(str::parse);
    let dims: Vec<usize> = dims.collect::<Result<_, _>>().map_err(|_| bad("the shape is not made of sizes"))?;
    let count = count(&dims).ok_or_else(|| bad("the shape holds more elements than can be counted"))?;

    let data = Data::from_le_bytes(dtype, count, body, at)?;
    let data = if fortran { data.pick(&fortran_places(&dims, count)) } else { data };
    Tensor::new(dims, data)
}

/// The bytes of a `.npy` file of version 1: header padded so that the elements begin at a multiple of 64.
///
/// # Errors
/// BFLOAT16, STRING, and more dims than the header can list.
pub fn encode(tensor: &Tensor) -> Result<Vec<u8>, Error> {
    let dtype = tensor.dtype();
    let code = CODES.iter().find(|row| row.0 == dtype).map(|row| row.1);
    let code = code.ok_or_else(|| Error::unsupported("npy", format!("NumPy has no plain type for {dtype}")))?;
    let order = if code.ends_with('1') { '|' } else { '<' };
    let shape: String = tensor.dims().iter().map(|dim| format!("{dim}, ")).collect();
    let mut header = format!("{{'descr': '{order}{code}', 'fortran_order': False, 'shape': ({shape}), }}");
    let prefix = MAGIC.len() + 4;
    let padded = (prefix + header.len() + 1).next_multiple_of(64) - prefix;
    header.extend(std::iter::repeat_n(' ', padded - header.len() - 1));
    header.push('\n');
    let len = u16::try_from(padded).map_err(|_| Error::unsupported("npy", "too many dims for a .npy header"))?;

    let mut bytes = MAGIC.to_vec();
    bytes.extend([1, 0]);
    bytes.extend(len.to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(tensor.data().to_le_bytes("npy")?);
    Ok(bytes)
}

/// The type of a `descr` such as `'<f4'`, to which `text` begins.
fn dtype(text: &str, at: &str) -> Result<DataType, Error> {
    let descr = text.strip_prefix('\'').and_then(|text| text.split_once('\'')).map(|(descr, _)| descr);
    let unsupported = |problem: String| Error::unsupported(at, problem);
    let descr = descr.ok_or_else(|| unsupported("holds records; save one plain array".to_owned()))?;
    let code = descr.trim_start_matches(['<', '|', '=']);
    if code.starts_with('>') {
        let problem = format!("is big-endian ({descr}); save it with .astype(array.dtype.newbyteorder('<'))");
        return Err(unsupported(problem));
    }
    let known = CODES.iter().find(|row| row.1 == code).map(|row| row.0);
    known.ok_or_else(|| unsupported(format!("holds elements of type {descr:?}; save floats, integers or bools")))
}

/// For each element in row-major order, its place in column-major order.
fn fortran_places(dims: &[usize], count: usize) -> Vec<usize> {
    let place = |mut i: usize| {
        let (mut place, mut rest) = (0, count);
        for &dim in dims.iter().rev() {
            rest /= dim; // the product of the dims before this one: its stride in column-major order
            place += i % dim * rest;
            i /= dim;
        }
        place
    };
    (0..count).map(place).collect()
}
