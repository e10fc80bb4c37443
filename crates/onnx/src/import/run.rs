//! Running an imported model: tensors of files in, tensors of files out.

use super::convert::{from_graph, to_graph};
use super::{Given, Imported};
use crate::{Error, Tensor};
use graph::{Engine, Execution, Memory, Value};
use std::sync::Arc;

/// An imported model made ready on an engine.
#[derive(Debug)]
pub struct Session {
    imported: Imported,
    execution: Option<Execution>,
    fetch: Vec<Value>,
}

impl Imported {
    /// Makes it ready: plans, compiles and uploads the weights.
    ///
    /// # Errors
    /// What the device cannot do.
    pub fn compile(&self, engine: &Engine) -> Result<Session, Error> {
        let mut fetch = Vec::new();
        for output in &self.outputs {
            if let Given::Run(value) = output.source
                && !fetch.contains(&value)
            {
                fetch.push(value);
            }
        }
        let memory = Memory::new(engine, 0);
        let execution = match fetch.is_empty() {
            true => None,
            false => Some(engine.compile(self.graph.clone(), &fetch, &memory)?),
        };
        Ok(Session { imported: self.clone(), execution, fetch })
    }
}

impl Session {
    /// The model.
    pub fn imported(&self) -> &Imported {
        &self.imported
    }

    /// The execution underneath, for its plan; `None` where every output is known without running.
    pub fn execution(&self) -> Option<&Execution> {
        self.execution.as_ref()
    }

    /// Runs on `inputs`, one for each of the model's, and gives its outputs in order.
    ///
    /// # Errors
    /// An input of another shape or kind than the model was imported for; what the device cannot do.
    pub fn run(&mut self, inputs: &[Tensor]) -> Result<Vec<Tensor>, Error> {
        let wanted = &self.imported.inputs;
        if inputs.len() != wanted.len() {
            let names: Vec<&str> = wanted.iter().map(|input| input.name.as_str()).collect();
            return Err(Error::malformed("inputs", format!("needs {}: {names:?}, got {}", names.len(), inputs.len())));
        }
        let mut given = Vec::new();
        if let Some(execution) = &mut self.execution {
            for (input, tensor) in wanted.iter().zip(inputs) {
                if let Some(value) = input.value {
                    execution.set(value, &to_graph(tensor)?)?;
                }
            }
            execution.run()?;
            given = execution.wait()?.unwrap_or_default();
        }
        let of = |value: &Value| self.fetch.iter().position(|v| v == value).map(|at| &given[at]);
        let outputs = self.imported.outputs.iter().map(|output| match &output.source {
            Given::Constant(tensor) => Ok(Arc::unwrap_or_clone(tensor.clone())),
            Given::Run(value) => match of(value) {
                Some(tensor) => from_graph(tensor, output.dtype),
                None => Err(Error::malformed(format!("output {:?}", output.name), "the run did not give it")),
            },
        });
        outputs.collect()
    }
}
