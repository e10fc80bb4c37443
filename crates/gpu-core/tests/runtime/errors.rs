//! What mistakes get: an error that names the place, what was got and what is needed; never a panic.

use gpu_core::{
    Adapters, Caps, Device, Error, Launch, Origin, Plan, Program, Readback, Region, check_launch, params, test_device,
};

use crate::{BROKEN, COUNT_UP, INVALID, SCALE_UP, counting, own_device, region, scale, slot, step, two_scales};

/// The message of compiling a plan of one launch over slots of 64 bytes.
fn refused(launch: Launch, bindings: &[Region]) -> Option<String> {
    let device = test_device()?;
    let slots = vec![slot(64, Origin::Transient); 3];
    let plan = Plan { slots, steps: vec![step("stem.pool", launch, bindings)] };
    Some(Program::compile(device, &plan, &[]).expect_err("must not fit").to_string())
}

#[track_caller]
fn has(message: Option<String>, parts: &[&str]) {
    let Some(message) = message else { return };
    for part in parts {
        assert!(message.contains(part), "`{part}` is not in: {message}");
    }
}

#[test]
fn bad_wgsl_names_file_and_line() {
    has(refused(Launch::new(&BROKEN, [1, 1, 1]), &[region(0, 64)]), &["broken.wgsl:12", "nowhere"]);
    has(refused(Launch::new(&INVALID, [1, 1, 1]), &[region(0, 64)]), &["invalid.wgsl:10"]);
    let message = check_launch(&Launch::new(&INVALID, [1, 1, 1]), &Caps::portable()).expect_err("invalid").to_string();
    has(Some(message), &["invalid.wgsl:10"]);
}

#[test]
fn an_unknown_knob_is_the_shaders_error() {
    has(refused(Launch::new(&COUNT_UP, [1, 1, 1]).set("ROWS", 4u32), &[region(0, 64)]), &["count_up", "ROWS"]);
}

#[test]
fn params_are_compared_by_name_order_and_type() {
    let wrong = Launch::flat(&SCALE_UP, 16, 64).params(params! { count: 16u32, slope: 1i32, factor: 1.0f32 });
    let message = refused(wrong, &[region(0, 64), region(1, 64)]);
    has(message, &["`scale_up` of node `stem.pool`", "count: u32, factor: f32, slope: i32", "count: u32, slope: i32"]);
    let wrong = Launch::flat(&SCALE_UP, 16, 64).params(params! { count: 16u32, factor: 1u32, slope: 1i32 });
    has(refused(wrong, &[region(0, 64), region(1, 64)]), &["factor: u32"]);
}

#[test]
fn one_buffer_is_not_read_and_written_by_one_launch() {
    let half = |offset| Region { offset, ..region(0, 32) };
    has(refused(scale(8, 1.0, 0), &[half(0), half(32)]), &["stem.pool", "`x` and `y`", "slots 0 and 0"]);

    let Some(device) = test_device() else { return };
    let same = device.buffer("same", 64).expect("small");
    let slots = ["a", "b"].map(|name| slot(64, Origin::Bound(name.to_string()))).to_vec();
    let plan = Plan { slots, steps: vec![step("n", scale(16, 1.0, 0), &[region(0, 64), region(1, 64)])] };
    let error = Program::compile(device, &plan, &[("a", &same), ("b", &same)]).expect_err("one buffer under two names");
    has(Some(error.to_string()), &["slots 0 and 1"]);
}

#[test]
fn regions_lie_inside_their_slots() {
    let count = || Launch::new(&COUNT_UP, [1, 1, 1]);
    has(refused(count(), &[region(0, 128)]), &["stem.pool", "128 bytes from 0 of slot 0, which has 64"]);
    has(refused(count(), &[Region { offset: u64::MAX, ..region(0, 4) }]), &["slot 0"]);
    has(refused(count(), &[Region { offset: 4, ..region(0, 4) }]), &["must be a multiple of"]);
    has(refused(count(), &[region(0, 0)]), &["the shader wants 4"]);
    has(refused(count(), &[region(9, 64)]), &["slot 9, the plan has 3"]);
    has(refused(scale(16, 1.0, 0), &[region(0, 64)]), &["binds 1 buffers, the shader declares 2 (x, y)"]);
}

#[test]
fn limits_are_the_devices() {
    has(refused(Launch::new(&COUNT_UP, [1, 1 << 20, 1]), &[region(0, 64)]), &["grid axis is 1048576", "65535"]);
    let huge = Launch::new(&COUNT_UP, [1, 1, 1]).set("WORKGROUP", 1u32 << 20);
    has(refused(huge, &[region(0, 64)]), &["workgroup size is 1048576"]);
    let Some(device) = test_device() else { return };
    let message = device.buffer("enormous", 1 << 60).expect_err("no device has that").to_string();
    has(Some(message), &["enormous", "1152921504606846976", "smaller batch"]);
}

#[test]
fn bound_buffers_are_looked_up_by_name_and_measured() {
    let Some(device) = test_device() else { return };
    let small = device.buffer("small", 16).expect("small");
    let error = Program::compile(device, &counting(16), &[("weight", &small)]).expect_err("another name");
    has(Some(error.to_string()), &["`counter`", "weight"]);
    let error = Program::compile(device, &counting(16), &[("counter", &small)]).expect_err("too small");
    has(Some(error.to_string()), &["`counter`", "64 bytes", "16"]);
}

#[test]
fn ranges_are_checked_before_wgpu_sees_them() {
    let Some(device) = test_device() else { return };
    let buffer = device.buffer("weights", 64).expect("small");
    let past = device.write(&buffer, 60, &[0; 8]).expect_err("too long").to_string();
    has(Some(past), &["`weights`", "60..68 of 64"]);
    has(Some(device.write(&buffer, 0, &[0; 3]).expect_err("odd").to_string()), &["multiples of 4"]);
    has(Some(device.read(&buffer, 2, 4).expect_err("odd").to_string()), &["multiples of 4"]);
    has(Some(device.read(&buffer, 0, 0).expect_err("empty").to_string()), &["empty"]);
    assert!(device.copy(&buffer, 0, &buffer, 32, u64::MAX).is_err());
    device.wait().expect("none of it reached the device");
}

#[test]
fn a_fetch_larger_than_the_ring_is_refused() {
    let Some(device) = test_device() else { return };
    let y = device.buffer("y", 4000).expect("small");
    let program = Program::compile(device, &two_scales(&[1.0; 1000]), &[("y", &y)]).expect("fits");
    let ring = Readback::new(device, 1, 16).expect("small");
    let error = program.run_and_fetch(1, &[region(2, 4000)], &ring).expect_err("too much");
    has(Some(error.to_string()), &["4000 bytes to fetch, a staging buffer has 16"]);
}

#[test]
fn an_upload_stays_in_its_region() {
    let Some(device) = test_device() else { return };
    let counter = device.buffer("counter", 64).expect("small");
    let program = Program::compile(device, &counting(16), &[("counter", &counter)]).expect("fits");
    let error = program.upload(region(0, 8), &[0; 12]).expect_err("would run into the neighbour");
    has(Some(error.to_string()), &["`counter`", "0..12 of 8", "more data"]);
}

#[test]
fn what_wgpu_refuses_is_an_error_of_that_call_and_of_no_later_one() {
    let Some(device) = own_device() else { return };
    let buffer = device.buffer("onto itself", 64).expect("small");
    let error = device.copy(&buffer, 0, &buffer, 0, 64).expect_err("overlaps");
    assert!(matches!(error, Error::Validation(_)), "{error}");
    device.wait().expect("told once");
    device.write(&buffer, 0, &[1; 64]).expect("goes on");
    assert_eq!(device.read(&buffer, 0, 64).expect("goes on"), [1; 64]);
}

#[test]
fn a_lost_device_says_so_from_then_on() {
    let Some(device) = own_device() else { return };
    let counter = device.buffer("counter", 64).expect("small");
    let program = Program::compile(&device, &counting(16), &[("counter", &counter)]).expect("fits");
    let ring = Readback::new(&device, 1, 64).expect("small");
    program.run_and_fetch(1, &[region(0, 64)], &ring).expect("runs");
    device.lose();
    for _ in 0..2 {
        assert!(matches!(program.run(1), Err(Error::Lost { .. })), "{:?}", program.run(1));
        assert!(matches!(device.buffer("next", 64), Err(Error::Lost { .. })));
        assert!(matches!(device.read(&counter, 0, 64), Err(Error::Lost { .. })));
        assert!(matches!(device.wait(), Err(Error::Lost { .. })));
        assert!(matches!(ring.poll(), Err(Error::Lost { .. })));
    }
    let error = program.run(1).expect_err("lost").to_string();
    has(Some(error), &["device lost", "checkpoint"]);
}

#[test]
fn an_unknown_adapter_gets_a_list_of_those_present() {
    let Some(device) = test_device() else { return };
    let error = Device::open(Some("voodoo 2")).expect_err("long gone");
    assert!(matches!(error, Error::UnknownAdapter { .. }), "{error}");
    has(Some(error.to_string()), &["voodoo 2", &device.summary().name]);
}

#[test]
fn the_adapter_that_opens_is_the_one_listed_as_picked() {
    let Some(device) = test_device() else { return };
    let list = Adapters::list(None);
    let picked: Vec<_> = list.iter().filter(|adapter| adapter.note.starts_with("picked")).collect();
    assert_eq!(picked, [device.summary()]);
    assert!(device.caps().storage_bindings >= 8 && device.caps().binding_bytes >= 128 << 20);
}
