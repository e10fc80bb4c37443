//! Pipelines: one for each composed text, made once for a device, several at a time.
//!
//! naga parses each text once: its module serves the reflection and wgpu alike. Shader modules are checked (bounds,
//! loops): measured equal to unchecked ones on large tiles. The driver may compile only at the first dispatch.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use shaders::{Composed, Shader};

use crate::{
    device::{Device, lock},
    error::{Error, Result},
    launch::Launch,
    reflect::{self, Reflection},
};

/// A compiled shader with the layout of its bindings.
#[derive(Debug)]
pub(crate) struct Pipeline {
    pub(crate) shader: &'static Shader,
    pub(crate) composed: Composed,
    /// It was dispatched at least once by `Program::warm`.
    pub(crate) warm: AtomicBool,
    pub(crate) compute: wgpu::ComputePipeline,
    pub(crate) layout: wgpu::BindGroupLayout,
    pub(crate) reflection: Reflection,
}

/// The pipelines of a device, by composed text.
#[derive(Default)]
pub(crate) struct Pipelines(Mutex<HashMap<String, Arc<Pipeline>>>);

impl Device {
    /// One pipeline for each launch, compiled where the device does not have it yet.
    pub(crate) fn pipelines(&self, launches: &[&Launch]) -> Result<Vec<Arc<Pipeline>>> {
        // Launches that share shader and knobs share the text: compose it once.
        let wgsl = self.texts();
        let mut texts: Vec<(&'static Shader, Composed)> = Vec::new();
        let mut place = HashMap::new();
        let mut of_launch = Vec::with_capacity(launches.len());
        for launch in launches {
            let at = match place.get(&(launch.shader.name, &launch.knobs)) {
                Some(at) => *at,
                None => {
                    texts.push((launch.shader, wgsl.compose(launch)?));
                    place.insert((launch.shader.name, &launch.knobs), texts.len() - 1);
                    texts.len() - 1
                }
            };
            of_launch.push(at);
        }
        let known: Vec<_> = {
            let cache = lock(&self.0.pipelines.0);
            texts.iter().map(|(_, composed)| cache.get(&composed.text).cloned()).collect()
        };
        let missing: Vec<usize> = (0..texts.len()).filter(|i| known[*i].is_none()).collect();
        let made = each_in_parallel(&missing, |i| self.make_pipeline(texts[i].0, &texts[i].1));

        let mut all = known;
        for (i, pipeline) in missing.into_iter().zip(made) {
            let pipeline = Arc::new(pipeline?);
            // Two knobs may give one text; the first stays, the other is dropped with this loop.
            let text = texts[i].1.text.clone();
            all[i] = Some(lock(&self.0.pipelines.0).entry(text).or_insert(pipeline).clone());
        }
        Ok(of_launch.into_iter().filter_map(|i| all[i].clone()).collect())
    }

    pub(crate) fn make_pipeline(&self, shader: &'static Shader, composed: &Composed) -> Result<Pipeline> {
        let module = reflect::parse(shader, composed)?;
        let reflection = reflect::reflect(shader, &module)?;
        reflection.check_limits(shader, self.caps())?;
        let label = Some(shader.name);

        let entries: Vec<_> = reflection
            .storage
            .iter()
            .map(|storage| {
                let ty = wgpu::BufferBindingType::Storage { read_only: !storage.writable };
                (ty, storage.least_bytes)
            })
            .chain((reflection.params_bytes > 0).then_some((wgpu::BufferBindingType::Uniform, reflection.params_bytes)))
            .zip(0..)
            .map(|((ty, least), binding)| wgpu::BindGroupLayoutEntry {
                binding,
                visibility: wgpu::ShaderStages::COMPUTE,
                ty: wgpu::BindingType::Buffer {
                    ty,
                    has_dynamic_offset: false,
                    min_binding_size: wgpu::BufferSize::new(least),
                },
                count: None,
            })
            .collect();

        let ((compute, layout), error) = self.scoped(|gpu| {
            #[cfg(not(target_arch = "wasm32"))]
            let source = wgpu::ShaderSource::Naga(std::borrow::Cow::Owned(module));
            #[cfg(target_arch = "wasm32")]
            let source = wgpu::ShaderSource::Wgsl(composed.text.as_str().into());
            let module = gpu.create_shader_module(wgpu::ShaderModuleDescriptor { label, source });
            let layout = gpu.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label, entries: &entries });
            let pipeline_layout = gpu.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
                label,
                bind_group_layouts: &[Some(&layout)],
                immediate_size: 0,
            });
            let compute = gpu.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
                label,
                layout: Some(&pipeline_layout),
                module: &module,
                entry_point: Some(shader.name),
                compilation_options: Default::default(),
                cache: None,
            });
            (compute, layout)
        });
        if let Some(error) = error {
            // wgpu got no text, so its message has no lines: ask naga again, which is slow but only this once.
            let module = reflect::parse(shader, composed)?;
            reflect::validate(shader, composed, &module, self.caps())?;
            return Err(Error::Shader { shader: shader.name.to_string(), message: error.to_string() });
        }
        self.check()?;
        self.0.counts.pipelines.fetch_add(1, Relaxed);
        let (composed, warm) = (composed.clone(), AtomicBool::new(false));
        Ok(Pipeline { shader, composed, warm, compute, layout, reflection })
    }
}

/// `work` for each item, on as many threads as there are processors; results in order.
#[cfg(not(target_arch = "wasm32"))]
fn each_in_parallel<T: Send>(items: &[usize], work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    use std::sync::atomic::AtomicUsize;
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(items.len());
    if threads < 2 {
        return items.iter().map(|item| work(*item)).collect();
    }
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(items.len()));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(item) = {
                    let at = next.fetch_add(1, Relaxed);
                    items.get(at).map(|item| (at, *item))
                } {
                    let made = work(item.1);
                    lock(&done).push((item.0, made));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, made)| made).collect()
}

/// Browsers compile in threads of their own.
#[cfg(target_arch = "wasm32")]
fn each_in_parallel<T>(items: &[usize], work: impl Fn(usize) -> T) -> Vec<T> {
    items.iter().map(|item| work(*item)).collect()
}
