//! Nodes whose kernels work on whole buffers of parameters: the optimiser's update of all of them, and the step of a
//! small multilayer perceptron. The rest of planning is in `emit.rs`.

use super::Row;
use super::emit::{Emitter, Kind};
use super::layouts::Laid;
use crate::Error;
use crate::graph::Source;
use crate::ops::{MlpStep, Update};
use gpu_core::{Layout, kernels};

impl Emitter<'_> {
    /// The optimiser: gradients move into one arena, parameters and moments lie in theirs, and one launch (or a few,
    /// where an arena is longer than a binding may be) updates all.
    pub(super) fn update(
        &mut self,
        name: &str,
        update: &Update,
        inputs: &[Laid],
        outputs: &[Laid],
    ) -> Result<(), Error> {
        let align = super::BLOCK.max(self.request.caps.storage_align);
        let mut segments = Vec::new();
        for (i, &gradient) in update.gradients(inputs).iter().enumerate() {
            let parameter = update.parameters(inputs)[i];
            let home = self.homes.of(self.graph, parameter.0).expect("parameters have homes");
            let offset = self.gradient_bytes;
            let bytes = self.operand(gradient).bytes();
            self.gradient_bytes = (offset + bytes).next_multiple_of(align);
            let room = self.room_of.get(&gradient).copied();
            let made_here = matches!(self.graph.source(gradient.0), Source::Node(..));
            match room {
                Some(room) if made_here && matches!(self.rooms[room].kind, Kind::Transient) => {
                    self.rooms[room].kind = Kind::Gradient(offset);
                }
                // A constant, an input, or the gradient of two parameters at once: the arena gets a copy.
                _ => {
                    let copy = self.open(Kind::Gradient(offset), bytes, 0);
                    self.convert(gradient, gradient, Some(copy))?;
                }
            }
            segments.push(kernels::update::Segment {
                offset: home.offset,
                bytes: home.bytes(),
                gradient: offset,
                parts: gradient.1.parts,
                part_bytes: gradient.1.part(&self.graph.ty(gradient.0).shape) as u64 * 4,
                group: update.groups[i],
            });
        }
        let time = self.now();
        let step = self.room(inputs[0], time);
        let schedule = self.room(inputs[1], time);
        for (&laid, &state) in outputs.iter().zip(update.states(inputs).iter()) {
            let room = self.room(state, time);
            self.room_of.insert(laid, room);
        }
        // Whole arenas stand in for the operands: step, schedule, gradients, parameters, what is kept of them; then the
        // clock.
        let mut rooms = vec![step, schedule, self.open(Kind::Gradient(0), 0, time)];
        for (_, members) in update.arenas(inputs) {
            let home = self.homes.of(self.graph, members[0].0).expect("moments have homes");
            rooms.push(self.open(Kind::Home(home.buffer.clone(), 0), 0, time));
        }
        rooms.extend(update.clock(inputs).map(|&clock| self.room(clock, time)));
        let problem = kernels::update::Update {
            rule: update.rule,
            clip: update.clip,
            accumulate: update.accumulate,
            average: update.average,
            segments,
            steps: self.graph.ty(inputs[1].0).shape[0],
            gradient_bytes: self.gradient_bytes,
            clock: update.clock,
        };
        let candidate = problem.candidate(self.request.caps);
        let elements: u64 = update.parameters(inputs).iter().map(|p| self.graph.ty(p.0).shape.count() as u64).sum();
        let row = Row {
            node: name.to_string(),
            op: "update".into(),
            attributes: crate::Operation::describe(update),
            outputs: vec![format!("{elements} parameters")],
            layout: Layout::PLAIN,
            candidate: candidate.name.clone(),
            candidates: 1,
            withheld: Vec::new(),
            launches: candidate.launches.len(),
            flops: elements * 4,
            slot: 0,
            bytes: elements * 4,
        };
        self.work(name.to_string(), candidate, rooms, Vec::new(), elements * 4);
        self.rows.push((row, None));
        Ok(())
    }

    /// The step of a perceptron: its parameters lie in one buffer, which the kernel gets whole, with their places.
    pub(super) fn mlp_step(
        &mut self,
        name: &str,
        step: MlpStep,
        inputs: &[Laid],
        outputs: &[Laid],
    ) -> Result<(), Error> {
        let no_kernel = |why: String| Error::NoKernel { op: "mlp_step", node: name.to_string(), why };
        let fixed = inputs.len() - 2 * step.layers;
        let mut homes = Vec::new();
        for &(value, layout) in &inputs[fixed..] {
            let home = self.homes.of(self.graph, value).filter(|home| home.layout == layout);
            let lies = home.ok_or_else(|| no_kernel("another graph laid the parameters out its way first".into()))?;
            homes.push(lies);
        }
        let buffer = homes[0].buffer.clone();
        if homes.iter().any(|home| home.buffer != buffer) {
            return Err(no_kernel("its parameters came to lie in different buffers".into()));
        }
        let offsets: Vec<usize> = homes.iter().map(|home| (home.offset / 4) as usize).collect();
        let types: Vec<_> = inputs.iter().map(|&(value, _)| self.graph.ty(value)).collect();
        let problem = step.problem(&types, &offsets).map_err(|misfit| no_kernel(misfit.0))?;
        let flops = crate::Operation::flops(&step, &types, &[]);
        let caps = self.request.caps;
        let candidate = problem.candidates(caps).into_iter().next().ok_or_else(|| {
            let most = kernels::mlp_step::MlpStep::most_neurons(caps);
            no_kernel(format!("inputs and neurons must be {most} at most: train in batches, layer by layer"))
        })?;

        let time = self.now();
        let mut rooms: Vec<usize> = inputs.iter().map(|&laid| self.room(laid, time)).collect();
        for (output, input) in crate::Operation::in_place(&step) {
            self.room_of.insert(outputs[output], rooms[input]);
        }
        rooms.truncate(fixed);
        rooms.push(self.open(Kind::Home(buffer, 0), 0, time));
        let bytes = self.operand(outputs[0]).bytes();
        let loss = self.open(Kind::Transient, bytes, time);
        self.room_of.insert(outputs[0], loss);
        let row = Row {
            node: name.to_string(),
            op: "mlp_step".into(),
            attributes: crate::Operation::describe(&step),
            outputs: vec![self.graph.ty(outputs[0].0).to_string()],
            layout: Layout::PLAIN,
            candidate: candidate.name.clone(),
            candidates: 1,
            withheld: Vec::new(),
            launches: candidate.launches.len(),
            flops,
            slot: 0,
            bytes,
        };
        self.work(name.to_string(), candidate, rooms, vec![loss], flops);
        self.rows.push((row, Some(loss)));
        Ok(())
    }
}
