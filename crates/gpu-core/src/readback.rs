//! Results fetched late: a ring of staging buffers, so that the host never waits for the step it just submitted.
//!
//! `Program::run_and_fetch` copies small regions behind the steps; the host looks at them some steps later, in order.

use std::{
    collections::VecDeque,
    pin::pin,
    sync::Mutex,
    task::{Context, Poll, Waker},
};

use futures_intrusive::channel::shared::{OneshotReceiver, oneshot_channel};

use crate::{
    buffer::{Held, take_mapped},
    device::{Device, lock},
    error::{Error, Result},
    plan::Region,
    program::Program,
};

type Mapped = std::result::Result<(), wgpu::BufferAsyncError>;

/// Which fetch a result belongs to: they are numbered from 0 in the order of submission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ticket(pub u64);

/// A ring of staging buffers of one size.
pub struct Readback {
    device: Device,
    bytes: u64,
    state: Mutex<State>,
}

struct State {
    free: Vec<Held>,
    pending: VecDeque<Pending>,
    /// Results taken out of the ring to make room, not yet asked for.
    finished: VecDeque<(Ticket, Vec<u8>)>,
    next: u64,
}

struct Pending {
    ticket: Ticket,
    staging: Held,
    bytes: u64,
    mapped: OneshotReceiver<Mapped>,
    submission: wgpu::SubmissionIndex,
}

impl Readback {
    /// A ring of `length` staging buffers of `bytes` bytes each: up to `length` fetches may be under way.
    ///
    /// # Errors
    /// Out of memory.
    pub fn new(device: &Device, length: usize, bytes: u64) -> Result<Self> {
        let usage = wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST;
        let bytes = bytes.max(1).div_ceil(16).saturating_mul(16);
        let free =
            (0..length.max(1)).map(|_| device.make_buffer("readback ring", bytes, usage)).collect::<Result<_>>()?;
        let state = State { free, pending: VecDeque::new(), finished: VecDeque::new(), next: 0 };
        Ok(Self { device: device.clone(), bytes, state: Mutex::new(state) })
    }

    /// The oldest result, if it is there. Does not wait.
    ///
    /// # Errors
    /// Device lost, or an error of wgpu's since the last call.
    pub fn poll(&self) -> Result<Option<(Ticket, Vec<u8>)>> {
        self.device.poll()?;
        let mut state = lock(&self.state);
        if let Some(result) = state.finished.pop_front() {
            return Ok(Some(result));
        }
        let Some(oldest) = state.pending.front() else { return Ok(None) };
        let now = pin!(oldest.mapped.receive()).poll_now();
        let Some(mapped) = now else { return Ok(None) };
        state.take_front(&self.device, mapped).map(Some)
    }

    /// The oldest result, waiting for it; `None` when nothing is under way.
    ///
    /// # Errors
    /// Device lost, or an error of wgpu's since the last call.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn wait_oldest(&self) -> Result<Option<(Ticket, Vec<u8>)>> {
        pollster::block_on(self.wait_oldest_async())
    }

    /// [`Readback::wait_oldest`] where blocking is not possible. (On native it blocks all the same.)
    ///
    /// # Errors
    /// As [`Readback::wait_oldest`].
    pub async fn wait_oldest_async(&self) -> Result<Option<(Ticket, Vec<u8>)>> {
        let oldest = {
            let mut state = lock(&self.state);
            if let Some(result) = state.finished.pop_front() {
                return Ok(Some(result));
            }
            match state.pending.pop_front() {
                Some(oldest) => oldest,
                None => return Ok(None),
            }
        };
        #[cfg(not(target_arch = "wasm32"))]
        self.device.wait_for(Some(oldest.submission.clone()))?;
        let mapped = oldest.mapped.receive().await;
        let mut state = lock(&self.state);
        state.pending.push_front(oldest);
        state.take_front(&self.device, mapped).map(Some)
    }

    /// Fetches that are under way or not yet asked for.
    pub fn len(&self) -> usize {
        let state = lock(&self.state);
        state.pending.len() + state.finished.len()
    }

    /// Nothing is under way.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A free staging buffer. When all are under way: waits for the oldest and keeps its result (native); an error
    /// in the browser, where nothing can wait.
    fn staging(&self) -> Result<Held> {
        loop {
            let oldest = {
                let mut state = lock(&self.state);
                if let Some(free) = state.free.pop() {
                    return Ok(free);
                }
                state.pending.front().map(|oldest| oldest.submission.clone())
            };
            if oldest.is_none() || cfg!(target_arch = "wasm32") {
                break;
            }
            #[cfg(not(target_arch = "wasm32"))]
            self.device.wait_for(oldest)?;
            let mut state = lock(&self.state);
            let mapped = state.pending.front().and_then(|oldest| pin!(oldest.mapped.receive()).poll_now());
            if let Some(mapped) = mapped {
                let result = state.take_front(&self.device, mapped)?;
                state.finished.push_back(result);
            }
        }
        let why = "all staging buffers are under way: take results with `poll` or `wait_oldest_async` first";
        Err(Error::Bound { name: "readback ring".to_string(), why: why.to_string() })
    }
}

impl State {
    /// Takes the front of `pending`, whose mapping has ended.
    fn take_front(&mut self, device: &Device, mapped: Option<Mapped>) -> Result<(Ticket, Vec<u8>)> {
        let Some(front) = self.pending.pop_front() else {
            return Err(Error::Validation("readback ring: no fetch is under way".to_string()));
        };
        let data = take_mapped(device, &front.staging.raw, front.bytes, mapped)?;
        self.free.push(front.staging);
        Ok((front.ticket, data))
    }
}

/// One look at a future, without waiting.
trait PollNow: Future {
    fn poll_now(self: std::pin::Pin<&mut Self>) -> Option<Self::Output> {
        match self.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(output) => Some(output),
            Poll::Pending => None,
        }
    }
}
impl<F: Future> PollNow for F {}

impl Program {
    /// Replays the plan `times` times and fetches regions behind the last: their bytes come out of the ring together,
    /// one after the other. Does not wait, unless the ring is full: then for its oldest fetch, whose result is kept.
    ///
    /// # Errors
    /// The regions are more than a staging buffer holds, or as [`Program::run`].
    pub fn run_and_fetch(&self, times: u32, regions: &[Region], ring: &Readback) -> Result<Ticket> {
        let bytes: u64 = regions.iter().map(|region| region.bytes).sum();
        if bytes > ring.bytes || bytes == 0 {
            let why = format!("{bytes} bytes to fetch, a staging buffer has {}: make a larger ring", ring.bytes);
            return Err(Error::Bound { name: "readback ring".to_string(), why });
        }
        for region in regions {
            self.buffer(region.slot).check_range(region.offset, region.bytes)?;
        }
        let staging = ring.staging()?;
        let (done, mapped) = oneshot_channel();
        let submission = self.encode(times, |encoder| {
            let mut at = 0;
            for region in regions {
                let from = self.buffer(region.slot).raw();
                encoder.copy_buffer_to_buffer(from, region.offset, &staging.raw, at, region.bytes);
                at += region.bytes;
            }
            encoder.map_buffer_on_submit(&staging.raw, wgpu::MapMode::Read, .., move |result| {
                let _ = done.send(result); // The ring is gone: nobody to tell.
            });
        })?;
        let mut state = lock(&ring.state);
        let ticket = Ticket(state.next);
        state.next += 1;
        state.pending.push_back(Pending { ticket, staging, bytes, mapped, submission });
        Ok(ticket)
    }
}

impl std::fmt::Debug for Readback {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Readback({} under way, {} bytes each)", self.len(), self.bytes)
    }
}
