//! What works: results, replays, fetches in order, nothing made inside a step.

use gpu_core::kernels::pool::{Pool, Windows};
use gpu_core::{Device, Launch, Order, Origin, Plan, Program, Readback, Ticket, check_launch, test_device};

use crate::{COUNT_UP, counting, floats, own_device, region, slot, step, two_scales, words};

#[test]
fn a_plan_runs_and_its_result_is_read_back() {
    let Some(device) = test_device() else { return };
    let x: Vec<f32> = (0..1000).map(|i| i as f32).collect();
    let y = device.buffer("y", 4000).expect("small");
    let program = Program::compile(device, &two_scales(&x), &[("y", &y)]).expect("fits");
    assert_eq!(floats(device, &y, 1000), [0.0; 1000]);
    program.run(1).expect("runs");
    let want: Vec<f32> = x.iter().map(|x| x - 3.0 * x).collect(); // x * 2 * 0.5 + i * -3, and x is i
    assert_eq!(floats(device, &y, 1000), want);
}

#[test]
fn max_pool_of_the_lecture() {
    let Some(device) = test_device() else { return };
    let x = [1.0f32, 3.0, 2.0, 1.0, 2.0, 9.0, 1.0, 1.0, 1.0, 3.0, 2.0, 3.0, 5.0, 6.0, 1.0, 2.0];
    let windows = Windows::Sliding { kernel: [1, 2, 2], stride: [1, 2, 2], dilation: [1; 3], pads: [[0; 2]; 3] };
    let pool = Pool { n: 1, c: 1, input: [1, 4, 4], output: [1, 2, 2], windows, order: Order::Plain };
    let launch = pool.max_candidates()[0].launches[0].clone();
    let plan = Plan {
        slots: vec![
            slot(64, Origin::Constant(bytemuck::cast_slice(&x).to_vec())),
            slot(16, Origin::Bound("y".to_string())),
        ],
        steps: vec![step("pool", launch, &[region(0, 64), region(1, 16)])],
    };
    let y = device.buffer("y", 16).expect("small");
    check_launch(&plan.steps[0].launch, device.caps()).expect("params agree");
    Program::compile(device, &plan, &[("y", &y)]).expect("fits").run(1).expect("runs");
    assert_eq!(floats(device, &y, 4), [9.0, 2.0, 6.0, 3.0]);
}

#[test]
fn replays_add_up_however_they_are_split() {
    let Some(device) = test_device() else { return };
    let counter = device.buffer("counter", 64).expect("small");
    let mut program = Program::compile(device, &counting(16), &[("counter", &counter)]).expect("fits");
    program.run(0).expect("nothing to do");
    program.run(5000).expect("longer than one submission");
    program.set_submission_work(0); // each launch by itself
    program.run(7).expect("runs");
    assert_eq!(words(&device.read(&counter, 0, 64).expect("inside")), [5007; 16]);
}

#[test]
fn a_step_makes_nothing() {
    let Some(device) = own_device() else { return };
    let x = [1.0f32; 256];
    let y = device.buffer("y", 1024).expect("small");
    let program = Program::compile(&device, &two_scales(&x), &[("y", &y)]).expect("fits");
    let ring = Readback::new(&device, 2, 64).expect("small");
    let before = device.counters();
    for _ in 0..10 {
        program.upload(region(0, 1024), bytemuck::cast_slice(&x)).expect("fits");
        program.run(1).expect("runs");
        program.run_and_fetch(1, &[region(2, 64)], &ring).expect("runs");
    }
    let after = device.counters();
    assert_eq!(after.submits - before.submits, 20);
    assert_eq!(
        (after.buffers, after.bind_groups, after.pipelines),
        (before.buffers, before.bind_groups, before.pipelines)
    );
    assert_eq!((before.bind_groups, before.pipelines), (2, 1), "two launches share one pipeline");
}

#[test]
fn a_second_program_finds_its_pipelines_and_gives_its_memory_back() {
    let Some(device) = own_device() else { return };
    let y = device.buffer("y", 1024).expect("small");
    let empty = device.counters();
    let first = Program::compile(&device, &two_scales(&[1.0; 256]), &[("y", &y)]).expect("fits");
    let compiled = device.counters();
    drop(first);
    assert_eq!(device.counters().bytes, empty.bytes);
    assert_eq!(device.counters().peak_bytes, compiled.bytes);
    Program::compile(&device, &two_scales(&[2.0; 256]), &[("y", &y)]).expect("fits");
    assert_eq!(device.counters().pipelines, compiled.pipelines);
}

#[test]
fn fetches_come_out_in_order_and_a_full_ring_keeps_the_oldest() {
    let Some(device) = test_device() else { return };
    let counter = device.buffer("counter", 16).expect("small");
    let program = Program::compile(device, &counting(4), &[("counter", &counter)]).expect("fits");
    let ring = Readback::new(device, 3, 8).expect("small");
    assert_eq!(ring.poll(), Ok(None));
    assert_eq!(ring.wait_oldest(), Ok(None));
    for i in 0..8 {
        assert_eq!(program.run_and_fetch(1, &[region(0, 4)], &ring), Ok(Ticket(i)));
    }
    assert_eq!(ring.len(), 8);
    for i in 0..4 {
        let (ticket, data) = ring.wait_oldest().expect("runs").expect("eight are under way");
        assert_eq!((ticket, words(&data)), (Ticket(i), vec![i as u32 + 1]));
    }
    device.wait().expect("runs");
    let rest: Vec<_> =
        std::iter::from_fn(|| ring.poll().expect("runs")).map(|(ticket, data)| (ticket.0, words(&data)[0])).collect();
    assert_eq!(rest, [(4, 5), (5, 6), (6, 7), (7, 8)]);
    assert!(ring.is_empty());
}

#[test]
fn several_regions_come_out_together() {
    let Some(device) = test_device() else { return };
    let counter = device.buffer("counter", 64).expect("small");
    let program = Program::compile(device, &counting(16), &[("counter", &counter)]).expect("fits");
    device.write(&counter, 0, bytemuck::cast_slice(&[10u32, 20, 30, 40])).expect("fits");
    let ring = Readback::new(device, 1, 16).expect("small");
    let tail = gpu_core::Region { offset: 8, ..region(0, 8) };
    program.run_and_fetch(2, &[tail, region(0, 4)], &ring).expect("runs");
    let (_, data) = ring.wait_oldest().expect("runs").expect("one is under way");
    assert_eq!(words(&data), [32, 42, 12]);
}

#[test]
fn copies_and_writes_land_where_they_should() {
    let Some(device) = test_device() else { return };
    let a = device.buffer("a", 32).expect("small");
    let b = device.buffer("b", 32).expect("small");
    device.write(&a, 8, bytemuck::cast_slice(&[1u32, 2, 3])).expect("fits");
    device.copy(&a, 12, &b, 4, 8).expect("fits");
    assert_eq!(words(&device.read(&b, 0, 32).expect("inside")), [0, 2, 3, 0, 0, 0, 0, 0]);
}

#[test]
fn warming_changes_nothing() {
    let Some(device) = own_device() else { return };
    let counter = device.buffer("counter", 1024).expect("small");
    let mut plan = counting(256);
    for size in [8, 16, 32, 128] {
        let launch = Launch::new(&COUNT_UP, [1, 1, 1]).set("WORKGROUP", size as u32);
        plan.steps.push(step("more", launch, &[region(0, 1024)]));
    }
    let program = Program::compile(&device, &plan, &[("counter", &counter)]).expect("fits");
    program.warm().expect("compiles");
    assert_eq!(words(&device.read(&counter, 0, 1024).expect("inside")), [0; 256]);
    let warm = device.counters();
    program.warm().expect("nothing left to do");
    assert_eq!(device.counters(), warm);
    program.run(1).expect("runs");
    assert_eq!(words(&device.read(&counter, 0, 12).expect("inside")), [5; 3]);
}

#[test]
fn the_profile_names_each_launch() {
    let Some(device) = test_device() else { return };
    let y = device.buffer("y", 4000).expect("small");
    let program = Program::compile(device, &two_scales(&[1.0; 1000]), &[("y", &y)]).expect("fits");
    if !device.caps().timestamps {
        let message = program.profile(1).expect_err("it cannot").to_string();
        assert!(message.contains("timestamps"), "{message}");
        return;
    }
    let times = program.profile(3).expect("it can");
    let names: Vec<_> = times.iter().map(|time| (time.node.as_str(), time.shader)).collect();
    assert_eq!(names, [("first", "scale_up"), ("second", "scale_up")]);
    assert!(times.iter().all(|time| time.seconds.len() == 3 && time.seconds.iter().all(|s| *s >= 0.0 && *s < 60.0)));
}

#[test]
fn a_device_goes_to_other_threads() {
    fn moves<T: Send + Sync>() {}
    moves::<Device>();
    moves::<Program>();
    moves::<Readback>();
}
