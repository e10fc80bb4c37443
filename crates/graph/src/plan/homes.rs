//! Where parameters, moments and states live: in a few buffers that all programs of a model share.
//!
//! Parameters lie in one arena, and each optimiser moment in one of its own at the same offsets, so that the update
//! is one launch. Arenas are cut into blocks of [`BLOCK`] bytes that belong to one parameter each.

use crate::graph::{Graph, Source, Value};
use crate::ops::Update;
use crate::plan::layouts::{Event, Laid};
use crate::{Operand, Type};
use gpu_core::{Caps, Layout};
use std::collections::BTreeMap;

/// Bytes of a block: 64 invocations of the update kernel, one `vec4` each.
pub const BLOCK: u64 = gpu_core::kernels::update::BLOCK * 16;

/// The place of one parameter, moment or state.
#[derive(Clone, Debug, PartialEq)]
pub struct Home {
    /// Name of its buffer.
    pub buffer: String,
    /// First byte.
    pub offset: u64,
    /// How it lies.
    pub layout: Layout,
    /// Shape and dtype.
    pub ty: Type,
}

impl Home {
    /// Bytes that it takes.
    pub fn bytes(&self) -> u64 {
        Operand { ty: self.ty.clone(), layout: self.layout }.bytes()
    }
}

/// The places of all parameters, moments and states, by name.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Homes {
    places: BTreeMap<String, Home>,
    bytes: BTreeMap<String, u64>,
}

impl Homes {
    /// The place of a value.
    pub fn get(&self, name: &str) -> Option<&Home> {
        self.places.get(name)
    }

    /// All places, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Home)> {
        self.places.iter().map(|(name, home)| (name.as_str(), home))
    }

    /// Buffers with their sizes in bytes.
    pub fn buffers(&self) -> impl Iterator<Item = (&str, u64)> {
        self.bytes.iter().map(|(name, &bytes)| (name.as_str(), bytes))
    }

    fn settle(&mut self, name: &str, buffer: &str, align: u64, ty: &Type, layout: Layout) {
        let end = self.bytes.entry(buffer.to_string()).or_default();
        let offset = end.next_multiple_of(align);
        let home = Home { buffer: buffer.to_string(), offset, layout, ty: ty.clone() };
        *end = (offset + home.bytes()).next_multiple_of(align);
        self.places.insert(name.to_string(), home);
    }

    /// Gives a place to every parameter and state of the events that has none yet. Those that an update reads come
    /// first, in its order, each moment at its parameter's offset.
    pub(crate) fn extend(&mut self, graph: &Graph, events: &[Event], fetched: &[Laid], caps: &Caps) {
        let fresh = self.places.is_empty();
        let generation = self.bytes.len();
        let named = |kind: &str| if fresh { kind.to_string() } else { format!("{kind}.{generation}") };
        let align = BLOCK.max(caps.storage_align);
        for event in events {
            let Event::Node { node, inputs, .. } = event else { continue };
            let Some(update) = graph.nodes[*node].op_as::<Update>() else { continue };
            for (arena, members) in update.arenas(inputs) {
                for &(value, layout) in members {
                    if self.get(graph.name(value)).is_none() {
                        self.settle(graph.name(value), &named(&arena), align, graph.ty(value), layout);
                    }
                }
            }
        }
        let read = events.iter().flat_map(|event| match event {
            Event::Node { inputs, .. } => inputs.as_slice(),
            Event::Convert { from, .. } => std::slice::from_ref(from),
        });
        for &(value, layout) in read.chain(fetched) {
            let kind = match graph.source(value) {
                Source::Parameter(_) => "parameters",
                Source::State(_) => "states",
                _ => continue,
            };
            if self.get(graph.name(value)).is_none() {
                self.settle(graph.name(value), &named(kind), align, graph.ty(value), layout);
            }
        }
    }

    /// The place of a value of the graph, if it has one.
    pub(crate) fn of(&self, graph: &Graph, value: Value) -> Option<&Home> {
        matches!(graph.source(value), Source::Parameter(_) | Source::State(_)).then(|| self.get(graph.name(value)))?
    }
}
