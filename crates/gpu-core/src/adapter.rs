//! Which adapters there are, and which one lenslet takes.
//!
//! Choice: discrete, integrated, virtual, other, software; `WGPU_POWER_PREF=low` puts integrated first. What the
//! user asks for (`--adapter`, `WGPU_ADAPTER_NAME`) comes before that, `WGPU_BACKEND` before all. Choosing works on
//! plain [`AdapterSummary`]s and is tested without any adapter; `device.rs` opens the one chosen.

use std::fmt;

use crate::{
    caps::{Caps, Family},
    error::{Error, Result},
    faults::{self, FAULTS},
};

/// The machine behind an adapter; the order is the order of preference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AdapterKind {
    /// A card with memory of its own.
    Discrete,
    /// Part of the processor, sharing its memory.
    Integrated,
    /// A GPU lent by a hypervisor.
    Virtual,
    /// The driver does not say; browsers never do.
    Other,
    /// A CPU that runs shaders.
    Software,
}

impl AdapterKind {
    /// One lower-case word, as `--adapter` takes it.
    pub fn word(self) -> &'static str {
        match self {
            AdapterKind::Discrete => "discrete",
            AdapterKind::Integrated => "integrated",
            AdapterKind::Virtual => "virtual",
            AdapterKind::Other => "other",
            AdapterKind::Software => "software",
        }
    }
}

/// What can be said about an adapter without opening it.
#[derive(Clone, Debug, PartialEq)]
pub struct AdapterSummary {
    /// Place in the list; `--adapter '#1'`.
    pub index: usize,
    /// As the driver names it.
    pub name: String,
    /// `vulkan`, `metal`, `dx12` or `webgpu`.
    pub backend: &'static str,
    /// What kind of machine it is.
    pub kind: AdapterKind,
    /// The driver's name.
    pub driver: String,
    /// The driver's version and more.
    pub driver_info: String,
    /// PCI vendor.
    pub vendor: u32,
    /// PCI device.
    pub device: u32,
    /// PCI address, empty where the backend does not tell; tells two equal cards apart.
    pub bus: String,
    /// What plans may use on it, known faults withheld.
    pub caps: Caps,
    /// Features by wgpu's names that lenslet uses or may come to use, of those present.
    pub features: Vec<&'static str>,
    /// Smallest and largest subgroup.
    pub subgroup_sizes: [u32; 2],
    /// Known faults of this driver, one line each.
    pub faults: Vec<String>,
    /// Why it is, or is not, the one picked.
    pub note: String,
}

/// `#0 llvmpipe (LLVM 15.0.6, 256 bits), software, vulkan, llvmpipe Mesa 22.3.6`
impl fmt::Display for AdapterSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{} {}, {}, {}", self.index, self.name, self.kind.word(), self.backend)?;
        let driver = self.driver_text();
        if driver.is_empty() { Ok(()) } else { write!(f, ", {driver}") }
    }
}

impl AdapterSummary {
    /// Driver and version in one line.
    pub fn driver_text(&self) -> String {
        format!("{} {}", self.driver, self.driver_info).trim().to_string()
    }

    /// What `--adapter TEXT` means: `#index`, a kind, a backend, or part of the name.
    fn matches(&self, text: &str) -> bool {
        let text = text.trim().to_lowercase();
        if let Some(index) = text.strip_prefix('#') {
            return index.parse() == Ok(self.index);
        }
        text == self.kind.word() || text == self.backend || self.name.to_lowercase().contains(&text)
    }

    /// The same machine seen through another backend.
    fn is_twin_of(&self, other: &Self) -> bool {
        let same_bus = self.bus.is_empty() || other.bus.is_empty() || self.bus == other.bus;
        let same_ids = (self.vendor, self.device) == (other.vendor, other.device) && self.vendor != 0;
        self.backend != other.backend && same_bus && (same_ids || self.name == other.name)
    }
}

/// What decides which adapter is taken.
#[derive(Clone, Debug, Default, PartialEq)]
struct Wish {
    /// `--adapter`.
    asked: Option<String>,
    /// `WGPU_ADAPTER_NAME`.
    name: Option<String>,
    /// `WGPU_POWER_PREF=low`.
    low_power: bool,
}

impl Wish {
    /// The environment's wishes, and what the user asked for.
    fn from_env(asked: Option<&str>) -> Self {
        Self {
            asked: asked.map(str::to_string),
            name: std::env::var("WGPU_ADAPTER_NAME").ok().filter(|name| !name.is_empty()),
            low_power: wgpu::PowerPreference::from_env() == Some(wgpu::PowerPreference::LowPower),
        }
    }

    /// Index into `list` (in order of preference, see [`sort`]) and the reason.
    fn pick(&self, list: &[AdapterSummary]) -> Result<(usize, String)> {
        let sources = [("--adapter", &self.asked), ("WGPU_ADAPTER_NAME", &self.name)];
        let Some((source, text)) = sources.iter().find_map(|(source, text)| Some((source, text.as_ref()?))) else {
            let first = list.first().ok_or_else(no_adapter)?;
            let why = match (first.kind, list.len()) {
                (kind, 1) => format!("the only adapter ({})", kind.word()),
                (AdapterKind::Integrated, _) if self.low_power => "integrated first, by WGPU_POWER_PREF".to_string(),
                (kind, _) => format!("{} comes first", kind.word()),
            };
            return Ok((0, why));
        };
        let at = list.iter().position(|adapter| adapter.matches(text)).ok_or_else(|| {
            let lines: Vec<String> = list.iter().map(|adapter| format!("  {adapter}")).collect();
            if list.is_empty() {
                return no_adapter();
            }
            Error::UnknownAdapter { asked: format!("{source} `{text}`"), present: lines.join("\n") }
        })?;
        Ok((at, format!("asked for by {source} `{text}`")))
    }
}

/// Order of preference, made a total order by backend and driver's ids, so that lists and picks repeat.
/// Removes adapters that are seen a second time through another backend, and numbers the rest.
fn sort<T>(mut list: Vec<(AdapterSummary, T)>, low_power: bool) -> Vec<(AdapterSummary, T)> {
    let rank = |kind| match kind {
        AdapterKind::Integrated if low_power => -1,
        other => other as i32,
    };
    let backend = |name: &str| ["vulkan", "metal", "dx12", "webgpu"].iter().position(|known| *known == name);
    // Stable: two equal cards stay in the driver's order, or in the order of their bus addresses.
    list.sort_by(|(a, _), (b, _)| {
        let key = |s: &AdapterSummary| (rank(s.kind), backend(s.backend));
        key(a).cmp(&key(b)).then_with(|| (&a.name, &a.bus).cmp(&(&b.name, &b.bus)))
    });
    let mut kept: Vec<(AdapterSummary, T)> = Vec::new();
    for (mut summary, adapter) in list {
        if !kept.iter().any(|(known, _)| summary.is_twin_of(known)) {
            summary.index = kept.len();
            kept.push((summary, adapter));
        }
    }
    kept
}

/// The adapters of this machine.
pub struct Adapters;

impl Adapters {
    /// All adapters in order of preference, each with a note on why it is or is not picked for `asked`.
    ///
    /// An unknown `asked` picks none; [`Device::open`](crate::Device::open) is the one to complain.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn list(asked: Option<&str>) -> Vec<AdapterSummary> {
        pollster::block_on(Self::list_async(asked))
    }

    /// [`Adapters::list`] where blocking is not possible.
    pub async fn list_async(asked: Option<&str>) -> Vec<AdapterSummary> {
        let wish = Wish::from_env(asked);
        let mut list: Vec<AdapterSummary> = present(wish.low_power).await.into_iter().map(|(s, _)| s).collect();
        note(&wish, &mut list);
        list
    }

    /// The adapter that [`Device::open`](crate::Device::open) opens, and why this one.
    pub(crate) async fn choose(asked: Option<&str>) -> Result<(AdapterSummary, wgpu::Adapter)> {
        let wish = Wish::from_env(asked);
        let (mut summaries, mut adapters): (Vec<_>, Vec<_>) = present(wish.low_power).await.into_iter().unzip();
        let (at, _) = wish.pick(&summaries)?;
        note(&wish, &mut summaries);
        Ok((summaries.swap_remove(at), adapters.swap_remove(at)))
    }
}

/// Writes into each summary why it is or is not picked.
fn note(wish: &Wish, list: &mut [AdapterSummary]) {
    let picked = wish.pick(list);
    for (i, adapter) in list.iter_mut().enumerate() {
        adapter.note = match &picked {
            Ok((at, why)) if *at == i => format!("picked: {why}"),
            Ok((_, why)) => format!("not picked: {why}"),
            Err(_) => "not picked: not the one asked for".to_string(),
        };
    }
}

fn no_adapter() -> Error {
    let looked = backends().iter_names().map(|(name, _)| name.to_lowercase()).collect::<Vec<_>>().join(", ");
    Error::NoAdapter {
        looked: if looked.is_empty() {
            "nothing: WGPU_BACKEND leaves no backend of this build".to_string()
        } else {
            looked
        },
    }
}

/// The backends of this build that `WGPU_BACKEND` leaves.
fn backends() -> wgpu::Backends {
    wgpu::Backends::all().with_env() & wgpu::Instance::enabled_backend_features()
}

async fn present(low_power: bool) -> Vec<(AdapterSummary, wgpu::Adapter)> {
    let backends = backends();
    if backends.is_empty() {
        return Vec::new(); // an instance without backends is an error in some ports of wgpu
    }
    let descriptor =
        wgpu::InstanceDescriptor { backends, ..wgpu::InstanceDescriptor::new_without_display_handle().with_env() };
    let instance = wgpu::Instance::new(descriptor);
    let adapters = instance.enumerate_adapters(backends).await;
    sort(adapters.into_iter().map(|adapter| (summary(&adapter), adapter)).collect(), low_power)
}

/// Features that kernels use, or that it is useful to know are there.
const FEATURES: [(&str, wgpu::Features); 8] = [
    ("SUBGROUP", wgpu::Features::SUBGROUP),
    ("TIMESTAMP_QUERY", wgpu::Features::TIMESTAMP_QUERY),
    ("TIMESTAMP_QUERY_INSIDE_PASSES", wgpu::Features::TIMESTAMP_QUERY_INSIDE_PASSES),
    ("SHADER_F16", wgpu::Features::SHADER_F16),
    ("SHADER_F64", wgpu::Features::SHADER_F64),
    ("SHADER_INT64", wgpu::Features::SHADER_INT64),
    ("IMMEDIATES", wgpu::Features::IMMEDIATES),
    ("EXPERIMENTAL_COOPERATIVE_MATRIX", wgpu::Features::EXPERIMENTAL_COOPERATIVE_MATRIX),
];

/// Both are needed to write a timestamp between two launches of one pass.
pub(crate) const TIMESTAMPS: wgpu::Features =
    wgpu::Features::TIMESTAMP_QUERY.union(wgpu::Features::TIMESTAMP_QUERY_INSIDE_PASSES);

fn summary(adapter: &wgpu::Adapter) -> AdapterSummary {
    let info = adapter.get_info();
    let features = adapter.features();
    let mut caps = caps(&info, features, &adapter.limits());
    let driver = format!("{} {}", info.driver, info.driver_info);
    let mut faults = Vec::new();
    for fault in faults::matching(FAULTS, &info.name, &driver, info.backend.to_str()) {
        faults::withhold(&mut caps, fault.withholds);
        faults.push(format!("{:?} withheld: {} ({})", fault.withholds, fault.why, fault.reference));
    }
    AdapterSummary {
        index: 0,
        name: info.name,
        backend: info.backend.to_str(),
        kind: match info.device_type {
            wgpu::DeviceType::DiscreteGpu => AdapterKind::Discrete,
            wgpu::DeviceType::IntegratedGpu => AdapterKind::Integrated,
            wgpu::DeviceType::VirtualGpu => AdapterKind::Virtual,
            wgpu::DeviceType::Cpu => AdapterKind::Software,
            wgpu::DeviceType::Other => AdapterKind::Other,
        },
        driver: info.driver,
        driver_info: info.driver_info,
        vendor: info.vendor,
        device: info.device,
        bus: info.device_pci_bus_id,
        caps,
        features: FEATURES.iter().filter(|(_, f)| features.contains(*f)).map(|(name, _)| *name).collect(),
        subgroup_sizes: [info.subgroup_min_size, info.subgroup_max_size],
        faults,
        note: String::new(),
    }
}

/// What a device made from this adapter can do, with all its limits asked for.
fn caps(info: &wgpu::AdapterInfo, features: wgpu::Features, limits: &wgpu::Limits) -> Caps {
    let fixed = info.subgroup_min_size == info.subgroup_max_size && features.contains(wgpu::Features::SUBGROUP);
    let sides = [limits.max_compute_workgroup_size_x, limits.max_compute_invocations_per_workgroup];
    Caps {
        family: if info.device_type == wgpu::DeviceType::Cpu { Family::Software } else { Family::Gpu },
        subgroup: fixed.then_some(info.subgroup_min_size),
        storage_bindings: limits.max_storage_buffers_per_shader_stage,
        binding_bytes: limits.max_storage_buffer_binding_size.min(limits.max_buffer_size),
        buffer_bytes: limits.max_buffer_size,
        storage_align: limits.min_storage_buffer_offset_alignment.into(),
        uniform_align: limits.min_uniform_buffer_offset_alignment.into(),
        grid_axis: limits.max_compute_workgroups_per_dimension,
        workgroup_size: sides[0].min(sides[1]),
        workgroup_bytes: limits.max_compute_workgroup_storage_size,
        int64: features.contains(wgpu::Features::SHADER_INT64),
        timestamps: features.contains(TIMESTAMPS),
        loop_rounds: u32::MAX,
    }
}

#[cfg(test)]
mod tests;
