//! `.npy` files: what NumPy writes is read, what is written is read back, the rest is refused.
#![allow(clippy::unwrap_used)] // a test says what failed by panicking

use half::f16;
use onnx::npy::{decode, encode};
use onnx::{Data, Tensor};
use proptest::prelude::*;

/// The bytes of a file with this header, as NumPy pads it.
fn file(descr: &str, fortran: &str, shape: &str, body: &[u8]) -> Vec<u8> {
    let mut header = format!("{{'descr': {descr}, 'fortran_order': {fortran}, 'shape': {shape}, }}");
    header += &" ".repeat((10 + header.len() + 1).next_multiple_of(64) - 10 - header.len() - 1);
    header.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(body);
    bytes
}

#[test]
fn numpy_s_own_bytes() {
    let tensor = Tensor::new(vec![3], Data::I16(vec![1, 2, -1])).unwrap();
    let expected = file("'<i2'", "False", "(3,)", &[1, 0, 2, 0, 255, 255]);
    assert_eq!(decode(&expected, "a").unwrap(), tensor);
    let scalar = decode(&file("'<f4'", "False", "()", &1.5f32.to_le_bytes()), "a").unwrap();
    assert_eq!((scalar.dims().len(), scalar.to_f32().unwrap()), (0, vec![1.5]));
    let version2 = [&b"\x93NUMPY\x02\x00"[..], &[0x36, 0, 0, 0], &expected[10..64], &expected[64..]].concat();
    assert_eq!(expected.len(), 128 + 6);
    assert!(decode(&version2, "a").is_err(), "its header is cut");
    let version2 = [&b"\x93NUMPY\x02\x00"[..], &[118, 0, 0, 0], &expected[10..]].concat();
    assert_eq!(decode(&version2, "a").unwrap(), tensor);
}

#[test]
fn fortran_order_is_turned_to_rows() {
    // a[i][j][k] = 100 i + 10 j + k over [2, 3, 2]; the first index runs fastest in the file
    let column_major: Vec<u8> = vec![0, 100, 10, 110, 20, 120, 1, 101, 11, 111, 21, 121];
    let tensor = decode(&file("'|u1'", "True", "(2, 3, 2)", &column_major), "a").unwrap();
    assert_eq!(tensor.dims(), [2, 3, 2]);
    assert_eq!(tensor.data(), &Data::U8(vec![0, 1, 10, 11, 20, 21, 100, 101, 110, 111, 120, 121]));
    let none = decode(&file("'|u1'", "True", "(2, 0, 2)", &[]), "a").unwrap();
    assert!(none.data().is_empty());
}

#[test]
fn every_type_comes_back() {
    let all = [
        Data::F32(vec![1.5, f32::INFINITY]),
        Data::F64(vec![1e300, -0.0]),
        Data::F16(vec![f16::from_f32(0.5), f16::MAX]),
        Data::I8(vec![-1, 1]),
        Data::I16(vec![-1, 300]),
        Data::I32(vec![-1, 70_000]),
        Data::I64(vec![i64::MIN, 1]),
        Data::U8(vec![255, 0]),
        Data::U16(vec![65_535, 0]),
        Data::U32(vec![u32::MAX, 0]),
        Data::U64(vec![u64::MAX, 0]),
        Data::Bool(vec![true, false]),
    ];
    for data in all {
        let tensor = Tensor::new(vec![1, 2], data).unwrap();
        let bytes = encode(&tensor).unwrap();
        assert_eq!(decode(&bytes, "a").unwrap(), tensor);
        let begin = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
        assert_eq!(begin % 64, 0, "where the elements begin");
    }
    let strings = Tensor::new(vec![1], Data::String(vec![b"a".to_vec()])).unwrap();
    assert!(encode(&strings).is_err());
}

#[test]
fn what_cannot_be_read_says_why() {
    let cases = [
        (b"PK".to_vec(), "save it with numpy.save"),
        (b"\x93NUMPY\x01\x00\xff\xff{".to_vec(), "ends within its header"),
        (b"\x93NUMPY\x09\x00\x00\x00".to_vec(), "version 9"),
        (file("'>f4'", "False", "(1,)", &[0; 4]), "big-endian"),
        (file("'<c8'", "False", "(1,)", &[0; 8]), "<c8"),
        (file("'|O'", "False", "(1,)", &[0; 8]), "|O"),
        (file("[('a', '<f4')]", "False", "(1,)", &[0; 4]), "records"),
        (file("'<f4'", "Maybe", "(1,)", &[0; 4]), "fortran_order"),
        (file("'<f4'", "False", "[1]", &[0; 4]), "not a tuple"),
        (file("'<f4'", "False", "(-1,)", &[0; 4]), "not made of sizes"),
        (file("'<f4'", "False", "(4294967296, 4294967296, 4294967296)", &[]), "counted"),
        (file("'<f4'", "False", "(1000000000000,)", &[0; 4]), "got 4 bytes"),
        (file("'<f4'", "False", "(2,)", &[0; 7]), "got 7 bytes"),
        (file("'|b1'", "False", "(1,)", &[7]), "0 or 1"),
    ];
    for (bytes, reason) in cases {
        let error = decode(&bytes, "x.npy").unwrap_err().to_string();
        assert!(error.starts_with("x.npy: ") && error.contains(reason), "{error}\nexpected {reason:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn changed_bytes_never_panic(at in 0..134usize, byte: u8, end in 0..135usize) {
        let mut bytes = file("'<i2'", "True", "(3, 1)", &[1, 0, 2, 0, 255, 255]);
        bytes[at] = byte;
        bytes.truncate(end);
        let _ = decode(&bytes, "a");
    }
}
