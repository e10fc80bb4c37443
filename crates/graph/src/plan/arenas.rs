//! Nodes whose kernels work on whole buffers of parameters: the optimiser's update of all of them, and the step of a
//! small multilayer perceptron. The rest of planning is in `emit.rs`.

use super::Row;
use super::emit::{Chosen, Emitter, Kind};
use super::layouts::Laid;
use crate::graph::{Node, Source};
use crate::ops::{MlpStep, MlpStepBuffer, Update, UpdateArenas};
use crate::{Error, Io, Misfit, Operand, Operation, Type};
use gpu_core::{Layout, kernels};
use std::sync::Arc;

impl Emitter<'_> {
    /// The optimiser: gradients move into one arena, parameters and what is kept of them lie in theirs, and the launches of
    /// one kernel update all.
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
        let elements: u64 = update.parameters(inputs).iter().map(|p| self.graph.ty(p.0).shape.count() as u64).sum();
        let op = UpdateArenas(kernels::update::Update {
            rule: update.rule,
            clip: update.clip,
            accumulate: update.accumulate,
            average: update.average,
            segments,
            steps: self.graph.ty(inputs[1].0).shape[0],
            gradient_bytes: self.gradient_bytes,
            clock: update.clock,
        });
        let arena = |bytes: u64| Type::f32([(bytes / 4) as usize]);
        let (step_type, rates) = (self.graph.ty(inputs[0].0).clone(), self.graph.ty(inputs[1].0).clone());
        let mut types = vec![step_type.clone(), rates, arena(self.gradient_bytes)];
        types
            .extend(rooms[3..rooms.len() - usize::from(update.clock)].iter().map(|&room| arena(self.home_bytes(room))));
        types.extend(update.clock.then_some(step_type));
        let row = Row {
            node: name.to_string(),
            op: "update".into(),
            attributes: update.describe(),
            outputs: vec![format!("{elements} parameters")],
            flops: elements * 4,
            bytes: elements * 4,
            ..Row::default()
        };
        self.arena_work(row, Arc::new(op), types, rooms, None)
    }

    /// Bytes of the whole buffer that a room of an arena stands for.
    fn home_bytes(&self, room: usize) -> u64 {
        let Kind::Home(buffer, _) = &self.rooms[room].kind else { unreachable!("arenas are homes") };
        self.homes.buffers().find(|(name, _)| name == buffer).map_or(0, |(_, bytes)| bytes)
    }

    /// Emits an op of whole buffers: its kernel is chosen, and proved, as every other's is.
    fn arena_work(
        &mut self,
        row: Row,
        op: Arc<dyn Operation>,
        types: Vec<Type>,
        rooms: Vec<usize>,
        output: Option<usize>,
    ) -> Result<(), Error> {
        let misfit = |why: Misfit| Error::NoKernel { op: op.name(), node: row.node.clone(), why: why.0 };
        let outputs = op.outputs(&types.iter().collect::<Vec<_>>()).map_err(misfit)?;
        let plain = |types: Vec<Type>| types.into_iter().map(|ty| Operand { ty, layout: Layout::PLAIN }).collect();
        let io = Io { inputs: plain(types), outputs: plain(outputs) };
        let node = Node { name: row.node.clone(), op, inputs: Vec::new(), outputs: Vec::new() };
        let Chosen { candidate, of, withheld, question } = self.chosen(&node, &io)?;
        let row = Row {
            question,
            candidate: candidate.name.clone(),
            candidates: of,
            withheld,
            launches: candidate.launches.len(),
            ..row
        };
        self.work(node.name, candidate, rooms, output.into_iter().collect(), row.flops);
        self.rows.push((row, output));
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
        let own = inputs[fixed..].iter().zip(&homes);
        let own = own.map(|(&(value, _), home)| (self.graph.ty(value).clone(), (home.offset / 4) as usize));
        let op = MlpStepBuffer { step, parameters: own.collect() };
        let mut types: Vec<Type> = inputs[..fixed].iter().map(|&(value, _)| self.graph.ty(value).clone()).collect();

        let time = self.now();
        let mut rooms: Vec<usize> = inputs.iter().map(|&laid| self.room(laid, time)).collect();
        for (output, input) in step.in_place() {
            self.room_of.insert(outputs[output], rooms[input]);
        }
        rooms.truncate(fixed);
        rooms.push(self.open(Kind::Home(buffer, 0), 0, time));
        types.push(Type::f32([(self.home_bytes(rooms[fixed]) / 4) as usize]));
        let bytes = self.operand(outputs[0]).bytes();
        let loss = self.open(Kind::Transient, bytes, time);
        self.room_of.insert(outputs[0], loss);
        let row = Row {
            node: name.to_string(),
            op: "mlp_step".into(),
            attributes: step.describe(),
            outputs: vec![self.graph.ty(outputs[0].0).to_string()],
            flops: op.flops(&types.iter().collect::<Vec<_>>(), &[]),
            bytes,
            ..Row::default()
        };
        self.arena_work(row, Arc::new(op), types, rooms, Some(loss))
    }
}
