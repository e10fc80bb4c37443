//! The question where the table has none: the node itself, on inputs as small as leave its kernel the same text.
//!
//! A user's convolution may have a window that no row has, and a window is in the text. So a row is made of it: its own
//! parameters, its axes shortened one length after the other wherever the shape rule and the kernel's text allow it, to
//! lengths that leave ragged ends. A convolution's gradients are asked for behind the convolution that they belong to.

use crate::ask::Ask;
use crate::key::{Key, Keys};
use crate::sites::{Site, sites};
use crate::table::updates;
use crate::tolerances::tolerances;
use crate::{Case, Fill, rows};
use graph::gpu_core::{Candidate, Caps};
use graph::ops::{Conv, ConvDweight, ConvDx, MaxPool, Unary, UpdateArenas};
use graph::{Asked, DType, Operation, Type, UnaryFunction, Window};
use std::sync::Arc;

/// Lengths to try in place of a longer one: few vec4s and a rest, then whole tiles and a rest.
const LENGTHS: [usize; 7] = [3, 5, 9, 13, 17, 33, 65];

/// Work that is small enough.
const SIZE: u64 = 2000;

/// Gradients of which any numbers may be asked: all that they need to know is in the shapes of their inputs.
const FREE: [&str; 7] =
    ["linear_dx", "linear_dweight", "unary_dx", "unary_dx_of_x", "softmax_dx", "log_softmax_dx", "loss_dx"];

/// The node, with shorter axes where that is possible, and the candidate of the same text for it; `None` for an op that
/// needs inputs which only another op can make.
pub(crate) fn shrunk(asked: Asked<'_>, caps: &Caps, keys: &Keys, key: Key) -> Option<(Ask, Candidate)> {
    let op = asked.node.op.name();
    let mut case = row(asked)?;
    let found = |case: &Case| -> Option<(Site, Candidate)> {
        let same = |candidate: &Candidate| keys.key(op, candidate).is_ok_and(|other| other == key);
        let sites = sites(case, caps).ok()?.into_iter().filter(|site| site.node.op.name() == op);
        let with = |site: Site| Some((site.candidates.iter().find(|candidate| same(candidate)).cloned()?, site));
        sites.filter_map(with).map(|(candidate, site)| (site, candidate)).next()
    };
    let (mut site, mut candidate) = found(&case)?;
    let mut lengths: Vec<usize> = case.inputs.iter().flat_map(|(ty, _)| ty.shape.to_vec()).collect();
    lengths.sort_unstable_by(|a, b| b.cmp(a));
    lengths.dedup();
    for length in lengths {
        for shorter in LENGTHS.into_iter().filter(|&shorter| shorter < length) {
            if site.size() <= SIZE {
                break;
            }
            let mut tried = case.clone();
            tried.inputs.iter_mut().for_each(|(ty, _)| *ty = replaced(ty, length, shorter));
            if let Some(smaller) = found(&tried) {
                (site, candidate) = smaller;
                case = tried;
                break;
            }
        }
    }
    let tolerances = tolerances(site.node.op.as_ref(), &site.io);
    let ask = site.ask_within(tolerances.clone()).ok()?;
    if !ask.answer().has_nan() {
        return Some((ask, candidate));
    }
    // A logarithm, a root: they want numbers between 0 and 1.
    let (site, candidate) = found(&case.filled(Fill::Unit))?;
    Some((site.ask_within(tolerances).ok()?, candidate))
}

fn replaced(ty: &Type, from: usize, to: usize) -> Type {
    let shape: Vec<usize> = ty.shape.iter().map(|&length| if length == from { to } else { length }).collect();
    Type { shape: shape.into(), dtype: ty.dtype }
}

/// A row of the node's own parameters and sizes.
fn row(asked: Asked<'_>) -> Option<Case> {
    let types = |at: usize| asked.io.inputs[at].ty.clone();
    let plain = |conv: &Conv| Arc::new(Conv { activation: None, pool: false, ..*conv }) as Arc<dyn Operation>;
    let pooled = |pool: bool| -> Vec<Arc<dyn Operation>> {
        let halves = MaxPool::new(Window::square(2, 2, 0));
        if pool { vec![Arc::new(Unary(UnaryFunction::Relu)), Arc::new(halves)] } else { Vec::new() }
    };
    if let Some(op) = asked.node.op_as::<ConvDweight>() {
        let bias = op.bias.then(|| Type::f32([op.weight.shape[0]]));
        let inputs = [types(0), op.weight.clone()].into_iter().chain(bias);
        return Some(made(plain(&op.conv), Vec::new(), pooled(op.pool), inputs.collect()));
    }
    if let Some(op) = asked.node.op_as::<ConvDx>() {
        let slope = op.slope.map(|function| Arc::new(Unary(function)) as Arc<dyn Operation>);
        let before = slope.into_iter().collect();
        return Some(made(plain(&op.conv), before, pooled(op.pool), vec![op.x.clone(), types(1)]));
    }
    if let Some(UpdateArenas(update)) = asked.node.op_as() {
        return Some(updates::small(update));
    }
    let name = asked.node.op.name();
    let known = FREE.contains(&name) || rows().iter().any(|row| row.op.name() == name);
    let inputs = asked.io.inputs.iter().map(|operand| operand.ty.clone()).collect();
    known.then(|| Case { forward_only: true, ..made(asked.node.op.clone(), Vec::new(), Vec::new(), inputs) })
}

/// Floats are signed numbers; indices are such that every op can take them.
fn made(
    op: Arc<dyn Operation>,
    before: Vec<Arc<dyn Operation>>,
    behind: Vec<Arc<dyn Operation>>,
    inputs: Vec<Type>,
) -> Case {
    let fill = |ty: Type| match ty.dtype {
        DType::I32 => (ty, Fill::Index(1)),
        DType::U8 => (ty, Fill::Byte),
        DType::F32 | DType::Bool => (ty, Fill::Signed),
    };
    let inputs = inputs.into_iter().map(fill).collect();
    Case { op, before, behind, inputs, ..crate::case(Unary(UnaryFunction::Relu)) }
}
