//! Second pass of planning: buffers for values, candidates for nodes, launches with their regions.

use super::layouts::{Event, Laid};
use super::memory::{self, Demand, Lifetime};
use super::{Choice, Homes, Place, Planned, Request, Row, question};
use crate::graph::{Graph, Node, Source, Value};
use crate::operation::{Io, Operand, Operation};
use crate::ops::{Convert, MlpStep, Update};
use crate::{Error, Misfit};
use gpu_core::{Arg, Candidate, Layout, Origin, Plan, Region, Slot, SlotPlan, Step};
use std::collections::HashMap;
use std::sync::Arc;

/// Where a stretch of memory comes from.
pub(super) enum Kind {
    Transient,
    /// In a shared buffer, from this offset.
    Home(String, u64),
    /// In the arena of gradients, at this offset.
    Gradient(u64),
    Constant(Vec<u8>),
}

/// Memory of a laid-out value. Views and in-place outputs share their input's.
pub(super) struct Room {
    pub(super) kind: Kind,
    life: Lifetime,
}

/// A node or conversion with its candidate and rooms.
struct Work {
    node: String,
    candidate: Candidate,
    inputs: Vec<usize>,
    outputs: Vec<usize>,
    scratch: Vec<usize>,
    flops: u64,
}

pub(super) struct Emitter<'a> {
    pub(super) graph: &'a Graph,
    pub(super) request: &'a Request<'a>,
    pub(super) homes: &'a Homes,
    pub(super) rooms: Vec<Room>,
    pub(super) room_of: HashMap<Laid, usize>,
    inputs: Vec<(Value, usize, Layout)>,
    works: Vec<Work>,
    pub(super) rows: Vec<(Row, Option<usize>)>,
    pub(super) gradient_bytes: u64,
}

/// What runs a node.
pub(super) struct Chosen {
    pub(super) candidate: Candidate,
    /// Of so many.
    pub(super) of: usize,
    pub(super) withheld: Vec<String>,
    pub(super) question: String,
}

/// Last use of what must outlive the plan: inputs (a program may be replayed without a new upload) and fetched values.
const FOREVER: usize = usize::MAX;

pub(super) fn emit(
    graph: &Graph,
    request: &Request<'_>,
    homes: &Homes,
    events: &[Event],
    fetched: &[Laid],
) -> Result<Planned, Error> {
    let mut emitter = Emitter {
        graph,
        request,
        homes,
        rooms: Vec::new(),
        room_of: HashMap::new(),
        inputs: Vec::new(),
        works: Vec::new(),
        rows: Vec::new(),
        gradient_bytes: 0,
    };
    for event in events {
        match event {
            Event::Node { node, inputs, outputs } => emitter.node(*node, inputs, outputs)?,
            Event::Convert { from, to } => emitter.convert(*from, *to, None)?,
        }
    }
    let fetched: Vec<(usize, Layout)> = fetched.iter().map(|&laid| (emitter.room(laid, FOREVER), laid.1)).collect();
    Ok(emitter.finish(&fetched))
}

impl Emitter<'_> {
    pub(super) fn operand(&self, (value, layout): Laid) -> Operand {
        Operand { ty: self.graph.ty(value).clone(), layout }
    }

    pub(super) fn open(&mut self, kind: Kind, bytes: u64, first: usize) -> usize {
        self.rooms.push(Room { kind, life: Lifetime { bytes, first, last: first } });
        self.rooms.len() - 1
    }

    /// The room of a value that is read at `time`; leaves get theirs at first sight.
    pub(super) fn room(&mut self, laid: Laid, time: usize) -> usize {
        let room = match self.room_of.get(&laid) {
            Some(&room) => room,
            None => {
                let bytes = self.operand(laid).bytes();
                let room = match self.graph.source(laid.0) {
                    Source::Constant(tensor) => self.open(Kind::Constant(tensor.pack(laid.1)), bytes, 0),
                    Source::Input => {
                        let room = self.open(Kind::Transient, bytes, 0);
                        self.inputs.push((laid.0, room, laid.1));
                        self.rooms[room].life.last = FOREVER;
                        room
                    }
                    _ => {
                        let home = self.homes.of(self.graph, laid.0).expect("parameters and states have homes");
                        let kind = Kind::Home(home.buffer.clone(), home.offset);
                        self.open(kind, bytes, 0)
                    }
                };
                self.room_of.insert(laid, room);
                room
            }
        };
        self.rooms[room].life.last = self.rooms[room].life.last.max(time);
        room
    }

    pub(super) fn now(&self) -> usize {
        self.works.len()
    }

    fn node(&mut self, at: usize, inputs: &[Laid], outputs: &[Laid]) -> Result<(), Error> {
        let node = &self.graph.nodes[at];
        if let Some(update) = node.op_as::<Update>() {
            return self.update(&node.name, update, inputs, outputs);
        }
        if let Some(step) = node.op_as::<MlpStep>() {
            return self.mlp_step(&node.name, *step, inputs, outputs);
        }
        let io = Io {
            inputs: inputs.iter().map(|&l| self.operand(l)).collect(),
            outputs: outputs.iter().map(|&l| self.operand(l)).collect(),
        };
        let time = self.now();
        let in_rooms: Vec<usize> = inputs.iter().map(|&l| self.room(l, time)).collect();
        let in_place = node.op.in_place();
        let mut out_rooms = Vec::new();
        for (i, &laid) in outputs.iter().enumerate() {
            let shared = if node.op.is_view() { Some(0) } else { in_place.iter().find(|p| p.0 == i).map(|p| p.1) };
            let room = match shared {
                Some(input) => in_rooms[input],
                None => self.open(Kind::Transient, io.outputs[i].bytes(), time),
            };
            self.room_of.insert(laid, room);
            out_rooms.push(room);
        }
        let mut row = Row {
            node: node.name.clone(),
            op: node.op.name().into(),
            attributes: node.op.describe(),
            outputs: io.outputs.iter().map(|o| o.ty.to_string()).collect(),
            layout: io.outputs[0].layout,
            question: String::new(),
            candidate: String::new(),
            candidates: 0,
            withheld: Vec::new(),
            launches: 0,
            flops: 0,
            slot: 0,
            bytes: io.outputs.iter().map(Operand::bytes).sum(),
        };
        if !node.op.is_view() {
            let chosen = self.chosen(node, &io)?;
            row.candidates = chosen.of;
            row.withheld = chosen.withheld;
            row.question = chosen.question;
            let candidate = chosen.candidate;
            let types = |values: &[Laid]| values.iter().map(|&(v, _)| self.graph.ty(v)).collect::<Vec<_>>();
            row.flops = node.op.flops(&types(inputs), &types(outputs));
            row.candidate = candidate.name.clone();
            row.launches = candidate.launches.len();
            self.work(node.name.clone(), candidate, in_rooms, out_rooms.clone(), row.flops);
        }
        self.rows.push((row, out_rooms.first().copied()));
        Ok(())
    }

    /// The candidate that runs a node whose operands lie so.
    pub(super) fn chosen(&self, node: &Node, io: &Io) -> Result<Chosen, Error> {
        let refused = |Misfit(why)| Error::NoKernel { op: node.op.name(), node: node.name.clone(), why };
        let mut candidates = node.op.lower(io, self.request.caps).map_err(refused)?;
        if candidates.is_empty() {
            let shapes: Vec<String> = io.inputs.iter().map(|x| format!("{} {}", x.ty, x.layout)).collect();
            return Err(refused(Misfit(format!("no kernel takes {}", shapes.join(", ")))));
        }
        let (most, least) = (self.request.caps.loop_rounds, candidates.iter().map(Candidate::rounds).min());
        candidates.retain(|candidate| candidate.rounds() <= most.into());
        if candidates.is_empty() {
            let least = least.unwrap_or_default();
            let why = format!(
                "its kernels' loops take {least} rounds, and this driver leaves loops after {most} with wrong numbers; \
                 take smaller shapes, another adapter or the CPU"
            );
            return Err(refused(Misfit(why)));
        }
        let choice = self.request.choose.map_or(Ok(Choice::default()), |choose| choose(node, io, &candidates));
        let choice = choice.map_err(refused)?;
        let of = candidates.len();
        Ok(Chosen {
            candidate: candidates.swap_remove(choice.index),
            of,
            withheld: choice.withheld,
            question: question(node, io),
        })
    }

    pub(super) fn work(
        &mut self,
        node: String,
        candidate: Candidate,
        inputs: Vec<usize>,
        outputs: Vec<usize>,
        flops: u64,
    ) {
        let time = self.now();
        let mut scratch: Vec<usize> = candidate
            .scratch
            .iter()
            .map(|&bytes| self.open(Kind::Transient, bytes.next_multiple_of(16), time))
            .collect();
        for table in &candidate.tables {
            let bytes: Vec<u8> = table.iter().flat_map(|word| word.to_le_bytes()).collect();
            let room = self.open(Kind::Constant(bytes), table.len() as u64 * 4, time);
            scratch.push(room);
        }
        for &room in &outputs {
            self.rooms[room].life.last = self.rooms[room].life.last.max(time);
        }
        self.works.push(Work { node, candidate, inputs, outputs, scratch, flops });
    }

    /// Brings a value from one layout into another, into a fresh room or the given one.
    pub(super) fn convert(&mut self, from: Laid, to: Laid, into: Option<usize>) -> Result<(), Error> {
        let time = self.now();
        let (x, y) = (self.operand(from), self.operand(to));
        let input = self.room(from, time);
        let output = into.unwrap_or_else(|| self.open(Kind::Transient, y.bytes(), time));
        if into.is_none() {
            self.room_of.insert(to, output);
        }
        debug_assert_eq!(y.ty.dtype.bytes(1), 4, "bytes are never converted");
        let name = format!("{} → {}", self.graph.name(from.0), to.1);
        let (op, io) = (Convert { from: from.1, to: to.1 }, Io { inputs: vec![x], outputs: vec![y.clone()] });
        let node = Node { name: name.clone(), op: Arc::new(op), inputs: vec![from.0], outputs: vec![to.0] };
        let Chosen { candidate, of, withheld, question } = self.chosen(&node, &io)?;
        let row = Row {
            node: name.clone(),
            op: "convert".into(),
            attributes: op.describe(),
            outputs: vec![y.ty.to_string()],
            layout: to.1,
            question,
            candidate: candidate.name.clone(),
            candidates: of,
            withheld,
            launches: candidate.launches.len(),
            flops: 0,
            slot: 0,
            bytes: y.bytes(),
        };
        self.work(name, candidate, vec![input], vec![output], 0);
        self.rows.push((row, Some(output)));
        Ok(())
    }

    /// Transient rooms that each op writes, and those that it reads.
    fn touched(&self, index_of: &HashMap<usize, usize>) -> Vec<(Vec<usize>, Vec<usize>)> {
        let known = |room: &usize| index_of.get(room).copied();
        let of = |work: &Work| {
            let written: Vec<usize> = work.outputs.iter().chain(&work.scratch).filter_map(known).collect();
            let read = work.inputs.iter().filter_map(known).filter(|room| !written.contains(room)).collect();
            (written, read)
        };
        self.works.iter().map(of).collect()
    }

    fn finish(mut self, fetched: &[(usize, Layout)]) -> Planned {
        let end = self.works.len();
        self.rooms.iter_mut().for_each(|room| room.life.last = room.life.last.min(end));
        let transient: Vec<usize> =
            (0..self.rooms.len()).filter(|&r| matches!(self.rooms[r].kind, Kind::Transient)).collect();
        let lives: Vec<Lifetime> = transient.iter().map(|&r| self.rooms[r].life).collect();
        let index_of: HashMap<usize, usize> = transient.iter().enumerate().map(|(i, &room)| (room, i)).collect();
        let caps = self.request.caps;
        let touched = self.touched(&index_of);
        let least_bytes = memory::least(&lives, &touched) + self.gradient_bytes;
        let apart = memory::apart(&touched);
        let demand = Demand { values: lives, apart, align: caps.storage_align, most: caps.buffer_bytes };
        let assignment = memory::assign(&demand);
        let mut plan = Plan::default();
        plan.slots.extend(assignment.bytes.iter().map(|&bytes| SlotPlan { bytes, origin: Origin::Transient }));
        let transient_bytes = plan.bytes() + self.gradient_bytes;
        let mut named: HashMap<String, Slot> = HashMap::new();
        let add = |plan: &mut Plan, bytes: u64, origin: Origin| {
            plan.slots.push(SlotPlan { bytes, origin });
            Slot(plan.slots.len() as u32 - 1)
        };
        let gradients = (self.gradient_bytes > 0).then(|| add(&mut plan, self.gradient_bytes, Origin::Transient));
        let mut regions = Vec::new();
        for (at, room) in self.rooms.iter().enumerate() {
            let mut region = Region { slot: Slot(0), offset: 0, bytes: room.life.bytes };
            match &room.kind {
                Kind::Transient => {
                    let (slot, offset) = assignment.place[index_of[&at]];
                    (region.slot, region.offset) = (Slot(slot as u32), offset);
                }
                Kind::Gradient(offset) => {
                    region.slot = gradients.expect("there is an arena if there are gradients");
                    region.offset = *offset;
                    if region.bytes == 0 {
                        region.bytes = self.gradient_bytes;
                    }
                }
                Kind::Home(buffer, offset) => {
                    let bytes = self.homes.buffers().find(|b| b.0 == buffer).expect("homes lie in known buffers").1;
                    region.slot = *named
                        .entry(buffer.clone())
                        .or_insert_with(|| add(&mut plan, bytes, Origin::Bound(buffer.clone())));
                    region.offset = *offset;
                    if region.bytes == 0 {
                        region.bytes = bytes;
                    }
                }
                Kind::Constant(bytes) => {
                    let mut bytes = bytes.clone();
                    bytes.resize(bytes.len().next_multiple_of(16), 0);
                    region.bytes = bytes.len() as u64;
                    region.slot = add(&mut plan, region.bytes, Origin::Constant(bytes));
                }
            }
            regions.push(region);
        }
        for work in &self.works {
            let launches = work.candidate.launches.len() as u64;
            for launch in &work.candidate.launches {
                let bindings = launch.args.iter().map(|arg| match *arg {
                    Arg::Input(i) => regions[work.inputs[i]],
                    Arg::Output(i) => regions[work.outputs[i]],
                    Arg::Scratch(i) => regions[work.scratch[i]],
                    Arg::Table(i) => regions[work.scratch[work.candidate.scratch.len() + i]],
                });
                plan.steps.push(Step {
                    node: work.node.clone(),
                    bindings: bindings.collect(),
                    launch: launch.clone(),
                    flops: work.flops / launches,
                });
            }
        }
        let place = |room: usize, layout: Layout| Place { region: regions[room], layout };
        Planned {
            inputs: self.inputs.iter().map(|&(value, room, layout)| (value, place(room, layout))).collect(),
            fetched: fetched.iter().map(|&(room, layout)| place(room, layout)).collect(),
            rows: self
                .rows
                .into_iter()
                .map(|(row, room)| Row { slot: room.map_or(0, |r| regions[r].slot.0), ..row })
                .collect(),
            transient_bytes,
            least_bytes,
            plan,
        }
    }
}
