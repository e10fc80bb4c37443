//! The kernels that a run's plans chose: written into its checkpoints, so that whoever goes on with it takes the same ones,
//! whatever has been measured or found wrong since. Other kernels may round otherwise.

use graph::plan::Planned;

/// Every node that runs, with what its kernel was chosen for.
pub(crate) fn recorded(plans: &[Option<&Planned>]) -> Vec<String> {
    plans.iter().flatten().flat_map(|planned| graph::recorded(&planned.rows)).collect()
}

/// Nodes named in a message; the rest are counted.
const NAMED: usize = 3;

/// What runs otherwise than was recorded, and why; `None` where nothing does.
pub(crate) fn changes(before: &[String], plans: &[Option<&Planned>]) -> Option<String> {
    let now = recorded(plans);
    if before == now {
        return None;
    }
    let before = graph::chosen(before);
    let rows = plans.iter().flatten().flat_map(|planned| &planned.rows);
    let mut changed = Vec::new();
    for row in rows.filter(|row| !row.candidate.is_empty()) {
        let Some(was) = before.get(&row.question).filter(|was| **was != row.candidate) else { continue };
        let why = match row.withheld.iter().find(|withheld| withheld.starts_with(&format!("{was}:"))) {
            Some(_) => "is wrong on this device",
            None => "is not there any more",
        };
        changed.push(format!("{}: kernel {was} {why}, {} runs", row.node, row.candidate));
    }
    let more = changed.len().saturating_sub(NAMED);
    let what = match changed.is_empty() {
        true => "its steps are planned otherwise than before".to_string(),
        false => {
            changed[..changed.len().min(NAMED)].join("; ")
                + &if more > 0 { format!("; and {more} more") } else { String::new() }
        }
    };
    Some(format!("{what}: bits may differ from an unbroken run"))
}

#[cfg(test)]
mod tests {
    use crate::{Ended, Model, RunFolder, RunText, Session, Settings, Trainer, Watch, engine};
    use graph::Engine;
    use graph::gpu_core::{Device, test_device};
    use std::sync::Arc;

    struct Stop;

    impl Watch for Stop {
        fn stop(&mut self) -> bool {
            true
        }
    }

    #[test]
    fn a_run_says_which_kernel_it_cannot_go_on_with() {
        if test_device().is_none() {
            return;
        }
        let images = Arc::new(datasets::digits8x8().unwrap().select(&(0..64).collect::<Vec<u32>>()));
        let model = || Model::new([1, 8, 8]).conv2d(4, 3).relu().flatten().linear(10);
        let settings = Settings { epochs: 1, batch: 16, ..Settings::default() };
        let begin = || {
            let engine = Engine::Gpu(Device::open(None).unwrap());
            let trainer = |engine: &Engine| Trainer::new(engine, model(), settings.clone(), images.clone()).unwrap();
            (engine, trainer)
        };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run");
        let (engine, trainer) = begin();
        let run = RunFolder::create(&path, &RunText::new("digits", None, &model(), &settings)).unwrap();
        let mut session = Session::new(trainer(&engine), images.clone()).keep_in(run);
        assert_eq!(session.run(&mut Stop).unwrap(), Ended::Stopped);
        let mut checkpoint = RunFolder::checkpoint(&path).unwrap().unwrap();
        let lines = &mut checkpoint.header.kernels;
        assert!(lines.iter().any(|line| line.starts_with("conv2d1 conv ")), "{lines:?}");

        let (engine, trainer) = begin();
        engine::go_on(&engine, &checkpoint.header);
        let said = Session::new(trainer(&engine), images.clone()).resume(checkpoint.clone()).unwrap();
        assert_eq!(said, None);

        let at = checkpoint.header.kernels.iter().position(|line| line.starts_with("conv2d1 conv ")).unwrap();
        let line = &mut checkpoint.header.kernels[at];
        *line = line.rsplit_once(" → ").unwrap().0.to_string() + " → conv_gone/7";
        let (engine, trainer) = begin();
        engine::go_on(&engine, &checkpoint.header);
        let said = Session::new(trainer(&engine), images.clone()).resume(checkpoint).unwrap().unwrap();
        assert!(said.starts_with("conv2d1: kernel conv_gone/7 is not there any more, "), "{said}");
    }
}
