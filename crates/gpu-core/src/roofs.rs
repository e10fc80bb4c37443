//! A device's own roofs, measured: what no kernel there can beat. Benches give times as shares of them.
//!
//! Native only: it waits for the device. The launches are in `kernels/roofs.rs`.

use crate::kernels::{fill::fill, roofs};
use crate::{Arg, Caps, Device, Error, Family, Launch, Origin, Plan, Program, Region, Result, Slot, SlotPlan, Step};
use std::time::Instant;

/// What a device does at most.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Roofs {
    /// Operations a second of multiply-adds out of registers, a multiply and an add counted as two.
    pub flops: f64,
    /// Bytes a second that a copy reads and writes, both counted.
    pub bytes: f64,
    /// Seconds of one more launch that does next to nothing.
    pub launch: f64,
    /// Seconds from asking for four bytes to having them, nothing else under way.
    pub readback: f64,
}

/// The roof that binds some work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// Multiply-adds.
    Arithmetic,
    /// Moving bytes.
    Memory,
    /// Launches of next to nothing.
    Launch,
}

/// Rounds of each measurement; the best counts, since what else the machine does only takes time away. Each is a few
/// milliseconds, so that some are not interrupted.
const ROUNDS: usize = 40;

/// Launches whose overhead is measured together.
const LAUNCHES: usize = 256;

impl Roofs {
    /// Measures them, in a second or so.
    ///
    /// # Errors
    /// Device lost or out of memory.
    pub fn measure(device: &Device) -> Result<Self> {
        let caps = device.caps();
        let invocations = if caps.family == Family::Software { 1 << 11 } else { 1 << 18 };
        let (launch, operations) = roofs::multiply_add(invocations);
        let arithmetic = program(device, &[launch], &[16, invocations as u64 * 16])?;
        let numbers: Vec<u8> = [0.999f32, 0.001, 0.0, 0.0].iter().flat_map(|x| x.to_le_bytes()).collect();
        arithmetic.upload(region(0, 16), &numbers)?;
        let moved = copied(caps);
        let copy = program(device, &[roofs::copy(moved as usize / 4)], &[moved, moved])?;
        let little = fill(4, 0, Arg::Output(0));
        let one = program(device, std::slice::from_ref(&little), &[16])?;
        let many = program(device, &vec![little; LAUNCHES], &[16])?;
        let (alone, together) = (best(&one)?, best(&many)?);
        Ok(Roofs {
            flops: operations as f64 / best(&arithmetic)?,
            bytes: 2.0 * moved as f64 / best(&copy)?,
            launch: (together - alone).max(0.0) / (LAUNCHES - 1) as f64,
            readback: least(ROUNDS, || one.read(region(0, 4)).map(drop))?,
        })
    }

    /// The least time that this much work could take, and what binds it.
    pub fn least(&self, flops: u64, bytes: u64, launches: usize) -> (f64, Bound) {
        let each = [
            (flops as f64 / self.flops, Bound::Arithmetic),
            (bytes as f64 / self.bytes, Bound::Memory),
            (launches as f64 * self.launch, Bound::Launch),
        ];
        each.into_iter().max_by(|a, b| a.0.total_cmp(&b.0)).expect("invariant: there are three")
    }
}

/// Bytes of a copy: beyond any cache, within a binding.
fn copied(caps: &Caps) -> u64 {
    let most = caps.binding_bytes.min(caps.buffer_bytes / 4);
    (64 << 20).min(most).next_multiple_of(16)
}

fn region(slot: u32, bytes: u64) -> Region {
    Region { slot: Slot(slot), offset: 0, bytes }
}

/// Launches one behind the other, over slots of these bytes: the input first where there is one, the output last.
fn program(device: &Device, launches: &[Launch], bytes: &[u64]) -> Result<Program> {
    let slots = bytes.iter().map(|&bytes| SlotPlan { bytes, origin: Origin::Transient }).collect();
    let whole: Vec<Region> = bytes.iter().zip(0..).map(|(&bytes, slot)| region(slot, bytes)).collect();
    let step =
        |launch: &Launch| Step { node: "roof".into(), launch: launch.clone(), bindings: whole.clone(), flops: 0 };
    let program = Program::compile(device, &Plan { slots, steps: launches.iter().map(step).collect() }, &[])?;
    program.warm()?;
    Ok(program)
}

/// The least seconds of a run, from submission to the end.
fn best(program: &Program) -> Result<f64> {
    least(ROUNDS, || {
        program.run(1)?;
        program.device().wait()
    })
}

fn least(rounds: usize, mut run: impl FnMut() -> Result<()>) -> Result<f64> {
    let mut least = f64::INFINITY;
    run()?;
    for _ in 0..rounds {
        let began = Instant::now();
        run()?;
        least = least.min(began.elapsed().as_secs_f64());
    }
    if least.is_finite() { Ok(least) } else { Err(Error::Validation("nothing was measured".into())) }
}

impl std::fmt::Display for Bound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Bound::Arithmetic => "arithmetic",
            Bound::Memory => "memory",
            Bound::Launch => "launches",
        })
    }
}

impl std::fmt::Display for Roofs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Roofs { flops, bytes, launch, readback } = self;
        let (launch, readback) = (launch * 1e6, readback * 1e6);
        let (gflops, gb) = (flops / 1e9, bytes / 1e9);
        write!(f, "roofs: {gflops:.0} GFLOP/s of multiply-adds, copies at {gb:.1} GB/s, {launch:.1} µs a launch, ")?;
        write!(f, "{readback:.0} µs to read four bytes back")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_roof_that_binds_is_the_one_that_takes_longest() {
        let roofs = Roofs { flops: 100e9, bytes: 10e9, launch: 40e-6, readback: 1e-4 };
        assert_eq!(roofs.least(1_000_000_000, 4_000_000, 1), (0.01, Bound::Arithmetic));
        assert_eq!(roofs.least(1_000_000, 10_000_000, 1), (1e-3, Bound::Memory));
        assert_eq!(roofs.least(16, 64, 2), (80e-6, Bound::Launch));
    }

    #[test]
    fn a_device_has_roofs() {
        let Some(device) = crate::test_device() else { return };
        let Roofs { flops, bytes, launch, readback } = Roofs::measure(device).expect("the device lives");
        // No machine that runs tests is slower than this, nor any faster.
        assert!((1e8..1e16).contains(&flops) && (1e7..1e15).contains(&bytes), "{flops} {bytes}");
        assert!(launch < 1.0 && readback > 0.0, "{launch} {readback}");
    }
}
