//! A program: a plan bound to a device, replayed without making, compiling, binding or waiting for anything.
//!
//! `bind.rs` turns a plan into one; `warm.rs` lets the driver compile it; `readback.rs` fetches results late; `profile.rs` times the launches.

use std::sync::Arc;

use crate::{
    buffer::{Buffer, Held},
    caps::Family,
    device::Device,
    error::{Error, Result},
    pipeline::Pipeline,
    plan::{Region, Slot},
};

/// A plan bound to a device.
#[derive(Debug)]
pub struct Program {
    pub(crate) device: Device,
    pub(crate) slots: Vec<Buffer>,
    pub(crate) launches: Vec<BoundLaunch>,
    /// Work that one submission may hold; see [`Program::set_submission_work`].
    pub(crate) submission_work: u64,
    /// Held by the bind groups too; here so that its bytes count as long as they are used.
    pub(crate) _params: Option<Held>,
}

/// One launch with its pipeline and bindings.
#[derive(Debug)]
pub(crate) struct BoundLaunch {
    pub(crate) node: String,
    pub(crate) shader: &'static str,
    pub(crate) pipeline: Arc<Pipeline>,
    pub(crate) group: wgpu::BindGroup,
    pub(crate) grid: [u32; 3],
    /// Operations, or bytes bound counted as two operations each where that is more.
    pub(crate) work: u64,
}

/// Launches in one submission, so that its command buffer stays small even where no launch has any work to speak of.
const SUBMISSION_LAUNCHES: u64 = 4096;

/// The default of [`Program::set_submission_work`]: about a second on the slowest machines of a family that train at
/// all (a software adapter at 10 GFLOP/s, an integrated GPU at 100), half of what desktop watchdogs allow.
pub(crate) fn submission_work(family: Family) -> u64 {
    match family {
        Family::Software => 10_000_000_000,
        Family::Gpu => 100_000_000_000,
    }
}

impl Program {
    /// Replays the plan `times` times.
    ///
    /// Returns when all is submitted; waits only when too much is under way already. Nothing is made but the encoder
    /// and its pass. A long run is split into several submissions, also within a step, so that no watchdog bites and
    /// an interrupt is seen.
    ///
    /// # Errors
    /// Device lost, or an error of wgpu's since the last call.
    pub fn run(&self, times: u32) -> Result<()> {
        self.encode(times, |_| {}).map(drop)
    }

    /// Replays, then lets `behind` add to the last submission, whose index is returned.
    pub(crate) fn encode(
        &self,
        times: u32,
        behind: impl FnOnce(&mut wgpu::CommandEncoder),
    ) -> Result<wgpu::SubmissionIndex> {
        self.device.check()?;
        let length = self.launches.len() as u64;
        let total = u64::from(times) * length;
        let mut next = 0;
        let mut behind = Some(behind);
        loop {
            let mut encoder = self.device.0.gpu.create_command_encoder(&Default::default());
            if next < total {
                let mut pass = encoder.begin_compute_pass(&Default::default());
                let (start, mut work) = (next, 0u64);
                while next < total && next - start < SUBMISSION_LAUNCHES {
                    let launch = &self.launches[(next % length) as usize];
                    work = work.saturating_add(launch.work);
                    if next > start && work > self.submission_work {
                        break;
                    }
                    launch.record(&mut pass);
                    next += 1;
                }
            }
            let last = next == total;
            if last && let Some(behind) = behind.take() {
                behind(&mut encoder);
            }
            let index = self.device.submit(encoder)?;
            if last {
                return Ok(index);
            }
        }
    }

    /// Lets one submission hold launches of at most `work` operations together, or one launch that has more.
    ///
    /// Less makes a desktop smoother and an interrupt quicker; more saves a few microseconds a submission.
    pub fn set_submission_work(&mut self, work: u64) {
        self.submission_work = work;
    }

    /// Writes `data` to the start of a region, before the next run: a step's inputs. Does not wait.
    ///
    /// Through the queue's own staging memory: measured on lavapipe, a ring of mapped buffers took a fifth longer at
    /// every size (0.2 MB: 89 µs against 107, submission and wait included).
    ///
    /// # Errors
    /// More data than the region holds, or not of whole words.
    pub fn upload(&self, region: Region, data: &[u8]) -> Result<()> {
        let buffer = self.buffer(region.slot);
        if data.len() as u64 > region.bytes {
            let (end, why) = (region.offset.saturating_add(data.len() as u64), "more data than its region holds");
            let label = buffer.label().to_string();
            return Err(Error::Range { label, offset: region.offset, end, size: region.bytes, why });
        }
        self.device.write(buffer, region.offset, data)
    }

    /// Waits for all that was submitted, then returns a region's bytes.
    ///
    /// # Errors
    /// Device lost or out of memory.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn read(&self, region: Region) -> Result<Vec<u8>> {
        self.device.read(self.buffer(region.slot), region.offset, region.bytes)
    }

    /// [`Program::read`] where blocking is not possible.
    ///
    /// # Errors
    /// As [`Program::read`].
    pub async fn read_async(&self, region: Region) -> Result<Vec<u8>> {
        self.device.read_async(self.buffer(region.slot), region.offset, region.bytes).await
    }

    /// The buffer behind a slot of the plan that this program was compiled from.
    ///
    /// # Panics
    /// The plan has no such slot.
    pub fn buffer(&self, slot: Slot) -> &Buffer {
        &self.slots[slot.0 as usize]
    }

    /// The device it runs on.
    pub fn device(&self) -> &Device {
        &self.device
    }
}

impl BoundLaunch {
    pub(crate) fn record(&self, pass: &mut wgpu::ComputePass<'_>) {
        pass.set_pipeline(&self.pipeline.compute);
        pass.set_bind_group(0, &self.group, &[]);
        pass.dispatch_workgroups(self.grid[0], self.grid[1], self.grid[2]);
    }
}
