//! Hostile files: an error, never a panic, and never much more memory than the file is long.
//!
//! `corpus/` holds one file for each rule (`corpus/make.py` makes them); mutations of sound files find what nobody
//! thought of, on the way to a graph too (`fuzz/` does the same with libFuzzer). One test in all, because memory is measured for the whole process.
#![allow(clippy::unwrap_used)] // a test says what failed by panicking

use std::cell::Cell;
use std::path::{Path, PathBuf};

use onnx::{Error, Model, Options, import, read_model, read_tensor_pb};
use peak_alloc::PeakAlloc;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// What each file of the corpus must be refused for.
const CORPUS: [(&str, &str); 43] = [
    ("attribute-twice.onnx", "two attributes of the name \"alpha\""),
    ("complex.onnx", "COMPLEX64"),
    ("cut-in-graph.onnx", "is the file whole"),
    ("cut.pb", "is the file whole"),
    ("cycle.onnx", "cycle: Add \"add\" → Neg \"neg\" → Add \"add\""),
    ("deep-graphs.onnx", "nested deeper"),
    ("deep-groups.onnx", "recursion limit"),
    ("empty.onnx", "no graph"),
    ("external-absolute.onnx", "leads outside the model's folder"),
    ("external-beyond-end.onnx", "at offset 9223372036854775808 are needed"),
    ("external-folder.onnx", "is not a file"),
    ("external-huge.onnx", "4611686018427387904 at offset 0 are needed"),
    ("external-length.onnx", "length is 4 bytes, dims and type need 8"),
    ("external-missing.onnx", "nothing.bin"),
    ("external-no-location.onnx", "without a location"),
    ("external-overflow.onnx", "overflow"),
    ("external-overlapping.onnx", "overlap more than twofold"),
    ("external-parent.onnx", "leads outside the model's folder"),
    ("huge-dims-raw.onnx", "1099511627776 elements of FLOAT take 4 bytes each, got 4 bytes"),
    ("huge-dims.onnx", "float_data has 1"),
    ("initializer-twice.onnx", "two initializers of the name \"w\""),
    ("input-twice.onnx", "two inputs of the name \"x\""),
    ("length-beyond-end.onnx", "is the file whole"),
    ("made-and-given.onnx", "is also an input"),
    ("made-twice.onnx", "its output \"y\" is also made by Relu \"relu\""),
    ("missing-in-branch.onnx", "a graph inside it reads a value: \"x\" is no initializer"),
    ("missing-initializer.onnx", "Add \"add\": input 1 \"w\" is no initializer"),
    ("missing-output.onnx", "output \"z\" is no initializer"),
    ("negative-dims.onnx", "negative dims [-1]"),
    ("negative-input.onnx", "negative dim -7"),
    ("no-graph.onnx", "no graph"),
    ("no-op-type.onnx", "no operator"),
    ("no-opset.onnx", "imports no operator set"),
    ("odd-bool.onnx", "must be 0 or 1, got 2"),
    ("out-of-range.onnx", "128 is outside of INT8"),
    ("overflowing-dims.onnx", "more elements than can be counted"),
    ("self-cycle.onnx", "cycle: Add \"add\" → Add \"add\""),
    ("sequence-input.onnx", "is a sequence, not a tensor"),
    ("sequence.pb", "a sequence, an optional"),
    ("short-raw.onnx", "take 4 bytes each, got 7 bytes"),
    ("text.onnx", "not a readable ONNX model"),
    ("unknown-type.onnx", "type number 999"),
    ("wrong-wire-type.onnx", "invalid wire type"),
];

fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

fn read(path: &Path) -> Result<(), Error> {
    if path.extension().is_some_and(|end| end == "pb") {
        read_tensor_pb(path).map(drop)
    } else {
        read_model(path).map(drop)
    }
}

/// The most that `run` held at once, in bytes, beyond what was held before.
fn peak(run: impl FnOnce()) -> usize {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    run();
    MEMORY.peak_usage().saturating_sub(before)
}

#[test]
fn hostile_files_are_refused_cheaply() {
    corpus();
    empty_parts();
    mutations();
}

fn corpus() {
    let folder = tests().join("corpus");
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|end| end == "onnx" || end == "pb"));
    for path in &files {
        let name = path.file_name().unwrap().to_str().unwrap();
        let reason = CORPUS.iter().find(|row| row.0 == name).map(|row| row.1);
        let reason = reason.unwrap_or_else(|| panic!("{name} has no row in CORPUS"));
        let used = peak(|| match read(path) {
            Ok(()) => panic!("{name} was taken, should be refused for {reason:?}"),
            Err(error) => assert!(error.to_string().contains(reason), "{name}: {error}\nexpected {reason:?}"),
        });
        assert!(used < 200_000, "{name} took {used} bytes of memory");
    }
    assert_eq!(files.len(), CORPUS.len(), "a file of CORPUS is missing");
}

/// Millions of empty nodes in a file of some megabytes.
fn empty_parts() {
    let nodes = [0x0a, 0].repeat(5_000_000);
    let mut bytes = vec![0x3a];
    let mut len = nodes.len();
    while len > 127 {
        bytes.push((len & 127 | 128) as u8);
        len >>= 7;
    }
    bytes.push(len as u8);
    bytes.extend(nodes);
    let used = peak(|| {
        let error = Model::from_bytes(bytes, None).unwrap_err().to_string();
        assert!(error.contains("more than 4000000 names"), "{error}");
    });
    assert!(used < 100_000, "{used} bytes of memory");
}

/// One change to the bytes of a file.
#[derive(Clone, Debug)]
enum Change {
    Flip { at: prop::sample::Index, bit: u8 },
    Set { at: prop::sample::Index, byte: u8 },
    Cut { at: prop::sample::Index },
    Remove { at: prop::sample::Index, len: usize },
    Insert { at: prop::sample::Index, bytes: Vec<u8> },
    Repeat { at: prop::sample::Index, len: usize },
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>) {
        let place = |at: &prop::sample::Index| at.index(bytes.len().max(1));
        let span = |at: &prop::sample::Index, len: &usize| place(at)..(place(at) + len).min(bytes.len());
        match self {
            _ if bytes.is_empty() => {}
            Self::Flip { at, bit } => {
                let at = place(at);
                bytes[at] ^= 1 << bit;
            }
            Self::Set { at, byte } => {
                let at = place(at);
                bytes[at] = *byte;
            }
            Self::Cut { at } => bytes.truncate(place(at)),
            Self::Remove { at, len } => drop(bytes.drain(span(at, len))),
            Self::Insert { at, bytes: new } => {
                let at = place(at);
                drop(bytes.splice(at..at, new.iter().copied()));
            }
            Self::Repeat { at, len } => {
                let span = span(at, len);
                let again = bytes[span.clone()].to_vec();
                drop(bytes.splice(span.start..span.start, again));
            }
        }
    }
}

fn change() -> impl Strategy<Value = Change> {
    let at = any::<prop::sample::Index>;
    prop_oneof![
        4 => (at(), 0..8u8).prop_map(|(at, bit)| Change::Flip { at, bit }),
        4 => (at(), any::<u8>()).prop_map(|(at, byte)| Change::Set { at, byte }),
        1 => at().prop_map(|at| Change::Cut { at }),
        1 => (at(), 1..40usize).prop_map(|(at, len)| Change::Remove { at, len }),
        1 => (at(), prop::collection::vec(any::<u8>(), 1..12)).prop_map(|(at, bytes)| Change::Insert { at, bytes }),
        1 => (at(), 1..200usize).prop_map(|(at, len)| Change::Repeat { at, len }),
    ]
}

/// `LENSLET_MUTATIONS` sets how many are tried.
fn mutations() {
    let folder = tests().join("data");
    let names = [
        "test_basic_conv_with_padding/model.onnx",
        "test_operator_convtranspose/model.onnx",
        "light_squeezenet.onnx",
        "made/attributes.onnx",
        "made/branches.onnx",
        "made/dtypes.onnx",
        "made/external.onnx",
        "made/unsorted.onnx",
    ];
    let sound = names.map(|name| std::fs::read(folder.join(name)).unwrap());
    let cases = std::env::var("LENSLET_MUTATIONS").map_or(4000, |n| n.parse().unwrap());
    let config = Config { cases, failure_persistence: None, rng_seed: RngSeed::Fixed(7), ..Config::default() };
    let strategy = (0..sound.len(), prop::collection::vec(change(), 1..6));
    let (refused, imported, read) = (Cell::new(0), Cell::new(0), Cell::new(None));
    let options = Options { batch: Some(1), ..Options::default() };
    TestRunner::new(config)
        .run(&strategy, |(file, changes)| {
            let mut bytes = sound[file].clone();
            changes.iter().for_each(|change| change.apply(&mut bytes));
            let allowed = 50_000 + 60 * bytes.len();
            let used = peak(|| {
                let result = Model::from_bytes(bytes, Some(&folder.join("made")));
                refused.set(refused.get() + u32::from(result.is_err()));
                read.set(result.ok());
            });
            prop_assert!(used <= allowed, "{} bytes of memory, {} allowed", used, allowed);
            // What is read is made a graph, or refused with a reason; a panic fails.
            if let Some(model) = read.take() {
                imported.set(imported.get() + u32::from(import(&model, &options).is_ok()));
            }
            Ok(())
        })
        .unwrap();
    let refused = refused.get();
    assert!(refused > cases / 4, "only {refused} of {cases} mutations were refused: do they change anything?");
    assert!(imported.get() > 0, "none became a graph");
}
