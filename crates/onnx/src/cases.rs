//! Cases in the form of ONNX's backend tests: a folder with `model.onnx` and, in each `test_data_set_*`, the inputs
//! `input_0.pb` … and the outputs `output_0.pb` … that another runtime computed.
//!
//! Both the tests and `lenslet doctor --cases` run folders with [`run`]; a user's own model and data do as well.

use crate::import::{Options, import};
use crate::{Data, Error, Model, Tensor, read_model, read_tensor_pb};
use graph::Engine;
use std::fmt;
use std::path::{Path, PathBuf};

/// How far an element may lie from what is expected: `absolute + relative * |expected|`, as numpy's `allclose`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tolerance {
    /// Share of the expected number.
    pub relative: f64,
    /// In the output's own unit.
    pub absolute: f64,
}

impl Default for Tolerance {
    /// That of ONNX's own test runner.
    fn default() -> Self {
        Tolerance { relative: 1e-3, absolute: 1e-7 }
    }
}

/// What came of a case.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Every output of every data set lies within the tolerance.
    Pass {
        /// The largest error, in tolerances: at most 1.
        worst: f64,
    },
    /// An output is wrong, or the run broke down.
    Fail {
        /// Which output, at which index, both numbers and the error in tolerances; or what broke.
        why: String,
    },
    /// The model asks for what lenslet does not do; nothing was run.
    Unsupported {
        /// Which operators and nodes, and why.
        why: String,
    },
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::Pass { worst } => write!(f, "pass (worst error {worst:.3} of the tolerance)"),
            Outcome::Fail { why } => write!(f, "fail: {why}"),
            Outcome::Unsupported { why } => write!(f, "unsupported: {why}"),
        }
    }
}

/// The cases under `folder`, sorted: itself where it has a `model.onnx`, else those folders in it that have one.
///
/// # Errors
/// A folder that cannot be read.
pub fn find(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    if folder.join("model.onnx").is_file() {
        return Ok(vec![folder.to_path_buf()]);
    }
    let is_case = |path: &PathBuf| path.join("model.onnx").is_file();
    Ok(entries(folder)?.into_iter().filter(is_case).collect())
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let fail = |source| Error::io(folder, source);
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(fail)? {
        paths.push(entry.map_err(fail)?.path());
    }
    paths.sort();
    Ok(paths)
}

/// Runs all data sets of one case.
pub fn run(folder: &Path, engine: &Engine, tolerance: Tolerance) -> Outcome {
    match all_sets(folder, engine, tolerance) {
        Ok(outcome) => outcome,
        Err(why @ (Error::Operators { .. } | Error::Unsupported { .. })) => {
            Outcome::Unsupported { why: why.to_string() }
        }
        // Files that are not what they should be are the case's failure; so is a device's.
        Err(why) => Outcome::Fail { why: why.to_string() },
    }
}

fn all_sets(folder: &Path, engine: &Engine, tolerance: Tolerance) -> Result<Outcome, Error> {
    let model = read_model(folder.join("model.onnx"))?;
    let named = |path: &PathBuf, start: &str| path.file_name().is_some_and(|n| n.to_string_lossy().starts_with(start));
    let sets: Vec<PathBuf> = entries(folder)?.into_iter().filter(|path| named(path, "test_data_set_")).collect();
    if sets.is_empty() {
        return Err(Error::malformed(
            folder.display().to_string(),
            "has no test_data_set_*, so there is nothing to run",
        ));
    }
    let mut worst: f64 = 0.0;
    for set in sets {
        match one(&model, &tensors(&set, "input")?, &tensors(&set, "output")?, engine, tolerance)? {
            Outcome::Pass { worst: error } => worst = worst.max(error),
            other => return Ok(other),
        }
    }
    Ok(Outcome::Pass { worst })
}

/// `input_0.pb`, `input_1.pb`, … as far as they go.
fn tensors(set: &Path, stem: &str) -> Result<Vec<Tensor>, Error> {
    let paths = (0..).map(|k| set.join(format!("{stem}_{k}.pb"))).take_while(|path| path.is_file());
    paths.map(read_tensor_pb).collect()
}

/// Runs a model on `inputs`, in the order of its own, and compares its outputs with `expected`.
///
/// # Errors
/// What the model asks for and lenslet does not do, inputs that are not the model's, and what a device cannot do.
pub fn one(
    model: &Model,
    inputs: &[Tensor],
    expected: &[Tensor],
    engine: &Engine,
    tolerance: Tolerance,
) -> Result<Outcome, Error> {
    let names: Vec<&str> = model.graph.required_inputs().map(|input| input.name.as_str()).collect();
    if names.len() != inputs.len() {
        return Err(Error::malformed("data set", format!("{} inputs for {names:?}", inputs.len())));
    }
    let mut options = Options::default();
    for (name, tensor) in names.iter().zip(inputs) {
        options.shapes.insert((*name).to_string(), tensor.dims().to_vec());
        options.known.insert((*name).to_string(), tensor.clone());
    }
    let imported = import(model, &options)?;
    let outputs = imported.compile(engine)?.run(inputs)?;
    if outputs.len() != expected.len() {
        return Err(Error::malformed(
            "data set",
            format!("{} outputs, the model has {}", expected.len(), outputs.len()),
        ));
    }
    let mut worst: f64 = 0.0;
    for ((output, got), wanted) in imported.outputs.iter().zip(&outputs).zip(expected) {
        match compare(got, wanted, tolerance) {
            Ok(error) => worst = worst.max(error),
            Err(why) => return Ok(Outcome::Fail { why: format!("output {:?}: {why}", output.name) }),
        }
    }
    Ok(Outcome::Pass { worst })
}

/// The largest error of `got`, in tolerances; where that is above 1, the place and both numbers. Shape and type must
/// be the same, integers and truth values equal, NaN at the same places.
pub fn compare(got: &Tensor, wanted: &Tensor, tolerance: Tolerance) -> Result<f64, String> {
    let describe = |t: &Tensor| format!("{} {:?}", t.dtype(), t.dims());
    if describe(got) != describe(wanted) {
        return Err(format!("got {}, expected {}", describe(got), describe(wanted)));
    }
    if let (Some(got), Some(wanted)) = (got.to_i64(), wanted.to_i64()) {
        let wrong = got.iter().zip(&wanted).position(|(got, wanted)| got != wanted);
        return wrong.map_or(Ok(0.0), |at| Err(format!("at {at}: got {}, expected {}", got[at], wanted[at])));
    }
    let numbers = |t: &Tensor| match t.data() {
        Data::F64(v) => Some(v.clone()),
        _ => t.to_f32().map(|v| v.iter().map(|&e| f64::from(e)).collect()),
    };
    let (Some(got), Some(wanted)) = (numbers(got), numbers(wanted)) else {
        return Err("strings are not compared".into());
    };
    let error = |got: f64, wanted: f64| {
        if got == wanted || got.is_nan() && wanted.is_nan() {
            return 0.0;
        }
        let error = (got - wanted).abs() / (tolerance.absolute + tolerance.relative * wanted.abs());
        if error.is_nan() { f64::INFINITY } else { error }
    };
    let errors = got.iter().zip(&wanted).map(|(&got, &wanted)| error(got, wanted));
    let (at, worst) = errors.enumerate().fold((0, 0.0), |worst, next| if next.1 > worst.1 { next } else { worst });
    if worst > 1.0 {
        return Err(format!("at {at}: got {}, expected {} ({worst:.1} tolerances off)", got[at], wanted[at]));
    }
    Ok(worst)
}
