//! One node with data for its inputs, lying as a plan lays it: what a single candidate is put to.
//!
//! Apart from `question.rs`, which runs whole graphs: here nothing else runs, so that what is wrong has one name.

use crate::tolerance::{Tolerance, errors, worst_of};
use graph::gpu_core::{Arg, Candidate, Device, Layout, Origin, Plan, Program, Region, Slot, SlotPlan, Step};
use graph::{DType, Io, Operand, Operation, Tensor, Wide};
use std::sync::Arc;

/// Bytes of guard before and behind each slot.
const GUARD: u64 = 256;
const PATTERN: u8 = 0xA5;

/// A node by itself.
#[derive(Clone, Debug)]
pub struct Ask {
    /// What to call it.
    pub label: String,
    /// What it computes.
    pub op: Arc<dyn Operation>,
    /// How its operands lie.
    pub io: Io,
    /// What its inputs hold.
    pub data: Vec<Tensor>,
    /// How exact the outputs must be: as the most lenient of these allows at each element.
    pub tolerances: Vec<Tolerance>,
}

/// What is right.
#[derive(Clone, Debug)]
pub struct Answer {
    want: Vec<Wide>,
    magnitude: Vec<Wide>,
}

impl Answer {
    /// Whether some number in it is none.
    pub fn has_nan(&self) -> bool {
        self.want.iter().any(|wide| wide.iter().any(|element| element.is_nan()))
    }
}

/// An element out of tolerance.
#[derive(Clone, Debug, PartialEq)]
pub struct Wrong {
    /// Which output.
    pub output: usize,
    /// Its place along each axis.
    pub index: Vec<usize>,
    /// What the device says.
    pub got: f64,
    /// What the reference says.
    pub want: f64,
    /// The error in tolerances; infinite where none is allowed.
    pub error: f64,
}

impl std::fmt::Display for Wrong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Wrong { output, index, got, want, error } = self;
        write!(f, "output {output} at {index:?} is {got:?}, not {want:?}: {error:.3} tolerances")
    }
}

impl Ask {
    /// The op by the reference, rounded as a device rounds it.
    pub fn answer(&self) -> Answer {
        let of = |inputs: Vec<Wide>| {
            let wide = self.op.reference(&inputs.iter().collect::<Vec<_>>());
            wide.into_iter().zip(&self.io.outputs).map(|(y, operand)| rounded(y, operand.ty.dtype)).collect::<Vec<_>>()
        };
        let want = of(self.data.iter().map(Tensor::to_reference).collect());
        let sums = self.tolerances.iter().any(|tolerance| matches!(tolerance, Tolerance::Sums(_)));
        let magnitude = match sums {
            true => of(self.data.iter().map(|tensor| tensor.to_reference().mapv(f64::abs)).collect()),
            false => want.clone(),
        };
        Answer { want, magnitude }
    }

    /// The largest error in tolerances, and the element behind it where that is more than 1.
    pub fn compare(&self, got: &[Tensor], answer: &Answer) -> (f64, Option<Wrong>) {
        let mut largest = (0.0, None);
        for (output, tensor) in got.iter().enumerate() {
            let (want, magnitude) = (&answer.want[output], &answer.magnitude[output]);
            let (error, at) = worst_of(tensor, want, magnitude, &self.tolerances);
            if error > largest.0 {
                let element = |wide: &Wide| wide.iter().nth(at).copied().unwrap_or(f64::NAN);
                let wrong = Wrong {
                    output,
                    index: place(at, &self.io.outputs[output].ty.shape),
                    got: element(&tensor.to_reference()),
                    want: element(want),
                    error,
                };
                largest = (error, (error > 1.0).then_some(wrong));
            }
        }
        largest
    }

    /// The error of each element of an output in tolerances, row-major.
    pub fn errors(&self, got: &Tensor, answer: &Answer, output: usize) -> Vec<f64> {
        errors(got, &answer.want[output], &answer.magnitude[output], &self.tolerances)
    }

    /// Runs a candidate; its outputs.
    ///
    /// # Errors
    /// The device refused it (the shader does not compile, memory ran out), or it wrote outside its outputs.
    pub fn run(&self, device: &Device, candidate: &Candidate) -> Result<Vec<Tensor>, graph::gpu_core::Error> {
        let (plan, inputs, outputs) = self.plan(candidate);
        let program = Program::compile(device, &plan, &[])?;
        let guarded: Vec<usize> =
            (0..plan.slots.len()).filter(|&at| plan.slots[at].origin == Origin::Transient).collect();
        for &at in &guarded {
            let whole = region(at, 0, plan.slots[at].bytes);
            program.upload(whole, &vec![PATTERN; whole.bytes as usize])?;
        }
        self.fill(&program, &inputs)?;
        program.run(1)?;
        for &at in &guarded {
            let bytes = plan.slots[at].bytes;
            for offset in [0, bytes - GUARD] {
                if program.read(region(at, offset, GUARD))?.iter().any(|&byte| byte != PATTERN) {
                    let why = format!("{} wrote outside its operand {at}", candidate.name);
                    return Err(graph::gpu_core::Error::Validation(why));
                }
            }
        }
        let read = outputs.iter().zip(&self.io.outputs).map(|(&slot, operand)| {
            let bytes = program.read(region(slot, GUARD, operand.bytes()))?;
            Ok(whole(operand, &bytes))
        });
        read.collect()
    }

    /// A program of this candidate alone with its inputs in place, to be timed.
    ///
    /// # Errors
    /// The device refused it.
    pub(crate) fn program(&self, device: &Device, candidate: &Candidate) -> Result<Program, graph::gpu_core::Error> {
        let (plan, inputs, _) = self.plan(candidate);
        let program = Program::compile(device, &plan, &[])?;
        self.fill(&program, &inputs)?;
        Ok(program)
    }

    fn fill(&self, program: &Program, inputs: &[usize]) -> Result<(), graph::gpu_core::Error> {
        let operands = inputs.iter().zip(&self.io.inputs).zip(&self.data);
        operands.into_iter().try_for_each(|((&slot, operand), tensor)| {
            program.upload(region(slot, GUARD, operand.bytes()), &parts(tensor, operand))
        })
    }

    /// A plan of this candidate alone, with the slots of inputs and outputs, each between guards.
    fn plan(&self, candidate: &Candidate) -> (Plan, Vec<usize>, Vec<usize>) {
        let mut plan = Plan::default();
        let mut open = |bytes: u64, origin: Origin| {
            plan.slots.push(SlotPlan { bytes, origin });
            plan.slots.len() - 1
        };
        let inputs: Vec<usize> =
            self.io.inputs.iter().map(|operand| open(operand.bytes() + 2 * GUARD, Origin::Transient)).collect();
        let in_place = self.op.in_place();
        let mut outputs = Vec::new();
        for (at, operand) in self.io.outputs.iter().enumerate() {
            let shared = in_place.iter().find(|pair| pair.0 == at).map(|pair| inputs[pair.1]);
            outputs.push(shared.unwrap_or_else(|| open(operand.bytes() + 2 * GUARD, Origin::Transient)));
        }
        let scratch: Vec<usize> = candidate
            .scratch
            .iter()
            .map(|bytes| open(bytes.next_multiple_of(16) + 2 * GUARD, Origin::Transient))
            .collect();
        let tables: Vec<usize> = candidate
            .tables
            .iter()
            .map(|table| {
                let mut bytes: Vec<u8> = table.iter().flat_map(|word| word.to_le_bytes()).collect();
                bytes.resize(bytes.len().next_multiple_of(16), 0);
                open(bytes.len() as u64, Origin::Constant(bytes))
            })
            .collect();
        let bindings = |args: &[Arg]| {
            let places = args.iter().map(|arg| match *arg {
                Arg::Input(i) => inputs[i],
                Arg::Output(i) => outputs[i],
                Arg::Scratch(i) => scratch[i],
                Arg::Table(i) => tables[i],
            });
            let inner = places.map(|at| match &plan.slots[at] {
                SlotPlan { bytes, origin: Origin::Transient } => region(at, GUARD, bytes - 2 * GUARD),
                slot => region(at, 0, slot.bytes),
            });
            inner.collect::<Vec<Region>>()
        };
        let steps = candidate.launches.iter().map(|launch| Step {
            node: self.label.clone(),
            launch: launch.clone(),
            bindings: bindings(&launch.args),
            flops: self.flops(),
        });
        let steps: Vec<Step> = steps.collect();
        plan.steps = steps;
        (plan, inputs, outputs)
    }

    /// Arithmetic, multiply and add counted as two.
    pub fn flops(&self) -> u64 {
        flops(self.op.as_ref(), &self.io)
    }

    /// Elements of all operands.
    pub fn elements(&self) -> usize {
        elements(&self.io)
    }
}

pub(crate) fn flops(op: &dyn Operation, io: &Io) -> u64 {
    let types = |operands: &[Operand]| operands.iter().map(|operand| operand.ty.clone()).collect::<Vec<_>>();
    let (x, y) = (types(&io.inputs), types(&io.outputs));
    op.flops(&x.iter().collect::<Vec<_>>(), &y.iter().collect::<Vec<_>>())
}

pub(crate) fn elements(io: &Io) -> usize {
    io.inputs.iter().chain(&io.outputs).map(|operand| operand.ty.shape.count()).sum()
}

fn region(slot: usize, offset: u64, bytes: u64) -> Region {
    Region { slot: Slot(slot as u32), offset, bytes }
}

/// A value as it goes into its buffer. Of several parts the first and the last are a half of it each, which add up to the
/// value itself, and those between are nothing.
fn parts(tensor: &Tensor, operand: &Operand) -> Vec<u8> {
    let Layout { parts, .. } = operand.layout;
    if parts == 1 {
        return tensor.pack(operand.layout);
    }
    let half = Tensor::from_reference(&(tensor.to_reference() / 2.0), tensor.ty().dtype).pack(operand.layout);
    let length = operand.layout.part(&operand.ty.shape) * 4;
    let mut bytes = vec![0; length * parts as usize];
    bytes[..half.len()].copy_from_slice(&half);
    bytes[length * (parts as usize - 1)..][..half.len()].copy_from_slice(&half);
    bytes
}

/// A value from its buffer, parts added in their order.
fn whole(operand: &Operand, bytes: &[u8]) -> Tensor {
    let Operand { ty, layout } = operand;
    let one = Layout { parts: 1, ..*layout };
    if layout.parts == 1 {
        return Tensor::unpack(ty, one, bytes);
    }
    let length = layout.part(&ty.shape) * 4;
    let parts = bytes.chunks_exact(length).take(layout.parts as usize).map(|part| Tensor::unpack(ty, one, part));
    let sum = parts.map(|part| part.to_reference()).reduce(|sum, part| rounded(sum + part, DType::F32));
    Tensor::from_reference(&sum.unwrap_or_else(|| Tensor::zeros(ty).to_reference()), ty.dtype)
}

/// What a device keeps of a value.
pub(crate) fn rounded(mut wide: Wide, dtype: DType) -> Wide {
    match dtype {
        DType::F32 => wide.mapv_inplace(|e| f64::from(e as f32)),
        DType::I32 => wide.mapv_inplace(f64::trunc),
        DType::U8 | DType::Bool => {}
    }
    wide
}

/// The place along each axis of the element at `at` in row-major order.
pub(crate) fn place(mut at: usize, shape: &[usize]) -> Vec<usize> {
    let mut index = vec![0; shape.len()];
    for (place, &length) in index.iter_mut().zip(shape).rev() {
        *place = at % length.max(1);
        at /= length.max(1);
    }
    index
}
