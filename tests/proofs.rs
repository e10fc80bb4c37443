//! Kernels broken on purpose: `doctor` finds them by name, and the proof before first use keeps them from running.

use cases::Proofs;
use graph::gpu_core::kernels::update::Clip;
use graph::gpu_core::{Device, Order, test_device};
use graph::ops::{Conv, Linear, MaxPool, Optimiser, Reduce, Reshape, Tick};
use graph::{Engine, Error, Execution, Graph, Init, Memory, Tensor, Type, Value, Window, prove_with};
use std::path::Path;
use std::sync::Arc;

/// A device of this test's own, on which each of these shaders has `wrong` in the place of `right`; `None` where tests
/// run without one.
fn broken(shaders: &[(&str, &str, &str)]) -> Option<Device> {
    test_device()?;
    let device = Device::open(None).expect("opened before");
    let mut texts = device.texts();
    for (name, right, wrong) in shaders {
        let own = graph::gpu_core::shaders::find(name).expect("a kernel");
        assert!(own.text.contains(right), "{name} has no {right:?}");
        texts.replace(name, own.text.replace(right, wrong)).expect("a kernel");
    }
    device.set_texts(texts);
    Some(device)
}

/// Wrong where a window starts in the padding, which a lucky shape does not show.
const POOL: (&str, &str, &str) = ("max_pool", "if d < dim.d && h < dim.h", "if d < dim.d && h + 1 < dim.h");
const GEMM: (&str, &str, &str) = ("conv_gemm", "activate(FUNCTION, sum +", "activate(FUNCTION, sum * 1.01 +");
const ROWS: (&str, &str, &str) =
    ("conv_rows", "activate(FUNCTION, sum_o_m[e] +", "activate(FUNCTION, sum_o_m[e] * 1.01 +");
const DIRECT: (&str, &str, &str) = ("conv_direct", "if BIAS { sum += bias[k]; }", "if BIAS { sum -= bias[k]; }");

#[test]
fn doctor_names_the_broken_kernel_and_no_other() {
    let Some(device) = broken(&[POOL]) else { return };
    let findings = cases::examine(&device, "max_pool", &mut |_, _, _| {}).expect("the device lives");
    let wrong: Vec<_> = findings.iter().filter(|found| !found.failures.is_empty()).collect();
    let names: Vec<_> = wrong.iter().map(|found| (found.op.as_str(), found.candidate.as_str())).collect();
    assert_eq!(names, [("adaptive_max_pool", "max_pool"), ("max_pool", "max_pool")]);
    assert!(
        wrong[1].worst > 1.0
            && wrong[1]
                .failures
                .iter()
                .any(|why| why.starts_with("max_pool 2×2, stride 2×2 on [2, 3, 8, 8] plain: output 0 at ")),
        "{:?}",
        wrong[1]
    );
    assert!(findings.len() > wrong.len(), "the gradients were asked too");
}

/// A convolution with bias behind which there is pooling.
fn compile(device: &Device, batch: usize) -> Result<(Execution, Vec<Value>, Vec<Value>), Error> {
    let mut graph = Graph::new();
    let x = graph.input("x", Type::f32([batch, 3, 9, 9]))?;
    let weight = graph.input("weight", Type::f32([6, 3, 3, 3]))?;
    let bias = graph.input("bias", Type::f32([6]))?;
    let y = graph.push1("conv", Conv::new(Window::square(3, 1, 1)), &[x, weight, bias])?;
    let z = graph.push1("pool", MaxPool::new(Window::square(3, 2, 1)), &[y])?;
    let engine = Engine::Gpu(device.clone());
    let memory = Memory::new(&engine, 0);
    let fetch = vec![y, z];
    let execution = engine.compile_in(Arc::new(graph), &fetch, &memory, Some(Order::Plain))?;
    Ok((execution, vec![x, weight, bias], fetch))
}

fn prove(device: &Device, folder: Option<&Path>) {
    prove_with(device, Arc::new(Proofs::in_folder(device.summary(), device.texts(), folder)));
}

/// Kernel and withheld kernels of a node.
fn kernel<'a>(execution: &'a Execution, node: &str) -> (&'a str, &'a [String]) {
    let rows = &execution.planned().expect("on a device").rows;
    let row = rows.iter().find(|row| row.node == node).expect("it is planned");
    (&row.candidate, &row.withheld)
}

#[test]
fn a_wrong_kernel_is_withheld_and_the_next_one_runs() {
    let Some(device) = broken(&[ROWS, GEMM]) else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    prove(&device, Some(folder.path()));
    let (mut execution, inputs, _) = compile(&device, 2).expect("the direct kernel is right");
    let (used, withheld) = kernel(&execution, "conv");
    assert_eq!(used, "conv_direct");
    // What comes first differs between adapters; what is wrong is named with what is wrong about it.
    let broken = |kernel: &String| kernel.starts_with("conv_rows/") || kernel.starts_with("conv_gemm_y/");
    assert!(withheld.len() >= 2 && withheld.iter().all(|k| broken(k) && k.contains("is ")), "{withheld:?}");
    assert_eq!(kernel(&execution, "pool"), ("max_pool", &[][..]));
    let ones = |value: Value, shape: &[usize]| (value, Tensor::f32(shape, vec![1.0; shape.iter().product()]).unwrap());
    for (value, tensor) in [ones(inputs[0], &[2, 3, 9, 9]), ones(inputs[1], &[6, 3, 3, 3]), ones(inputs[2], &[6])] {
        execution.set(value, &tensor).unwrap();
    }
    execution.run().unwrap();
    let results = execution.wait().unwrap().expect("it ran");
    assert_eq!(results[1].as_f32().unwrap()[6], 28.0); // 27 products and the bias

    // What is on disk is not found out again, and leads to the same choice: nothing but the program itself runs.
    prove(&device, Some(folder.path()));
    let before = device.counters().submits;
    let (again, ..) = compile(&device, 2).expect("the direct kernel is right");
    assert_eq!(kernel(&again, "conv"), kernel(&execution, "conv"));
    assert_eq!(device.counters().submits, before);

    // A damaged file is as good as none.
    let file = std::fs::read_dir(folder.path()).unwrap().next().expect("one file").unwrap().path();
    for damage in ["", "\u{0}rubbish\n0 right x", "deadbeef 0000 wrong"] {
        std::fs::write(&file, damage).unwrap();
        prove(&device, Some(folder.path()));
        assert_eq!(kernel(&compile(&device, 2).expect("as before").0, "conv"), kernel(&execution, "conv"));
        assert!(std::fs::read_to_string(&file).unwrap().contains("wrong conv/conv_gemm_y/"), "it is written again");
    }
    // A folder that cannot be: in memory.
    prove(&device, Some(&file.join("no folder")));
    assert_eq!(kernel(&compile(&device, 2).expect("as before").0, "conv"), kernel(&execution, "conv"));
}

#[test]
fn where_every_kernel_is_wrong_the_error_names_them() {
    let Some(device) = broken(&[ROWS, GEMM, DIRECT]) else { return };
    prove(&device, None);
    match compile(&device, 2) {
        Err(Error::NoKernel { op: "conv", node, why }) => {
            assert_eq!(node, "conv");
            assert!(why.contains("conv_gemm_y/") && why.contains("conv_direct") && why.contains("doctor"), "{why}");
        }
        other => panic!("{other:?}"),
    }
}

/// A window that no row of the table has: the node itself is asked, and a kernel that does not compile is wrong too.
#[test]
fn a_text_that_no_row_runs_is_proved_on_the_node_itself() {
    let odd = |device: &Device| {
        let mut graph = Graph::new();
        let x = graph.input("x", Type::f32([64, 3, 40, 40])).unwrap();
        let weight = graph.input("weight", Type::f32([8, 3, 3, 11])).unwrap();
        let conv = Conv::new(Window::new(&[3, 11]).stride(&[1, 3]));
        let y = graph.push1("conv", conv, &[x, weight]).unwrap();
        let engine = Engine::Gpu(device.clone());
        engine.compile_in(Arc::new(graph), &[y], &Memory::new(&engine, 0), Some(Order::FirstInner))
    };
    let Some(device) = broken(&[]) else { return };
    prove(&device, None);
    let right = odd(&device).expect("every kernel is right");
    let (name, withheld) = kernel(&right, "conv");
    assert!(withheld.is_empty(), "{withheld:?}");
    let shader = right.planned().unwrap().plan.steps.iter().find(|step| step.node == "conv").unwrap().launch.shader;

    let Some(device) = broken(&[(shader.name, "@compute", "const WRONG = 1 + true; @compute")]) else { return };
    prove(&device, None);
    let other = odd(&device);
    if let Ok(other) = &other {
        let (used, withheld) = kernel(other, "conv");
        assert!(used != name && withheld[0].starts_with(name), "{used} {withheld:?}");
    } else {
        assert!(matches!(other, Err(Error::NoKernel { .. })), "{other:?}");
    }
}

/// What the plan makes by itself is proved too: the update of a rule and clipping that no row has together, and the step
/// of a perceptron.
#[test]
fn updates_and_conversions_are_proved_before_they_run() {
    let train = |device: &Device, optimiser: Optimiser| {
        let mut graph = Graph::new();
        let clock = graph.state("clock", Type::i32([1]), Init::Fill(0.0)).unwrap();
        let ticked = graph.push("tick", Tick, &[clock]).unwrap();
        graph.assign(clock, ticked[1]);
        let x = graph.constant("x", Tensor::f32([20, 3], vec![0.5; 60]).unwrap());
        let weight = graph.parameter("weight", Type::f32([5, 3]), Init::Uniform(0.5)).unwrap();
        let y = graph.push1("linear", Linear::default(), &[x, weight]).unwrap();
        let flat = graph.push1("flat", Reshape { shape: [100].into() }, &[y]).unwrap();
        let loss = graph.push1("loss", Reduce::mean(&[]), &[y]).unwrap();
        let rates = graph.constant("rates", optimiser.schedule(&[0.1]));
        graph.minimise(loss, optimiser, ticked[0], rates).unwrap();
        let engine = Engine::Gpu(device.clone());
        engine.compile_in(Arc::new(graph), &[loss, flat], &Memory::new(&engine, 0), Some(Order::FirstInner)).map(|_| ())
    };
    let odd = Optimiser { clip: Some(Clip::Value(0.1)), accumulate: 2, ..Optimiser::lion() };
    let Some(device) = broken(&[]) else { return };
    prove(&device, None);
    train(&device, odd).expect("every kernel is right");
    for (op, shader, right, wrong) in [
        ("update", "accumulate", "total / f32(dim.every)", "total"),
        ("update", "update", "row.x *= part.lr_scale", "row.x += part.lr_scale"),
        ("convert", "to_plain", "i / dim.rest", "i % dim.rest"),
    ] {
        let Some(device) = broken(&[(shader, right, wrong)]) else { return };
        prove(&device, None);
        match train(&device, odd) {
            Err(Error::NoKernel { op: named, why, .. }) => assert!(named == op && why.contains("wrong"), "{why}"),
            other => panic!("{shader}: {other:?}"),
        }
        let findings = cases::examine(&device, op, &mut |_, _, _| {}).expect("the device lives");
        assert!(findings.iter().any(|found| found.op == op && !found.failures.is_empty()), "{findings:?}");
    }
    let Some(device) = broken(&[("mlp_step", "* d[at + o];", "/ d[at + o];")]) else { return };
    let findings = cases::examine(&device, "mlp_step", &mut |_, _, _| {}).expect("the device lives");
    assert!(findings.iter().all(|found| !found.failures.is_empty()) && findings.len() == 1, "{findings:?}");
}
