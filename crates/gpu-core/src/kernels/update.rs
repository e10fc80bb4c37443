//! The optimiser's update: all parameters in one launch, whatever their number.
//!
//! Parameters lie in blocks of 64 vec4s of an arena, moments at the same places of theirs. A table tells each block
//! where its gradient is, in how many parts, and its group's settings.

use crate::{Arg, Candidate, Caps, Launch, params};

/// `vec4`s of a block: one for each invocation of a workgroup.
pub const BLOCK: u64 = 64;

/// How a parameter moves, as PyTorch defines it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rule {
    /// Stochastic gradient descent with momentum.
    Sgd {
        /// Share of the old velocity that is kept.
        momentum: f32,
        /// Share of the gradient that is kept out of the velocity.
        dampening: f32,
        /// Look ahead by one velocity.
        nesterov: bool,
    },
    /// Adam, or AdamW when decoupled.
    Adam {
        /// Decay of the first moment.
        beta1: f32,
        /// Decay of the second moment.
        beta2: f32,
        /// Keeps the quotient finite.
        eps: f32,
        /// Weight decay apart from the gradient.
        decoupled: bool,
    },
}

/// Settings of a group of parameters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Group {
    /// Factor on the schedule's learning rate.
    pub lr_scale: f32,
    /// Pull towards zero.
    pub weight_decay: f32,
}

/// One parameter: its place in the arena and its gradient's place in the arena of gradients, in bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    /// First byte of the parameter, a multiple of a block.
    pub offset: u64,
    /// Bytes of the parameter.
    pub bytes: u64,
    /// First byte of its gradient.
    pub gradient: u64,
    /// Parts of its gradient.
    pub parts: u32,
    /// Bytes from one part to the next.
    pub part_bytes: u64,
    /// Its settings.
    pub group: Group,
}

/// The update of all `segments`.
pub struct Update {
    /// How.
    pub rule: Rule,
    /// What.
    pub segments: Vec<Segment>,
    /// Rows of the schedule.
    pub steps: usize,
}

impl Update {
    /// The one way to do it. Bindings: step, schedule, table, gradients, parameters, then the moments, whole arenas.
    pub fn candidate(&self, caps: &Caps) -> Candidate {
        let table = self.table();
        let blocks = (table.len() / 8) as u32;
        let rows = blocks.div_ceil(caps.grid_axis);
        let grid = [blocks.div_ceil(rows.max(1)), rows.max(1), 1];
        let steps = self.steps as u32;
        let launch = match self.rule {
            Rule::Sgd { momentum, dampening, nesterov } => Launch::new(&shaders::UPDATE_SGD, grid)
                .set("NESTEROV", nesterov)
                .params(params! { blocks, steps, momentum, dampening }),
            Rule::Adam { beta1, beta2, eps, decoupled } => Launch::new(&shaders::UPDATE_ADAM, grid)
                .set("DECOUPLED", decoupled)
                .params(params! { blocks, steps, beta1, beta2, eps }),
        };
        let mut args = vec![Arg::Input(0), Arg::Input(1), Arg::Table(0), Arg::Input(2)];
        args.extend((0..=self.rule.moments()).map(|k| Arg::Input(3 + k)));
        let mut candidate = Candidate::one(launch.bind(&args));
        candidate.tables.push(table);
        candidate
    }

    /// Eight words a block; blocks between parameters count 0 vec4s.
    fn table(&self) -> Vec<u32> {
        let mut table = Vec::new();
        for s in &self.segments {
            let (first, vec4s) = (s.offset / 16 / BLOCK, s.bytes / 16);
            table.resize(table.len().max(8 * first as usize), 0);
            for block in 0..vec4s.div_ceil(BLOCK) {
                let gradient = s.gradient / 16 + block * BLOCK;
                let count = (vec4s - block * BLOCK).min(BLOCK);
                let head = [gradient as u32, s.parts, (s.part_bytes / 16) as u32, count as u32];
                let at = 8 * (first + block) as usize;
                table.resize(table.len().max(at + 8), 0);
                table[at..at + 4].copy_from_slice(&head);
                table[at + 4] = s.group.lr_scale.to_bits();
                table[at + 5] = s.group.weight_decay.to_bits();
            }
        }
        table
    }
}

impl Rule {
    /// Numbers that it keeps for each parameter.
    pub fn moments(self) -> usize {
        match self {
            Rule::Sgd { .. } => 1,
            Rule::Adam { .. } => 2,
        }
    }
}
