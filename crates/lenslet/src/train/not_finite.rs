//! When a loss is not finite: goes back to the last good state, runs up to that step again and looks at every value in
//! order, so that the first bad one is named. Steps are functions of the state, so the same thing happens again.

use super::trainer::{StepResult, Trainer};
use crate::{Error, Result};
use graph::{DType, Data, Tensor, Value};

/// The error for this step, or the error of looking for it.
pub(super) fn explain(trainer: &mut Trainer, bad: StepResult) -> Result<Error> {
    let (from, good) = trainer.good.clone();
    trainer.restore(from, &good)?;
    while trainer.submitted() + 1 < bad.step {
        trainer.submit()?;
    }
    trainer.wait()?;
    let first = match first_bad(trainer, bad.step)? {
        Some(first) => format!("first bad value: {first}"),
        None => "no bad value was found when the step was run again".into(),
    };
    Ok(Error::NotFinite { step: bad.step, what: format!("the loss is {}; {first}", bad.loss) })
}

/// The first value that is not finite in this step: parameters, then what the layers make, in order.
fn first_bad(trainer: &mut Trainer, step: u64) -> Result<Option<String>> {
    let before = trainer.memory.snapshot()?;
    if let Some((name, tensor)) = before.iter().find(|(_, tensor)| place(tensor).is_some()) {
        return Ok(Some(format!("{} before the step", describe(name, tensor))));
    }
    let graph = trainer.graph.graph.clone();
    let mut watched: Vec<(String, Value)> = vec![("x".into(), trainer.graph.x)];
    watched.extend(trainer.graph.layers.iter().map(|layer| (layer.name.clone(), layer.value)));
    watched.push(("the images' losses".into(), trainer.graph.losses));
    watched.retain(|(_, value)| graph.ty(*value).dtype == DType::F32);
    let fetch: Vec<Value> = watched.iter().map(|(_, value)| *value).collect();
    let mut execution = trainer.engine.compile(graph, &fetch, &trainer.memory)?;
    let values = trainer.run_again(&mut execution, step - 1)?.unwrap_or_default();
    let found = watched.iter().zip(&values).find(|(_, tensor)| place(tensor).is_some());
    Ok(found.map(|((name, _), tensor)| describe(name, tensor)))
}

/// Where the first number is that is not finite.
pub(crate) fn place(tensor: &Tensor) -> Option<usize> {
    match tensor.data() {
        Data::F32(v) => v.iter().position(|e| !e.is_finite()),
        _ => None,
    }
}

/// `conv2d1.weight[0, 0, 2, 1] is NaN`
pub(crate) fn describe(name: &str, tensor: &Tensor) -> String {
    let (Some(mut at), Data::F32(v)) = (place(tensor), tensor.data()) else { return format!("{name} is finite") };
    let value = v[at];
    let mut index = Vec::new();
    for &length in tensor.shape().iter().rev() {
        index.insert(0, at % length);
        at /= length;
    }
    format!("{name}{index:?} is {value}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_place() {
        let tensor = Tensor::f32([2, 3], vec![0.0, 1.0, 2.0, 3.0, f32::NAN, f32::INFINITY]).unwrap();
        assert_eq!(describe("fc.weight", &tensor), "fc.weight[1, 1] is NaN");
        assert_eq!(place(&Tensor::scalar(1.0)), None);
    }
}
