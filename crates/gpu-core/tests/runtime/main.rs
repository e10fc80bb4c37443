//! The runtime on a real device: compile, run, fetch, and what each mistake gets. One binary; shaders of its own.
//!
//! No adapter fails every test with the line that installs one, see `gpu_core::test_device`.

mod errors;
mod replay;

use gpu_core::{Arg, Buffer, Device, Launch, Origin, Plan, Region, Slot, SlotPlan, Step, params, test_device};
use shaders::Shader;

static SCALE_UP: Shader = Shader { name: "scale_up", text: include_str!("../shaders/scale_up.wgsl") };
static COUNT_UP: Shader = Shader { name: "count_up", text: include_str!("../shaders/count_up.wgsl") };
static BROKEN: Shader = Shader { name: "broken", text: include_str!("../shaders/broken.wgsl") };
static INVALID: Shader = Shader { name: "invalid", text: include_str!("../shaders/invalid.wgsl") };

/// A device of a test's own, where it counts what is made.
fn own_device() -> Option<Device> {
    test_device()?;
    Some(Device::open(None).expect("it opened before"))
}

fn slot(bytes: u64, origin: Origin) -> SlotPlan {
    SlotPlan { bytes, origin }
}

fn region(slot: u32, bytes: u64) -> Region {
    Region { slot: Slot(slot), offset: 0, bytes }
}

fn step(node: &str, launch: Launch, bindings: &[Region]) -> Step {
    let args: Vec<Arg> = (0..bindings.len()).map(Arg::Input).collect();
    Step { node: node.to_string(), launch: launch.bind(&args), bindings: bindings.to_vec(), flops: 0 }
}

fn scale(count: usize, factor: f32, slope: i32) -> Launch {
    Launch::flat(&SCALE_UP, count, 64).params(params! { count, factor, slope })
}

/// x (constant) → scale_up → slot 1 → scale_up → y (bound)
fn two_scales(x: &[f32]) -> Plan {
    let bytes = size_of_val(x) as u64;
    let constant = Origin::Constant(bytemuck::cast_slice(x).to_vec());
    Plan {
        slots: vec![slot(bytes, constant), slot(bytes, Origin::Transient), slot(bytes, Origin::Bound("y".to_string()))],
        steps: vec![
            step("first", scale(x.len(), 2.0, 0), &[region(0, bytes), region(1, bytes)]),
            step("second", scale(x.len(), 0.5, -3), &[region(1, bytes), region(2, bytes)]),
        ],
    }
}

/// count_up on a bound buffer of `words` u32.
fn counting(words: u64) -> Plan {
    let launch = Launch::new(&COUNT_UP, [1, 1, 1]);
    Plan {
        slots: vec![slot(words * 4, Origin::Bound("counter".to_string()))],
        steps: vec![step("counter", launch, &[region(0, words * 4)])],
    }
}

fn floats(device: &Device, buffer: &Buffer, count: usize) -> Vec<f32> {
    bytemuck::pod_collect_to_vec(&device.read(buffer, 0, count as u64 * 4).expect("inside"))
}

fn words(bytes: &[u8]) -> Vec<u32> {
    bytemuck::pod_collect_to_vec(bytes)
}
