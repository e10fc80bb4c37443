//! Device time of each launch, from timestamps written between them.
//!
//! Native only: it waits for the device after every round. What the times mean is said at `Program::profile`.

use std::mem::size_of;

use crate::{
    device::Device,
    error::{Error, Result},
    program::{BoundLaunch, Program},
};

/// Device times of one launch of a plan.
#[derive(Clone, Debug, PartialEq)]
pub struct LaunchTime {
    /// The node it belongs to.
    pub node: String,
    /// The shader.
    pub shader: &'static str,
    /// One a round, in seconds.
    pub seconds: Vec<f64>,
}

/// WebGPU's largest query set.
const STAMPS: usize = 4096;

impl Program {
    /// Replays the plan `rounds` times with a timestamp behind each launch, waiting after every round.
    ///
    /// Run once before: the first run compiles. Launches that the device overlaps share out their time by the order
    /// in which they end.
    ///
    /// # Errors
    /// The device cannot write timestamps between launches; device lost; out of memory.
    pub fn profile(&self, rounds: usize) -> Result<Vec<LaunchTime>> {
        if !self.device.caps().timestamps {
            return Err(Error::Unsupported {
                what: "writing timestamps between launches",
                adapter: self.device.summary().name.clone(),
                mend: "time whole runs instead",
            });
        }
        let mut times: Vec<LaunchTime> = self
            .launches
            .iter()
            .map(|launch| LaunchTime { node: launch.node.clone(), shader: launch.shader, seconds: Vec::new() })
            .collect();
        let chunks: Vec<(&[BoundLaunch], Stamps)> = self
            .launches
            .chunks(STAMPS - 1)
            .map(|launches| Ok((launches, Stamps::new(&self.device, launches.len() + 1)?)))
            .collect::<Result<_>>()?;
        for _ in 0..rounds {
            let mut all = times.iter_mut();
            for (launches, stamps) in &chunks {
                for (time, seconds) in all.by_ref().zip(stamps.measure(&self.device, launches)?) {
                    time.seconds.push(seconds);
                }
            }
        }
        Ok(times)
    }
}

/// A query set with the buffer that its values are resolved into.
struct Stamps {
    set: wgpu::QuerySet,
    resolved: crate::buffer::Held,
    count: u32,
}

impl Stamps {
    fn new(device: &Device, count: usize) -> Result<Self> {
        use wgpu::BufferUsages as Usage;
        let bytes = (count * size_of::<u64>()) as u64;
        let resolved = device.make_buffer("timestamps", bytes, Usage::QUERY_RESOLVE | Usage::COPY_SRC)?;
        let count = count as u32;
        let descriptor = wgpu::QuerySetDescriptor { label: Some("timestamps"), ty: wgpu::QueryType::Timestamp, count };
        let (set, error) = device.scoped(|gpu| gpu.create_query_set(&descriptor));
        match error {
            Some(error) => Err(Error::Validation(error.to_string())),
            None => Ok(Self { set, resolved, count }),
        }
    }

    /// Runs the launches in one pass; the seconds that each took.
    fn measure(&self, device: &Device, launches: &[BoundLaunch]) -> Result<Vec<f64>> {
        let mut encoder = device.0.gpu.create_command_encoder(&Default::default());
        {
            let mut pass = encoder.begin_compute_pass(&Default::default());
            pass.write_timestamp(&self.set, 0);
            for (launch, i) in launches.iter().zip(1..) {
                launch.record(&mut pass);
                pass.write_timestamp(&self.set, i);
            }
        }
        encoder.resolve_query_set(&self.set, 0..self.count, &self.resolved.raw, 0);
        device.submit(encoder)?;
        let bytes = pollster::block_on(device.read_raw(&self.resolved.raw, 0, self.resolved.raw.size()))?;
        let period = f64::from(device.0.queue.get_timestamp_period()) * 1e-9; // seconds a tick
        let ticks: Vec<u64> = bytes.chunks_exact(8).map(bytemuck::pod_read_unaligned).collect();
        Ok(ticks.windows(2).map(|pair| pair[1].saturating_sub(pair[0]) as f64 * period).collect())
    }
}
