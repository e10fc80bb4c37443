//! The optimiser's update: all parameters in one launch, whatever their number; LAMB, which scales by norms, clipping,
//! accumulation and averages take a launch or a few more.
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
        /// Divides by the largest second moment so far.
        amsgrad: bool,
    },
    /// LAMB: Adam's direction, as long as the parameter.
    Lamb {
        /// Decay of the first moment.
        beta1: f32,
        /// Decay of the second moment.
        beta2: f32,
        /// Keeps the quotient finite.
        eps: f32,
    },
    /// Lion: the sign of a mean.
    Lion {
        /// Share of the mean in the direction.
        beta1: f32,
        /// Decay of the mean.
        beta2: f32,
    },
    /// RMSprop.
    RmsProp {
        /// Decay of the mean of squares.
        alpha: f32,
        /// Keeps the quotient finite.
        eps: f32,
        /// Share of the old velocity that is kept.
        momentum: f32,
        /// Divides by the deviation.
        centered: bool,
    },
    /// Adagrad.
    Adagrad {
        /// The rate of step t, from 0, is lr / (1 + t lr_decay): for the schedule.
        lr_decay: f32,
        /// Keeps the quotient finite.
        eps: f32,
    },
    /// Adadelta.
    Adadelta {
        /// Decay of both means of squares.
        rho: f32,
        /// Addend under both roots.
        eps: f32,
    },
}

/// What is done to gradients before they count.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Clip {
    /// All are scaled together so that their common L2 norm is at most this.
    Norm(f32),
    /// Each number is held between minus this and this.
    Value(f32),
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

impl Segment {
    /// Its first block.
    fn first(&self) -> u32 {
        (self.offset / 16 / BLOCK) as u32
    }

    fn blocks(&self) -> u32 {
        (self.bytes / 16).div_ceil(BLOCK) as u32
    }
}

/// So many workgroups, over two axes where one is too short.
fn folded(groups: u32, caps: &Caps) -> [u32; 3] {
    let rows = groups.div_ceil(caps.grid_axis).max(1);
    [groups.div_ceil(rows), rows, 1]
}

/// The update of all `segments`.
#[derive(Clone, Debug, PartialEq)]
pub struct Update {
    /// How.
    pub rule: Rule,
    /// What comes before.
    pub clip: Option<Clip>,
    /// Steps that an update takes the mean gradient of.
    pub accumulate: u32,
    /// Decay of the parameters' moving average.
    pub average: Option<f32>,
    /// What.
    pub segments: Vec<Segment>,
    /// Rows of the schedule.
    pub steps: usize,
    /// Bytes of the arena of gradients.
    pub gradient_bytes: u64,
    /// The clock goes on by one here; `step` is a copy of it.
    pub clock: bool,
}

// Inputs: step, schedule, gradients, parameters, then the moments, sums of gradients and averages, whole arenas; the clock.
const STEP: Arg = Arg::Input(0);
const SCHEDULE: Arg = Arg::Input(1);
const GRADIENTS: Arg = Arg::Input(2);
const PARAMETERS: Arg = Arg::Input(3);
const TABLE: Arg = Arg::Table(0);

impl Update {
    /// The one way to do it. Bindings: step, schedule, gradients, parameters, then the moments, the sums of gradients where
    /// there are any, the averages where there are any, whole arenas; the clock.
    pub fn candidate(&self, caps: &Caps) -> Candidate {
        let table = self.table();
        let blocks = (table.len() / 8) as u32;
        let grid = folded(blocks, caps);
        let mut candidate = Candidate { name: self.rule.include().into(), ..Candidate::default() };
        candidate.tables.push(table);
        let every = self.accumulate;
        let behind_moments = 4 + self.rule.moments();
        if every > 1 {
            let launch = Launch::new(&shaders::ACCUMULATE, grid).params(params! { blocks, every });
            candidate.launches.push(launch.bind(&[TABLE, GRADIENTS, STEP, Arg::Input(behind_moments)]));
        }
        self.clip(&mut candidate, blocks, grid);
        self.rule(&mut candidate, blocks, caps);
        if let Some(decay) = self.average {
            let average = Arg::Input(behind_moments + usize::from(every > 1));
            let count = blocks as usize * BLOCK as usize;
            let launch = Launch::flat(&shaders::AVERAGE, count, 64).params(params! { count, every, decay });
            candidate.launches.push(launch.bind(&[STEP, PARAMETERS, average]));
        }
        candidate
    }

    fn clip(&self, candidate: &mut Candidate, blocks: u32, grid: [u32; 3]) {
        match self.clip {
            None => {}
            Some(Clip::Value(limit)) => {
                let launch = Launch::new(&shaders::CLIP_VALUE, grid).params(params! { blocks, limit });
                candidate.launches.push(launch.bind(&[TABLE, GRADIENTS]));
            }
            Some(Clip::Norm(limit)) => {
                let (squares, factor) = (Arg::Scratch(0), Arg::Scratch(1));
                candidate.scratch = vec![u64::from(blocks) * 4, 4];
                let count = (self.gradient_bytes / 16) as usize;
                candidate.launches.extend([
                    Launch::new(&shaders::CLIP_SQUARES, grid)
                        .params(params! { blocks })
                        .bind(&[TABLE, GRADIENTS, squares]),
                    Launch::new(&shaders::CLIP_FACTOR, [1, 1, 1])
                        .params(params! { blocks, limit })
                        .bind(&[squares, factor]),
                    Launch::flat(&shaders::CLIP_SCALE, count, 64).params(params! { count }).bind(&[factor, GRADIENTS]),
                ]);
            }
        }
    }

    fn rule(&self, candidate: &mut Candidate, blocks: u32, caps: &Caps) {
        let grid = folded(blocks, caps);
        let (steps, every) = (self.steps as u32, self.accumulate);
        let update = Launch::new(&shaders::UPDATE, grid).set("CLOCK", u32::from(self.clock));
        let update = match self.rule {
            Rule::Sgd { .. } => update, // what the file includes as written
            _ => update.redirect("rule_sgd", self.rule.include()),
        };
        let update = match self.rule {
            Rule::Sgd { momentum, dampening, nesterov } => {
                update.set("NESTEROV", nesterov).params(params! { blocks, steps, every, momentum, dampening })
            }
            Rule::Adam { beta1, beta2, eps, decoupled, .. } => {
                update.set("DECOUPLED", decoupled).params(params! { blocks, steps, every, beta1, beta2, eps })
            }
            Rule::Lamb { beta1, beta2, eps } => update.params(params! { blocks, steps, every, beta1, beta2, eps }),
            Rule::Lion { beta1, beta2 } => update.params(params! { blocks, steps, every, beta1, beta2 }),
            Rule::RmsProp { alpha, eps, momentum, .. } => {
                update.params(params! { blocks, steps, every, alpha, eps, momentum })
            }
            Rule::Adagrad { eps, .. } => update.params(params! { blocks, steps, every, eps }),
            Rule::Adadelta { rho, eps } => update.params(params! { blocks, steps, every, rho, eps }),
        };
        let mut args = vec![TABLE, GRADIENTS, STEP, SCHEDULE, PARAMETERS];
        let moments = self.rule.moments();
        args.extend((0..moments).map(|k| Arg::Input(4 + k)));
        if let Rule::Lamb { .. } = self.rule {
            args.push(Arg::Scratch(candidate.scratch.len()));
            candidate.scratch.push(u64::from(blocks) * 8);
            let moments = Launch::new(&shaders::LAMB_MOMENTS, grid).params(update.params.clone());
            candidate.launches.push(moments.bind(&args));
            let segments: Vec<u32> = self.segments.iter().flat_map(|s| [s.first(), s.blocks()]).collect();
            let parameters = self.segments.len() as u32;
            let norms = Launch::new(&shaders::LAMB_NORMS, folded(parameters, caps)).params(params! { parameters });
            let table = Arg::Table(candidate.tables.len());
            candidate.launches.push(norms.bind(&[table, args[args.len() - 1]]));
            candidate.tables.push(segments);
        }
        if self.clock {
            let kept = moments + usize::from(self.accumulate > 1) + usize::from(self.average.is_some());
            args.insert(5, Arg::Input(4 + kept));
        }
        candidate.launches.push(update.bind(&args));
    }

    /// Eight words a block; blocks between parameters count 0 vec4s.
    fn table(&self) -> Vec<u32> {
        let mut table = Vec::new();
        for s in &self.segments {
            let vec4s = s.bytes / 16;
            table.resize(table.len().max(8 * s.first() as usize), 0);
            for block in 0..u64::from(s.blocks()) {
                let gradient = s.gradient / 16 + block * BLOCK;
                let count = (vec4s - block * BLOCK).min(BLOCK);
                let head = [gradient as u32, s.parts, (s.part_bytes / 16) as u32, count as u32];
                let at = 8 * (u64::from(s.first()) + block) as usize;
                table.resize(table.len().max(at + 8), 0);
                table[at..at + 4].copy_from_slice(&head);
                table[at + 4] = s.group.lr_scale.to_bits();
                table[at + 5] = s.group.weight_decay.to_bits();
                table[at + 6] = s.first();
            }
        }
        table
    }
}

impl Rule {
    /// Numbers that it keeps for each parameter.
    pub fn moments(self) -> usize {
        match self {
            Rule::Sgd { .. } | Rule::Lion { .. } | Rule::Adagrad { .. } => 1,
            Rule::Adam { amsgrad: true, .. } | Rule::RmsProp { centered: true, .. } => 3,
            _ => 2,
        }
    }

    /// Storage bindings of its launch, the clock among them.
    pub fn bindings(self) -> u32 {
        6 + self.moments() as u32 + u32::from(matches!(self, Rule::Lamb { .. }))
    }

    /// The file of `lib/` that has its formula.
    fn include(self) -> &'static str {
        match self {
            Rule::Sgd { .. } => "rule_sgd",
            Rule::Adam { amsgrad: false, .. } => "rule_adam",
            Rule::Adam { amsgrad: true, .. } => "rule_amsgrad",
            Rule::Lamb { .. } => "rule_lamb",
            Rule::Lion { .. } => "rule_lion",
            Rule::RmsProp { centered: false, .. } => "rule_rmsprop",
            Rule::RmsProp { centered: true, .. } => "rule_rmsprop_centered",
            Rule::Adagrad { .. } => "rule_adagrad",
            Rule::Adadelta { .. } => "rule_adadelta",
        }
    }
}
