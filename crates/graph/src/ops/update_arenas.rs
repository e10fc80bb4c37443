//! The update as it runs: of whole arenas, in which the parameters lie side by side. The plan makes it of an
//! [`Update`](super::Update); rows of the table make it themselves, so that every rule is proved like any other kernel.
//!
//! Inputs: step i32 `[1]`, schedule `[updates, 4]`, the arena of gradients, that of the parameters, those of what is kept
//! of them (see `update.rs`), all f32 and flat; with `clock` the clock. Outputs: parameters, what is kept, clock, each in
//! its place. Gradients are the kernels' own to change.

use super::update::{Update, average};
use crate::{Io, Misfit, Operation, Type, Wide, misfit};
use gpu_core::kernels::update as kernel;
use gpu_core::{Candidate, Caps};
use ndarray::{IxDyn, s};

/// One step of an optimiser over arenas.
#[derive(Clone, Debug, PartialEq)]
pub struct UpdateArenas(pub kernel::Update);

/// Inputs before the arenas of parameters and what is kept.
const FIXED: usize = 3;

impl UpdateArenas {
    /// The same of values instead of arenas, without averages.
    fn of_values(&self) -> Update {
        let kernel::Update { rule, clip, accumulate, .. } = self.0;
        let groups = self.0.segments.iter().map(|segment| segment.group).collect();
        Update { rule, clip, accumulate, average: None, groups, clock: false }
    }

    /// Arenas of parameters and what is kept of them.
    fn arenas(&self) -> usize {
        1 + self.of_values().kept().len() + usize::from(self.0.average.is_some())
    }

    /// Numbers of a segment in an arena.
    fn range(bytes: u64, from: u64) -> std::ops::Range<usize> {
        (from / 4) as usize..((from + bytes) / 4) as usize
    }
}

impl Operation for UpdateArenas {
    fn name(&self) -> &'static str {
        "update"
    }

    fn outputs(&self, inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        let (arenas, clock) = (self.arenas(), usize::from(self.0.clock));
        if inputs.len() != FIXED + arenas + clock {
            misfit!("needs step, schedule, gradients, {arenas} arenas and {clock} clocks, got {} inputs", inputs.len());
        }
        let steps = inputs[1].shape.first().copied().unwrap_or(0);
        if *inputs[1] != Type::f32([self.0.steps, 4]) {
            misfit!("schedule must be [{}, 4], got {steps} rows of {}", self.0.steps, inputs[1]);
        }
        let behind = |at: usize, end: u64| inputs[at].shape.count() as u64 * 4 < end;
        let end = self.0.segments.iter().map(|s| s.offset + s.bytes).max().unwrap_or(0);
        let short =
            (FIXED..FIXED + arenas).find(|&at| behind(at, end)).or(behind(2, self.0.gradient_bytes).then_some(2));
        if let Some(at) = short {
            misfit!("arena {at} is {}, too short for what lies in it", inputs[at]);
        }
        Ok(inputs[FIXED..].iter().map(|&ty| ty.clone()).collect())
    }

    fn lower(&self, _io: &Io, caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        Ok(vec![self.0.candidate(caps)])
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        let (update, segments) = (self.of_values(), &self.0.segments);
        let piece = |arena: &Wide, range: std::ops::Range<usize>| arena.slice(s![range]).to_owned().into_dyn();
        let mut states: Vec<Wide> = inputs[FIXED..FIXED + self.arenas()].iter().map(|&arena| arena.clone()).collect();
        let pieces = |arena: &Wide| -> Vec<Wide> {
            segments.iter().map(|s| piece(arena, Self::range(s.bytes, s.offset))).collect()
        };
        let mut values = vec![inputs[0].clone(), inputs[1].clone()];
        values.extend(pieces(inputs[FIXED]));
        values.extend(segments.iter().map(|segment| {
            let part = |k: u32| {
                piece(inputs[2], Self::range(segment.bytes, segment.gradient + u64::from(k) * segment.part_bytes))
            };
            (1..segment.parts).fold(part(0), |sum, k| sum + part(k))
        }));
        values.extend(states[1..=update.kept().len()].iter().flat_map(pieces));
        let moved = update.reference(&values.iter().collect::<Vec<_>>());
        for (arena, moved) in states.iter_mut().zip(moved.chunks(segments.len())) {
            for (segment, moved) in segments.iter().zip(moved) {
                arena.slice_mut(s![Self::range(segment.bytes, segment.offset)]).assign(moved);
            }
        }
        let step = inputs[0].first().copied().unwrap_or_default();
        if let (Some(decay), [parameters, .., averages]) = (self.0.average, &mut states[..]) {
            // Of the whole arena, what lies between parameters too.
            average(decay, self.0.accumulate as usize, step as usize, averages, parameters);
        }
        states.extend(self.0.clock.then(|| Wide::from_elem(IxDyn(&[1]), step + 1.0)));
        states
    }

    fn in_place(&self) -> Vec<(usize, usize)> {
        (0..self.arenas() + usize::from(self.0.clock)).map(|at| (at, FIXED + at)).collect()
    }

    fn flops(&self, inputs: &[&Type], _outputs: &[&Type]) -> u64 {
        4 * inputs[FIXED].shape.count() as u64
    }

    fn describe(&self) -> String {
        let average = self.0.average.map_or(String::new(), |decay| format!(" average {decay}"));
        let clip = self.0.clip.map_or(String::new(), |clip| format!(" clipped to {clip:?}"));
        format!("{}{average}{clip}{}", self.of_values().describe(), if self.0.clock { " with the clock" } else { "" })
    }
}
