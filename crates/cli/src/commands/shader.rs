//! `shader`: the WGSL that really runs, composed, with its knobs.

use super::{explain, models};
use crate::exit::{print, usage};
use clap::Args;
use lenslet::gpu_core::shaders::{self, Knob, Knobs};

/// Print a kernel's WGSL as the device gets it; without a name, list the kernels.
#[derive(Args)]
pub(crate) struct Shader {
    /// The kernel's name
    name: Option<String>,
    /// A knob of the kernel, such as WORKGROUP=256
    #[arg(long = "set", value_name = "KNOB=VALUE")]
    set: Vec<String>,
    /// A preset, file or run folder: the knobs are those of its training step
    #[arg(long, value_name = "MODEL", default_value = "lenet")]
    model: String,
    /// Images in its batch
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=1 << 20))]
    batch: u32,
    /// Adapter to plan for
    #[arg(long, value_name = "NAME")]
    adapter: Option<String>,
}

impl Shader {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let names = || shaders::ALL.iter().map(|shader| shader.name).collect::<Vec<_>>();
        let Some(name) = &self.name else { return print(names().join("\n")) };
        let shader = shaders::find(name)
            .ok_or_else(|| usage(format!("no kernel is called {name}; there are {}", names().join(", "))))?;
        let (knobs, place) = self.knobs(name)?;
        let composed = shaders::compose(shader, &knobs).map_err(|error| usage(error.to_string()))?;
        let set = if knobs == Knobs::default() { "as in the file".into() } else { knobs.to_string() };
        print(format!("// {name}: {place}; knobs {set}\n{composed}"))
    }

    /// The knobs of the first launch of this kernel in the model's step, then those given; and where that is.
    fn knobs(&self, name: &str) -> anyhow::Result<(Knobs, String)> {
        let model = models::by_name(&self.model)?;
        let (caps, adapter) = explain::caps(self.adapter.as_deref())?;
        let plan = model.explain(&caps, self.batch as usize, true)?.plan;
        let step = plan.steps.iter().find(|step| step.launch.shader.name == name);
        let mut knobs = step.map_or(Knobs::default(), |step| step.launch.knobs.clone());
        for text in &self.set {
            let (knob, value) = text
                .split_once('=')
                .ok_or_else(|| usage(format!("--set {text}: give a knob and its value, WORKGROUP=256")))?;
            // Knobs are named by the program's own text; a few bytes that stay until it ends do no harm.
            knobs = knobs.set(String::from(knob).leak(), parse(value));
        }
        let place = match step {
            Some(step) => format!("in \"{}\" of {} on {adapter}", step.node, self.model),
            None => format!("not in a training step of {} on {adapter}", self.model),
        };
        Ok((knobs, place))
    }
}

/// `256` is a u32, `-1` an i32, `0.5` an f32, `true` a bool, anything else a type.
fn parse(value: &str) -> Knob {
    if let Ok(number) = value.trim_end_matches('u').parse() {
        Knob::U32(number)
    } else if let Ok(number) = value.parse() {
        Knob::I32(number)
    } else if let Ok(number) = value.parse::<f32>() {
        Knob::from(number)
    } else if let Ok(truth) = value.parse::<bool>() {
        Knob::Bool(truth)
    } else {
        Knob::Type(String::from(value).leak())
    }
}
