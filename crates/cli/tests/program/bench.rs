//! `bench`: what it lists, and that single kernels come with times, rates and roofs.

use super::{json, lenslet, run};

#[test]
fn names_of_models_and_of_single_ops() {
    let mut command = lenslet();
    command.args(["bench", "--list"]);
    let out = run(command);
    let names = String::from_utf8_lossy(&out.stdout).into_owned();
    for name in ["digits", "cifar", "resnet18-inference", "gemm", "conv3x3"] {
        assert!(names.lines().any(|line| line == name), "{name} is not in {names}");
    }
}

#[test]
fn rows_of_the_table_beside_the_roofs() {
    if lenslet::gpu_core::test_device().is_none() {
        return;
    }
    let mut command = lenslet();
    command.args(["bench", "--rows", "max_pool 2×2", "--json"]);
    let told = json(command);
    for roof in ["gflops", "gb_per_s", "launch_us", "readback_us"] {
        assert!(told["roofs"][roof].as_f64() > Some(0.0), "{roof}: {}", told["roofs"]);
    }
    let nodes = told["rows"][0]["nodes"].as_array().expect("a list");
    assert!(nodes.len() >= 4, "forward and backward, in two layouts: {nodes:?}");
    for node in nodes {
        assert!(node["ms"].as_f64() > Some(0.0) && node["share_of_roof"].as_f64() > Some(0.0), "{node}");
        assert_eq!(node["kernel"], node["candidates"][0]["kernel"], "{node}");
    }
    let mut command = lenslet();
    command.args(["bench", "--rows", "no such row"]);
    assert_eq!(run(command).status.code(), Some(2));
}
