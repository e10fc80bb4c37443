//! Memory on the device: made zeroed, written, read back, copied.
//!
//! These calls are for setting up and for looking at results. Inside a training step, `Program::upload` and
//! `Readback` move data without waiting.

use std::{
    fmt,
    sync::{Arc, atomic::Ordering::Relaxed},
};

use futures_intrusive::channel::shared::oneshot_channel;

use crate::{
    device::Device,
    error::{Error, Result},
};

/// A storage buffer on a device. Cheap to clone; clones are the same memory, freed with the last of them.
#[derive(Clone)]
pub struct Buffer(Arc<Held>);

/// One buffer of whatever usage, counted while it lives.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) raw: wgpu::Buffer,
    pub(crate) label: String,
    device: Device,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.device.0.counts.bytes.fetch_sub(self.raw.size(), Relaxed);
    }
}

impl Buffer {
    /// Size in bytes.
    pub fn bytes(&self) -> u64 {
        self.0.raw.size()
    }

    /// The name it was made with.
    pub fn label(&self) -> &str {
        &self.0.label
    }

    pub(crate) fn raw(&self) -> &wgpu::Buffer {
        &self.0.raw
    }

    /// Checks that a range lies inside and is of whole words, as copies and bindings want it.
    pub(crate) fn check_range(&self, offset: u64, bytes: u64) -> Result<()> {
        let end = offset.saturating_add(bytes);
        let why = match () {
            () if bytes == 0 => "the range is empty",
            () if end > self.bytes() => "the range ends past the buffer",
            () if !(offset | bytes).is_multiple_of(4) => "start and length must be multiples of 4: pad the data",
            () => return Ok(()),
        };
        Err(Error::Range { label: self.label().to_string(), offset, end, size: self.bytes(), why })
    }
}

impl fmt::Debug for Buffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Buffer({}, {} bytes)", self.label(), self.bytes())
    }
}

impl Device {
    /// Makes a zeroed storage buffer of `bytes`, rounded up to a multiple of 16 (the size of a `vec4<f32>`).
    ///
    /// # Errors
    /// Larger than `Caps::buffer_bytes`, or out of memory.
    pub fn buffer(&self, label: &str, bytes: u64) -> Result<Buffer> {
        use wgpu::BufferUsages as Usage;
        let bytes = bytes.max(1).div_ceil(16).saturating_mul(16);
        let usage = Usage::STORAGE | Usage::COPY_SRC | Usage::COPY_DST;
        Ok(Buffer(Arc::new(self.make_buffer(label, bytes, usage)?)))
    }

    pub(crate) fn make_buffer(&self, label: &str, bytes: u64, usage: wgpu::BufferUsages) -> Result<Held> {
        let limit = self.caps().buffer_bytes;
        if bytes > limit {
            let mend = "use a smaller batch or split the tensor";
            return Err(Error::Limit {
                at: format!("buffer `{label}`"),
                what: "its size in bytes",
                got: bytes,
                limit,
                mend,
            });
        }
        let descriptor = wgpu::BufferDescriptor { label: Some(label), size: bytes, usage, mapped_at_creation: false };
        let (raw, error) = self.scoped(|gpu| gpu.create_buffer(&descriptor));
        let counts = &self.0.counts;
        match error {
            Some(wgpu::Error::OutOfMemory { .. }) => {
                let held = counts.bytes.load(Relaxed);
                return Err(Error::OutOfMemory { label: label.to_string(), bytes, held });
            }
            Some(other) => return Err(Error::Validation(format!("buffer `{label}`: {other}"))),
            None => self.check()?,
        }
        counts.buffers.fetch_add(1, Relaxed);
        let held = counts.bytes.fetch_add(bytes, Relaxed) + bytes;
        counts.peak_bytes.fetch_max(held, Relaxed);
        Ok(Held { raw, label: label.to_string(), device: self.clone() })
    }

    /// Writes `data` from byte `offset` on, before whatever is submitted next.
    ///
    /// # Errors
    /// The range is not inside the buffer or not of whole words.
    pub fn write(&self, buffer: &Buffer, offset: u64, data: &[u8]) -> Result<()> {
        buffer.check_range(offset, data.len() as u64)?;
        self.0.queue.write_buffer(buffer.raw(), offset, data);
        self.check()
    }

    /// Copies a range from one buffer to another.
    ///
    /// # Errors
    /// A range is not inside its buffer or not of whole words, or both are in the same buffer.
    pub fn copy(&self, from: &Buffer, from_offset: u64, to: &Buffer, to_offset: u64, bytes: u64) -> Result<()> {
        from.check_range(from_offset, bytes)?;
        to.check_range(to_offset, bytes)?;
        let mut encoder = self.0.gpu.create_command_encoder(&Default::default());
        encoder.copy_buffer_to_buffer(from.raw(), from_offset, to.raw(), to_offset, bytes);
        self.submit(encoder).map(drop)
    }

    /// Waits for all that was submitted, then returns `bytes` bytes from `offset` on.
    ///
    /// # Errors
    /// The range is not inside the buffer or not of whole words; out of memory; device lost.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn read(&self, buffer: &Buffer, offset: u64, bytes: u64) -> Result<Vec<u8>> {
        pollster::block_on(self.read_async(buffer, offset, bytes))
    }

    /// [`Device::read`] where blocking is not possible. (On native it blocks all the same.)
    ///
    /// # Errors
    /// As [`Device::read`].
    pub async fn read_async(&self, buffer: &Buffer, offset: u64, bytes: u64) -> Result<Vec<u8>> {
        buffer.check_range(offset, bytes)?;
        self.read_raw(buffer.raw(), offset, bytes).await
    }

    pub(crate) async fn read_raw(&self, buffer: &wgpu::Buffer, offset: u64, bytes: u64) -> Result<Vec<u8>> {
        use wgpu::BufferUsages as Usage;
        let staging = self.make_buffer("readback", bytes, Usage::MAP_READ | Usage::COPY_DST)?;
        let mut encoder = self.0.gpu.create_command_encoder(&Default::default());
        encoder.copy_buffer_to_buffer(buffer, offset, &staging.raw, 0, bytes);
        let (done, mapped) = oneshot_channel();
        encoder.map_buffer_on_submit(&staging.raw, wgpu::MapMode::Read, .., move |result| {
            let _ = done.send(result); // The receiver is gone when the caller gave up: nobody to tell.
        });
        let index = self.submit(encoder)?;
        #[cfg(not(target_arch = "wasm32"))]
        self.wait_for(Some(index))?;
        #[cfg(target_arch = "wasm32")]
        drop(index);
        take_mapped(self, &staging.raw, bytes, mapped.receive().await)
    }
}

/// The bytes of a staging buffer whose mapping has ended with `result`; unmaps it.
pub(crate) fn take_mapped(
    device: &Device,
    staging: &wgpu::Buffer,
    bytes: u64,
    result: Option<std::result::Result<(), wgpu::BufferAsyncError>>,
) -> Result<Vec<u8>> {
    device.check()?; // The cause, where one is known, says more than "mapping failed".
    if !matches!(result, Some(Ok(()))) {
        return Err(Error::Validation("mapping a readback buffer failed".to_string()));
    }
    let view = staging.slice(..bytes).get_mapped_range().map_err(|error| Error::Validation(error.to_string()))?;
    let data = view.to_vec();
    drop(view);
    staging.unmap();
    Ok(data)
}
