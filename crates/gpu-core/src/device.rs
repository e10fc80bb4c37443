//! The open device: what everything else of this crate hangs on.
//!
//! `adapter.rs` chooses, this file opens with the adapter's real limits and collects errors that wgpu reports behind
//! our back, so that nothing panics. Memory is in `buffer.rs`, pipelines in `pipeline.rs`, replay in `program.rs`.

use std::{
    any::{Any, TypeId},
    collections::{HashMap, VecDeque},
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use crate::{
    adapter::{AdapterSummary, Adapters, TIMESTAMPS},
    caps::Caps,
    error::{Error, Result},
    pipeline::Pipelines,
    texts::Texts,
};

/// Submissions that may wait for the device before [`Device::submit`] waits for the oldest: enough to keep it busy,
/// few enough that an interrupt is answered soon.
#[cfg(not(target_arch = "wasm32"))]
const IN_FLIGHT: usize = 4;

/// A device and its queue. Cheap to clone; clones are the same device.
#[derive(Clone)]
pub struct Device(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) gpu: wgpu::Device,
    pub(crate) queue: wgpu::Queue,
    pub(crate) pipelines: Pipelines,
    pub(crate) counts: Counts,
    summary: AdapterSummary,
    sink: Arc<Mutex<Sink>>,
    texts: Mutex<Texts>,
    kept: Mutex<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>,
    #[cfg_attr(target_arch = "wasm32", expect(dead_code))]
    in_flight: Mutex<VecDeque<wgpu::SubmissionIndex>>,
}

/// Errors that no call returned.
#[derive(Default)]
struct Sink {
    lost: Option<String>,
    first: Option<Error>,
}

/// Things made on a device so far. A test compares two of these to prove that a step makes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counters {
    /// Buffers, staging included.
    pub buffers: u64,
    /// Bind groups.
    pub bind_groups: u64,
    /// Pipelines compiled (not: found in the cache).
    pub pipelines: u64,
    /// Submissions.
    pub submits: u64,
    /// Bytes of the buffers that live now.
    pub bytes: u64,
    /// The most that `bytes` has been.
    pub peak_bytes: u64,
}

#[derive(Default)]
pub(crate) struct Counts {
    pub(crate) buffers: AtomicU64,
    pub(crate) bind_groups: AtomicU64,
    pub(crate) pipelines: AtomicU64,
    pub(crate) submits: AtomicU64,
    pub(crate) bytes: AtomicU64,
    pub(crate) peak_bytes: AtomicU64,
}

/// A panic elsewhere while one of our short locks was held leaves the data whole.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Device {
    /// Opens the best adapter, or the one that `asked` names: `#1`, `software`, `discrete`, `integrated`, a backend,
    /// or part of its name. `WGPU_BACKEND`, `WGPU_ADAPTER_NAME` and `WGPU_POWER_PREF` are obeyed.
    ///
    /// # Errors
    /// No adapter (says what to install), none that matches (lists those present), or the driver refuses.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn open(asked: Option<&str>) -> Result<Self> {
        pollster::block_on(Self::open_async(asked))
    }

    /// [`Device::open`] where blocking is not possible.
    ///
    /// # Errors
    /// As [`Device::open`].
    pub async fn open_async(asked: Option<&str>) -> Result<Self> {
        let (summary, adapter) = Adapters::choose(asked).await?;
        let useful = wgpu::Features::SUBGROUP | wgpu::Features::SHADER_INT64 | TIMESTAMPS;
        let descriptor = wgpu::DeviceDescriptor {
            label: Some("lenslet"),
            required_features: adapter.features() & useful,
            required_limits: adapter.limits(),
            ..Default::default()
        };
        let (gpu, queue) = adapter
            .request_device(&descriptor)
            .await
            .map_err(|why| Error::Open { adapter: summary.name.clone(), why: why.to_string() })?;

        let sink = Arc::new(Mutex::new(Sink::default()));
        let errors = sink.clone();
        gpu.on_uncaptured_error(Arc::new(move |error: wgpu::Error| {
            log::error!("wgpu: {error}");
            lock(&errors).first.get_or_insert(Error::Validation(error.to_string()));
        }));
        let losses = sink.clone();
        gpu.set_device_lost_callback(move |reason, message| {
            lock(&losses).lost.get_or_insert(format!("{reason:?} {message}").trim_end().to_string());
        });
        log::info!("opened {summary}; {}", summary.note);
        let texts = Mutex::new(Texts::of(&summary.caps)?);
        Ok(Self(Arc::new(Inner {
            gpu,
            queue,
            pipelines: Pipelines::default(),
            counts: Counts::default(),
            summary,
            sink,
            texts,
            kept: Mutex::default(),
            in_flight: Mutex::default(),
        })))
    }

    /// What plans may use.
    pub fn caps(&self) -> &Caps {
        &self.0.summary.caps
    }

    /// The adapter, and why it was picked.
    pub fn summary(&self) -> &AdapterSummary {
        &self.0.summary
    }

    /// What was made so far.
    pub fn counters(&self) -> Counters {
        let counts = &self.0.counts;
        Counters {
            buffers: counts.buffers.load(Relaxed),
            bind_groups: counts.bind_groups.load(Relaxed),
            pipelines: counts.pipelines.load(Relaxed),
            submits: counts.submits.load(Relaxed),
            bytes: counts.bytes.load(Relaxed),
            peak_bytes: counts.peak_bytes.load(Relaxed),
        }
    }

    /// The WGSL that it compiles from now on.
    pub fn texts(&self) -> Texts {
        lock(&self.0.texts).clone()
    }

    /// Compiles other texts from now on; programs that are compiled already keep theirs.
    pub fn set_texts(&self, texts: Texts) {
        *lock(&self.0.texts) = texts;
    }

    /// Keeps a value of a layer above for as long as the device is open, one of each type: what was learned of it.
    pub fn keep<T: Any + Send + Sync>(&self, value: T) {
        lock(&self.0.kept).insert(TypeId::of::<T>(), Arc::new(value));
    }

    /// The value of this type that was given to [`keep`](Self::keep).
    pub fn kept<T: Any + Send + Sync>(&self) -> Option<Arc<T>> {
        let kept = lock(&self.0.kept).get(&TypeId::of::<T>()).cloned()?;
        kept.downcast().ok()
    }

    /// Waits until the device has done all that was submitted.
    ///
    /// # Errors
    /// The device is lost, or an error came up meanwhile.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn wait(&self) -> Result<()> {
        lock(&self.0.in_flight).clear();
        self.wait_for(None)
    }

    /// Loses the device on purpose, as a driver reset would: for tests of what survives that.
    #[doc(hidden)]
    #[cfg(not(target_arch = "wasm32"))]
    pub fn lose(&self) {
        self.0.gpu.destroy();
        let _ = self.wait_for(None); // wgpu tells of it once the queue is empty; the error is what was asked for.
    }

    /// An error that wgpu reported since the last call and that nobody was given yet. Device lost stays for ever.
    pub(crate) fn check(&self) -> Result<()> {
        let mut sink = lock(&self.0.sink);
        let first = sink.first.take();
        match (&sink.lost, first) {
            (Some(why), _) => Err(Error::Lost { why: why.clone() }),
            (None, Some(error)) => Err(error),
            (None, None) => Ok(()),
        }
    }

    /// Submits; waits for the oldest submission when too many are under way (not in the browser, which does that
    /// itself).
    pub(crate) fn submit(&self, encoder: wgpu::CommandEncoder) -> Result<wgpu::SubmissionIndex> {
        let index = self.0.queue.submit([encoder.finish()]);
        self.0.counts.submits.fetch_add(1, Relaxed);
        #[cfg(not(target_arch = "wasm32"))]
        {
            let oldest = {
                let mut in_flight = lock(&self.0.in_flight);
                in_flight.push_back(index.clone());
                if in_flight.len() > IN_FLIGHT { in_flight.pop_front() } else { None }
            };
            if oldest.is_some() {
                self.wait_for(oldest)?;
            }
        }
        self.check()?;
        Ok(index)
    }

    /// Blocks until a submission, or the last one, is done.
    #[cfg(not(target_arch = "wasm32"))]
    pub(crate) fn wait_for(&self, submission_index: Option<wgpu::SubmissionIndex>) -> Result<()> {
        let waited = self.0.gpu.poll(wgpu::PollType::Wait { submission_index, timeout: None });
        self.check()?;
        waited.map(drop).map_err(|error| Error::Validation(error.to_string()))
    }

    /// Lets callbacks of what is done run, without blocking. Browsers do that by themselves.
    pub(crate) fn poll(&self) -> Result<()> {
        let polled = self.0.gpu.poll(wgpu::PollType::Poll);
        self.check()?;
        polled.map(drop).map_err(|error| Error::Validation(error.to_string()))
    }

    /// Runs `make` and returns what wgpu has against it. In the browser errors come later, into the sink.
    pub(crate) fn scoped<T>(&self, make: impl FnOnce(&wgpu::Device) -> T) -> (T, Option<wgpu::Error>) {
        #[cfg(not(target_arch = "wasm32"))]
        {
            use wgpu::ErrorFilter::{Internal, OutOfMemory, Validation};
            let gpu = &self.0.gpu;
            let scopes = [Validation, OutOfMemory, Internal].map(|filter| gpu.push_error_scope(filter));
            let made = make(gpu);
            let mut first = None;
            for scope in scopes.into_iter().rev() {
                first = pollster::block_on(scope.pop()).or(first); // Ready at once on native.
            }
            (made, first)
        }
        #[cfg(target_arch = "wasm32")]
        (make(&self.0.gpu), None)
    }
}

impl fmt::Debug for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Device({})", self.0.summary)
    }
}
