//! From plan to program: checks it against the device, makes buffers, compiles, binds.
//!
//! All that a run could trip over is found here, with node and shader named: regions outside their slots, slots both
//! read and written by one launch, sizes beyond the device's limits. Apart from `program.rs`, which only replays.

use std::sync::{Arc, atomic::Ordering::Relaxed};

use crate::{
    buffer::{Buffer, Held},
    caps::Caps,
    device::Device,
    error::{Error, Result},
    launch::Launch,
    pipeline::Pipeline,
    plan::{Origin, Plan, Region, Step},
    program::{BoundLaunch, Program, submission_work},
    reflect::Reflection,
};

impl Program {
    /// Binds a plan to a device. `bound` gives the buffers that the plan names: parameters, moments, data set.
    ///
    /// Pipelines that the device does not have yet are compiled in parallel; most software drivers compile at the
    /// first dispatch only, see [`Program::warm`].
    ///
    /// # Errors
    /// A shader does not compile (file and line), a launch does not fit its shader or the device (node and shader),
    /// a bound buffer is missing or has another size, out of memory.
    pub fn compile(device: &Device, plan: &Plan, bound: &[(&str, &Buffer)]) -> Result<Self> {
        let caps = device.caps();
        let launches: Vec<&Launch> = plan.steps.iter().map(|step| &step.launch).collect();
        let pipelines = device.pipelines(&launches)?;
        for (step, pipeline) in plan.steps.iter().zip(&pipelines) {
            check_step(plan, step, &pipeline.reflection, caps).map_err(|error| error.at_node(&step.node))?;
        }
        let slots = make_slots(device, plan, bound)?;
        let params = Params::upload(device, plan, &pipelines)?;

        let mut launches = Vec::with_capacity(plan.steps.len());
        for (i, (step, pipeline)) in plan.steps.iter().zip(pipelines).enumerate() {
            check_sharing(step, &pipeline.reflection, &slots).map_err(|error| error.at_node(&step.node))?;
            let group = bind(device, step, &pipeline, &slots, params.as_ref().map(|params| params.binding(i)))?;
            let bytes: u64 = step.bindings.iter().map(|region| region.bytes).sum();
            launches.push(BoundLaunch {
                node: step.node.clone(),
                shader: step.launch.shader.name,
                pipeline,
                group,
                grid: step.launch.grid,
                work: step.flops.max(bytes.saturating_mul(2)),
            });
        }
        Ok(Self {
            device: device.clone(),
            slots,
            launches,
            submission_work: submission_work(caps.family),
            _params: params.map(|params| params.buffer),
        })
    }
}

/// Checks one step against its shader, the slots' sizes and the device.
fn check_step(plan: &Plan, step: &Step, shader: &Reflection, caps: &Caps) -> Result<()> {
    shader.check(&step.launch, caps)?;
    let at = || format!("`{}`", step.launch.shader.name);
    let wrong = |why: String| Error::Binding { at: at(), why };
    if step.bindings.len() != step.launch.args.len() {
        return Err(wrong(format!("{} regions for {} args", step.bindings.len(), step.launch.args.len())));
    }
    for (region, storage) in step.bindings.iter().zip(&shader.storage) {
        let Region { slot, offset, bytes } = *region;
        let name = &storage.name;
        let Some(in_slot) = plan.slots.get(slot.0 as usize) else {
            return Err(wrong(format!("`{name}` is in slot {}, the plan has {}", slot.0, plan.slots.len())));
        };
        if offset.checked_add(bytes).is_none_or(|end| end > in_slot.bytes) {
            return Err(wrong(format!(
                "`{name}` is {bytes} bytes from {offset} of slot {}, which has {}",
                slot.0, in_slot.bytes
            )));
        }
        if !offset.is_multiple_of(caps.storage_align) || bytes % 4 != 0 {
            return Err(wrong(format!(
                "`{name}` is {bytes} bytes from {offset} of slot {}: the start must be a multiple of {}, the length of 4",
                slot.0, caps.storage_align
            )));
        }
        if bytes < storage.least_bytes {
            return Err(wrong(format!("`{name}` is {bytes} bytes, the shader wants {} at least", storage.least_bytes)));
        }
        if bytes > caps.binding_bytes {
            let mend = "use a smaller batch, or split the launch";
            return Err(Error::Limit {
                at: at(),
                what: "a binding in bytes",
                got: bytes,
                limit: caps.binding_bytes,
                mend,
            });
        }
    }
    Ok(())
}

/// Checks the rules on what one launch may bind twice. By buffer, not by slot: two slots may be given the same one.
fn check_sharing(step: &Step, shader: &Reflection, slots: &[Buffer]) -> Result<()> {
    let bindings: Vec<_> = step.bindings.iter().zip(&shader.storage).collect();
    for (i, (a, first)) in bindings.iter().enumerate() {
        for (b, second) in &bindings[i + 1..] {
            let (of_a, of_b) = (&slots[a.slot.0 as usize], &slots[b.slot.0 as usize]);
            let apart = a.offset + a.bytes <= b.offset || b.offset + b.bytes <= a.offset;
            let both_write = first.writable && second.writable;
            if of_a.raw() != of_b.raw() || !(first.writable || second.writable) || (both_write && apart) {
                continue;
            }
            let how = if both_write {
                "both write overlapping ranges of"
            } else {
                "one reads and the other writes (tracked by buffer, whatever the ranges)"
            };
            return Err(Error::Binding {
                at: format!("`{}`", step.launch.shader.name),
                why: format!(
                    "`{}` and `{}` {how} the same buffer (slots {} and {}): they need buffers of their own",
                    first.name, second.name, a.slot.0, b.slot.0
                ),
            });
        }
    }
    Ok(())
}

fn make_slots(device: &Device, plan: &Plan, bound: &[(&str, &Buffer)]) -> Result<Vec<Buffer>> {
    let make = |(i, slot): (usize, &crate::plan::SlotPlan)| match &slot.origin {
        Origin::Transient => device.buffer(&format!("slot {i}"), slot.bytes),
        Origin::Constant(data) => {
            if data.len() as u64 > slot.bytes {
                let why = format!("{} bytes for a slot of {}", data.len(), slot.bytes);
                return Err(Error::Bound { name: format!("constant {i}"), why });
            }
            let buffer = device.buffer(&format!("constant {i}"), slot.bytes)?;
            if !data.is_empty() {
                device.write(&buffer, 0, data)?;
            }
            Ok(buffer)
        }
        Origin::Bound(name) => {
            let wrong = |why: String| Error::Bound { name: name.clone(), why };
            let (_, buffer) = bound.iter().find(|(given, _)| given == name).ok_or_else(|| {
                let given: Vec<&str> = bound.iter().map(|(given, _)| *given).collect();
                wrong(format!("the plan binds it, given were: {}", given.join(", ")))
            })?;
            if buffer.bytes() < slot.bytes {
                return Err(wrong(format!("the plan needs {} bytes, it has {}", slot.bytes, buffer.bytes())));
            }
            Ok((*buffer).clone())
        }
    };
    plan.slots.iter().enumerate().map(make).collect()
}

/// The params of all launches in one uniform buffer.
struct Params {
    buffer: Held,
    /// For each launch, its bytes from where on; 0 bytes where the shader has no params.
    places: Vec<(u64, u64)>,
}

impl Params {
    fn upload(device: &Device, plan: &Plan, pipelines: &[Arc<Pipeline>]) -> Result<Option<Self>> {
        let align = device.caps().uniform_align as usize;
        let mut data: Vec<u8> = Vec::new();
        let mut places = Vec::with_capacity(pipelines.len());
        for (step, pipeline) in plan.steps.iter().zip(pipelines) {
            let bytes = pipeline.reflection.params_bytes;
            if bytes > 0 {
                data.resize(data.len().next_multiple_of(align), 0);
            }
            places.push((data.len() as u64, bytes));
            data.extend(step.launch.params.iter().flat_map(|(_, word)| word.bits().to_le_bytes()));
        }
        if data.is_empty() {
            return Ok(None);
        }
        let usage = wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST;
        let buffer = device.make_buffer("params", data.len().next_multiple_of(16) as u64, usage)?;
        device.0.queue.write_buffer(&buffer.raw, 0, &data);
        Ok(Some(Self { buffer, places }))
    }

    fn binding(&self, launch: usize) -> wgpu::BufferBinding<'_> {
        let (offset, bytes) = self.places[launch];
        wgpu::BufferBinding { buffer: &self.buffer.raw, offset, size: wgpu::BufferSize::new(bytes) }
    }
}

fn bind(
    device: &Device,
    step: &Step,
    pipeline: &Pipeline,
    slots: &[Buffer],
    params: Option<wgpu::BufferBinding<'_>>,
) -> Result<wgpu::BindGroup> {
    let storage = step.bindings.iter().map(|region| wgpu::BufferBinding {
        buffer: slots[region.slot.0 as usize].raw(),
        offset: region.offset,
        size: wgpu::BufferSize::new(region.bytes),
    });
    let entries: Vec<_> = storage
        .chain(params.filter(|_| pipeline.reflection.params_bytes > 0))
        .zip(0..)
        .map(|(part, binding)| wgpu::BindGroupEntry { binding, resource: wgpu::BindingResource::Buffer(part) })
        .collect();
    let label = Some(step.launch.shader.name);
    let descriptor = wgpu::BindGroupDescriptor { label, layout: &pipeline.layout, entries: &entries };
    let (group, error) = device.scoped(|gpu| gpu.create_bind_group(&descriptor));
    device.0.counts.bind_groups.fetch_add(1, Relaxed);
    match error {
        Some(error) => {
            Err(Error::Binding { at: format!("`{}`", step.launch.shader.name), why: error.to_string() }
                .at_node(&step.node))
        }
        None => Ok(group),
    }
}
