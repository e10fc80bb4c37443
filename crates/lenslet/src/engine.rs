//! Where a network runs: the best adapter, the one asked for, or the CPU where there is none.

use crate::{Header, Result};
use graph::Engine;

/// The best adapter, or the one that `asked` names; the CPU where there is no adapter at all, with the reason and what
/// to install. Each kernel is proved there before its first use; what is proved already is read from the user's cache
/// folder, or from `LENSLET_CACHE`.
///
/// # Errors
/// No adapter matches what was asked, or the driver refuses.
pub fn open(asked: Option<&str>) -> Result<(Engine, Option<String>)> {
    match Engine::gpu(asked) {
        Ok(engine) => {
            if let Engine::Gpu(device) = &engine {
                cases::prove_before_use(device);
            }
            Ok((engine, None))
        }
        Err(graph::Error::Device(error @ graph::gpu_core::Error::NoAdapter { .. })) => {
            Ok((Engine::Cpu, Some(error.to_string())))
        }
        Err(error) => Err(error.into()),
    }
}

/// Has the engine run the kernels with which a run began, where it is on the machine that it began on: before its trainer
/// is made. What is not there any more, or wrong, the session's `resume` names.
pub fn go_on(engine: &Engine, begun: &Header) {
    if let Engine::Gpu(device) = engine
        && begun.adapter == adapter(engine)
    {
        graph::choose_again(device, &begun.kernels);
    }
}

/// The machine in one line.
pub fn adapter(engine: &Engine) -> String {
    match engine {
        Engine::Cpu => "CPU".into(),
        Engine::Reference => "CPU, by the reference".into(),
        Engine::Gpu(device) => {
            let summary = device.summary();
            format!("{}, {}, {}", summary.name, summary.backend, summary.driver_text())
                .trim_end_matches(", ")
                .to_string()
        }
    }
}
