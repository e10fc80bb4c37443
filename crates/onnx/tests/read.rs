//! Sound files: what ONNX's own tests and unusual exporters write is read in full.
//!
//! `LENSLET_ONNX_FILES` may name further folders (separated as in PATH); every `.onnx`, `.pb` and `.npy` file below them
//! must be read too. Hostile files are in `hostile.rs`.
#![allow(clippy::unwrap_used)] // a test says what failed by panicking

use std::path::{Path, PathBuf};

use half::{bf16, f16};
use onnx::{Attribute, Data, DataType, Dim, Model, Tensor, read_model, read_tensor_pb};

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

fn model(name: &str) -> Model {
    read_model(data(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn ops(model: &Model) -> Vec<&str> {
    model.graph.nodes.iter().map(|node| node.op_type.as_str()).collect()
}

/// Every file of `folder` and below with one of three endings.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|end| end == "onnx" || end == "pb" || end == "npy") {
            found.push(path);
        }
    }
}

#[test]
fn all_files_are_read() {
    let mut found = Vec::new();
    files(&data("."), &mut found);
    assert!(found.len() > 15, "the tests' own files are missing: {found:?}");
    for folder in std::env::var_os("LENSLET_ONNX_FILES").iter().flat_map(std::env::split_paths) {
        files(&folder, &mut found);
    }
    let read = |path: &PathBuf| match path.extension().and_then(|end| end.to_str()) {
        Some("onnx") => read_model(path).map(drop),
        Some("pb") => read_tensor_pb(path).map(drop),
        _ => onnx::npy::read(path).map(drop),
    };
    let failed: Vec<_> = found.iter().filter_map(|path| read(path).err().map(|e| format!("{path:?}: {e}"))).collect();
    assert!(failed.is_empty(), "{} of {} files: {failed:#?}", failed.len(), found.len());
    println!("{} files read", found.len());
}

#[test]
fn a_node_test_with_its_tensors() {
    let folder = "test_basic_conv_with_padding";
    let model = model(&format!("{folder}/model.onnx"));
    assert_eq!((model.ir_version, &model.opsets), (10, &[(String::new(), 22)].into()));
    let [conv] = model.graph.nodes.as_slice() else { panic!("{:?}", model.graph.nodes) };
    assert_eq!((conv.label(), conv.input(1), conv.input(2)), ("Conv (makes \"y\")".to_owned(), Some("W"), None));
    assert_eq!(conv.ints("kernel_shape").unwrap(), Some([3, 3].as_slice()));
    assert_eq!(conv.ints("pads").unwrap(), Some([1, 1, 1, 1].as_slice()));
    assert_eq!(conv.int("group", 1).unwrap(), 1);
    conv.only(&["kernel_shape", "pads", "strides"]).unwrap();
    let dims = model.graph.inputs[0].dims.as_deref();
    assert_eq!(dims, Some([1, 1, 5, 5].map(Dim::Value).as_slice()));

    let x = read_tensor_pb(data(&format!("{folder}/test_data_set_0/input_0.pb"))).unwrap();
    assert_eq!((x.dims(), x.dtype()), ([1, 1, 5, 5].as_slice(), DataType::F32));
    assert_eq!(x.to_f32().unwrap(), (0..25).map(|i| i as f32).collect::<Vec<_>>());
    let y = read_tensor_pb(data(&format!("{folder}/test_data_set_0/output_0.pb"))).unwrap();
    assert_eq!(&y.to_f32().unwrap()[..5], [12.0, 21.0, 27.0, 33.0, 24.0]);
}

#[test]
fn weights_that_are_inputs_too_are_not_required() {
    let model = model("light_squeezenet.onnx");
    let required: Vec<_> = model.graph.required_inputs().map(|input| input.name.as_str()).collect();
    assert_eq!(required, ["data_0"]);
    assert_eq!(ops(&model).iter().filter(|op| **op == "Conv").count(), 26);
}

#[test]
fn every_dtype_raw_and_typed() {
    let model = model("made/dtypes.onnx");
    let tensor = |name: &str| &model.graph.initializers[name];
    let expected = [
        ("FLOAT", Data::F32(vec![0., 1., 2., 3.])),
        ("DOUBLE", Data::F64(vec![0., 1., 2., 3.])),
        ("FLOAT16", Data::F16([0., 1., 2., 3.].map(f16::from_f32).to_vec())),
        ("BFLOAT16", Data::Bf16([0., 1., 2., 3.].map(bf16::from_f32).to_vec())),
        ("INT8", Data::I8(vec![0, 1, 2, 3])),
        ("INT16", Data::I16(vec![0, 1, 2, 3])),
        ("INT32", Data::I32(vec![0, 1, 2, 3])),
        ("INT64", Data::I64(vec![0, 1, 2, 3])),
        ("UINT8", Data::U8(vec![0, 1, 2, 3])),
        ("UINT16", Data::U16(vec![0, 1, 2, 3])),
        ("UINT32", Data::U32(vec![0, 1, 2, 3])),
        ("UINT64", Data::U64(vec![0, 1, 2, 3])),
        ("BOOL", Data::Bool(vec![false, true, true, false])),
    ];
    for (name, data) in expected {
        assert_eq!(data.dtype().to_string(), name);
        assert_eq!(DataType::from_onnx(data.dtype().to_onnx()), data.dtype());
        for form in ["typed", "raw"] {
            let tensor = tensor(&format!("{name}_{form}"));
            assert_eq!((tensor.dims(), tensor.data()), ([2, 2].as_slice(), &data), "{name}_{form}");
        }
        let numbers = if name == "BOOL" { [0., 1., 1., 0.] } else { [0., 1., 2., 3.] };
        assert_eq!(tensor(&format!("{name}_raw")).to_f32(), Some(numbers.to_vec()));
        let whole = !matches!(name, "FLOAT" | "DOUBLE" | "FLOAT16" | "BFLOAT16");
        assert_eq!(tensor(&format!("{name}_raw")).to_i64(), whole.then(|| numbers.map(|x| x as i64).to_vec()));
    }
    assert_eq!(
        tensor("STRING_typed").data(),
        &Data::String([&b"0"[..], b"1", b"2", b"\xff"].map(<[u8]>::to_vec).into())
    );
    assert_eq!((tensor("scalar").dims().len(), tensor("scalar").data().len()), (0, 1));
    assert_eq!((tensor("none").dims(), tensor("none").data().is_empty()), ([0, 3].as_slice(), true));
}

#[test]
fn nodes_come_in_an_order_that_runs() {
    assert_eq!(ops(&model("made/unsorted.onnx")), ["Relu", "Neg"]);
}

#[test]
fn branches_see_the_graph_around_them() {
    let model = model("made/branches.onnx");
    let branches: Vec<_> = model.graph.nodes[0].graphs().collect();
    assert_eq!(branches.len(), 2);
    assert!(branches.iter().all(|branch| branch.captures == ["x".to_owned()].into()));
    assert!(model.graph.captures.is_empty());
}

#[test]
fn attributes_by_type() {
    let model = model("made/attributes.onnx");
    let node = &model.graph.nodes[0];
    assert_eq!(model.opsets, [(String::new(), 17), ("com.example".to_owned(), 1)].into());
    assert_eq!(node.label(), "com.example.Custom \"custom\"");
    assert_eq!((node.inputs.len(), node.input(1), node.input(2)), (3, None, Some("x")));
    assert_eq!((node.int("i", 0).unwrap(), node.int("absent", 9).unwrap()), (3, 9));
    assert_eq!((node.float("f", 0.0).unwrap(), node.string("s", "").unwrap()), (0.5, "text"));
    assert_eq!(node.floats("floats").unwrap(), Some([0.25, 1.0].as_slice()));
    assert_eq!(node.attributes["strings"], Attribute::Strings(vec![b"a".to_vec(), b"b".to_vec()]));
    assert_eq!(node.tensor("t").unwrap().unwrap().to_f32().unwrap(), [0.0, 1.0]);
    let dims = model.graph.outputs[0].dims.as_deref();
    assert_eq!(dims, Some([Dim::Symbol("batch".to_owned()), Dim::Unknown, Dim::Value(3)].as_slice()));

    let error = node.ints("i").unwrap_err().to_string();
    assert_eq!(error, "com.example.Custom \"custom\", attribute \"i\": must be of type INTS, got INT");
    let error = node.flag("i", true).unwrap_err().to_string();
    assert_eq!(error, "com.example.Custom \"custom\", attribute \"i\": must be 0 or 1, got 3");
    assert!(node.only(&["f", "i"]).unwrap_err().to_string().contains("attribute \"floats\" is not supported"));
}

#[test]
fn external_data_beside_the_model() {
    assert_eq!(model("made/external.onnx").graph.initializers["w"].to_f32().unwrap(), [2.0, 3.0]);
    let bytes = std::fs::read(data("made/external.onnx")).unwrap();
    let error = Model::from_bytes(bytes, None).unwrap_err().to_string();
    assert!(error.contains("a model from memory has no folder"), "{error}");
}

#[cfg(unix)]
#[test]
fn a_link_does_not_lead_outside() {
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("inner");
    std::fs::create_dir(&model).unwrap();
    std::fs::write(folder.path().join("w.bin"), [0; 16]).unwrap();
    std::os::unix::fs::symlink(folder.path().join("w.bin"), model.join("w.bin")).unwrap();
    std::fs::copy(data("made/external.onnx"), model.join("external.onnx")).unwrap();
    let error = read_model(model.join("external.onnx")).unwrap_err().to_string();
    assert!(error.contains("leads outside the model's folder"), "{error}");
}

#[test]
fn dims_must_hold_the_data() {
    assert!(Tensor::new(vec![2, 3], Data::F32(vec![0.0; 6])).is_ok());
    assert!(Tensor::new(vec![2, 3], Data::F32(vec![0.0; 5])).is_err());
    assert!(Tensor::new(vec![usize::MAX, 2], Data::F32(vec![])).is_err());
}
