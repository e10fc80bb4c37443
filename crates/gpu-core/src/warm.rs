//! Compiling before the first step: a software driver does it at a pipeline's first dispatch, so each gets one now.
//!
//! A dispatch of no workgroups is enough (measured on lavapipe: it compiles, the real one behind it takes no longer
//! than any other) and changes nothing. Such a driver compiles in the queue's one thread. Where the first pipeline
//! shows that its disk cache is cold, further devices compile a share each into that cache: with two idle
//! processors 8 kernels took 0.9 s instead of 1.35.

use std::{
    sync::{Arc, Mutex, atomic::Ordering::Relaxed, mpsc},
    time::{Duration, Instant},
};

use crate::{
    caps::Family,
    device::{Device, lock},
    error::{Error, Result},
    pipeline::Pipeline,
    program::{BoundLaunch, Program},
};

/// A pipeline that takes longer was compiled, one that takes less came out of a cache (2–3 ms for large kernels).
const COMPILED: Duration = Duration::from_millis(40);

/// Further devices at most: each costs an opening and some memory.
const MORE_DEVICES: usize = 3;

/// Launches still to be warmed: this device takes them from the front, others from the back.
struct Work<'a> {
    launches: &'a [&'a BoundLaunch],
    ends: Mutex<(usize, usize)>,
}

impl<'a> Work<'a> {
    fn front(&self) -> Option<&'a BoundLaunch> {
        let mut ends = lock(&self.ends);
        (ends.0 < ends.1).then(|| {
            ends.0 += 1;
            self.launches[ends.0 - 1]
        })
    }

    fn back(&self) -> Option<&'a BoundLaunch> {
        let mut ends = lock(&self.ends);
        (ends.0 < ends.1).then(|| {
            ends.1 -= 1;
            self.launches[ends.1]
        })
    }
}

impl Program {
    /// Makes the driver compile all pipelines now, so that the first step takes no longer than the next.
    ///
    /// # Errors
    /// Device lost, or an error of wgpu's since the last call.
    pub fn warm(&self) -> Result<()> {
        let mut cold: Vec<&BoundLaunch> = Vec::new();
        for launch in &self.launches {
            let pipeline = &launch.pipeline;
            if !pipeline.warm.load(Relaxed) && !cold.iter().any(|known| Arc::ptr_eq(&known.pipeline, pipeline)) {
                cold.push(launch);
            }
        }
        cold.sort_by_key(|launch| std::cmp::Reverse(launch.pipeline.composed.text.len())); // longest first: ends even
        let Some((first, rest)) = cold.split_first() else { return Ok(()) };
        let start = Instant::now();
        self.warm_one(first)?;
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let more = MORE_DEVICES.min(processors - 1).min(rest.len() / 2);
        let compiles = self.device.caps().family == Family::Software && start.elapsed() > COMPILED;
        self.warm_rest(rest, if compiles { more } else { 0 })
    }

    fn warm_rest(&self, launches: &[&BoundLaunch], more_devices: usize) -> Result<()> {
        let work = Work { launches, ends: Mutex::new((0, launches.len())) };
        let adapter = format!("#{}", self.device.summary().index);
        std::thread::scope(|scope| {
            let (done, elsewhere) = mpsc::channel();
            for _ in 0..more_devices {
                let (work, adapter, done) = (&work, &adapter, done.clone());
                scope.spawn(move || {
                    let Ok(device) = Device::open(Some(adapter)) else { return };
                    while let Some(launch) = work.back() {
                        if let Err(error) = compile_elsewhere(&device, launch) {
                            log::debug!("warming `{}` on a device of its own: {error}", launch.shader);
                        }
                        let _ = done.send(launch); // Nobody listens when this device failed.
                    }
                });
            }
            drop(done);
            while let Some(launch) = work.front() {
                self.warm_one(launch)?;
            }
            elsewhere.iter().try_for_each(|launch| self.warm_one(launch))
        })
    }

    fn warm_one(&self, launch: &BoundLaunch) -> Result<()> {
        launch.dispatch_nothing(&self.device, &launch.pipeline, &launch.group)?;
        launch.pipeline.warm.store(true, Relaxed);
        Ok(())
    }
}

/// Makes the driver compile a launch's pipeline on another device, so that its disk cache has it.
fn compile_elsewhere(device: &Device, launch: &BoundLaunch) -> Result<()> {
    let pipeline = device.make_pipeline(launch.pipeline.shader, &launch.pipeline.composed)?;
    let found = &pipeline.reflection;
    let storage = found.storage.iter().map(|storage| (storage.least_bytes, wgpu::BufferUsages::STORAGE));
    let params = (found.params_bytes > 0).then_some((found.params_bytes, wgpu::BufferUsages::UNIFORM));
    let buffers = storage
        .chain(params)
        .map(|(bytes, usage)| device.make_buffer("warm", bytes.next_multiple_of(16), usage))
        .collect::<Result<Vec<_>>>()?;
    let entries: Vec<_> = buffers
        .iter()
        .zip(0..)
        .map(|(buffer, binding)| wgpu::BindGroupEntry { binding, resource: buffer.raw.as_entire_binding() })
        .collect();
    let descriptor = wgpu::BindGroupDescriptor { label: None, layout: &pipeline.layout, entries: &entries };
    let (group, error) = device.scoped(|gpu| gpu.create_bind_group(&descriptor));
    match error {
        Some(error) => Err(Error::Validation(error.to_string())),
        None => launch.dispatch_nothing(device, &pipeline, &group),
    }
}

impl BoundLaunch {
    fn dispatch_nothing(&self, device: &Device, pipeline: &Pipeline, group: &wgpu::BindGroup) -> Result<()> {
        let mut encoder = device.0.gpu.create_command_encoder(&Default::default());
        {
            let mut pass = encoder.begin_compute_pass(&Default::default());
            pass.set_pipeline(&pipeline.compute);
            pass.set_bind_group(0, group, &[]);
            pass.dispatch_workgroups(0, 0, 0);
        }
        let index = device.submit(encoder)?;
        device.wait_for(Some(index))
    }
}
