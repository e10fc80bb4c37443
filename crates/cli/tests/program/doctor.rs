//! `doctor` over the kernels: what is right, what is broken on purpose, and a machine without an adapter.

use super::{lenslet, run};
use serde_json::Value;

fn doctor(more: &[&str]) -> std::process::Command {
    let mut command = lenslet();
    command.arg("doctor").args(more);
    command
}

/// Whether there is a device to examine; where tests run without one, this says so.
fn present() -> bool {
    lenslet::gpu_core::test_device().is_some()
}

#[test]
fn kernels_that_are_right() {
    if !present() {
        return;
    }
    let out = run(doctor(&["--filter", "transpose", "--adapter", "#0"]));
    let said = String::from_utf8(out.stdout).expect("text");
    assert!(out.status.success(), "{said}");
    assert!(said.contains("strided_copy") && said.contains("0 wrong"), "{said}");
    assert!(String::from_utf8_lossy(&out.stderr).contains(" rows"), "progress is told");
    let out = run(doctor(&["--filter", "no such kernel"]));
    assert_eq!(out.status.code(), Some(2), "{}", String::from_utf8_lossy(&out.stderr));
}

#[test]
fn a_broken_kernel_is_named() {
    if !present() {
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let own = lenslet::gpu_core::shaders::find("max_pool").expect("a kernel").text;
    let broken = own.replace("h < dim.h", "h + 1 < dim.h");
    assert_ne!(own, broken);
    std::fs::write(folder.path().join("max_pool.wgsl"), broken).expect("writable");
    let mut command = doctor(&["--filter", "max_pool", "--json", "--adapter", "#0"]);
    let out = run({
        command.env("LENSLET_SHADERS", folder.path());
        command
    });
    let said = String::from_utf8_lossy(&out.stderr);
    assert_eq!(out.status.code(), Some(1), "{said}");
    assert!(said.contains("max_pool.wgsl is replaced") && said.contains("are wrong on"), "{said}");
    let report: Value = serde_json::from_slice(&out.stdout).expect("JSON");
    let kernels = report["adapters"][0]["kernels"].as_array().expect("a list");
    let wrong: Vec<&Value> =
        kernels.iter().filter(|kernel| kernel["verdict"] == "wrong").map(|kernel| &kernel["kernel"]).collect();
    assert!(!wrong.is_empty() && wrong.iter().all(|name| *name == "max_pool"), "{wrong:?}");
    assert!(kernels.iter().any(|kernel| kernel["kernel"] == "max_pool_dx" && kernel["verdict"] == "right"));

    std::fs::write(folder.path().join("no_such_kernel.wgsl"), "").expect("writable");
    let mut command = doctor(&["--filter", "max_pool"]);
    let out = run({
        command.env("LENSLET_SHADERS", folder.path());
        command
    });
    let said = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.code() == Some(1) && said.contains("no_such_kernel.wgsl"), "{said}");
}

#[cfg(target_os = "linux")]
#[test]
fn without_an_adapter_it_says_what_to_install() {
    let mut command = doctor(&[]);
    let out = run({
        command.env("WGPU_BACKEND", "dx12"); // which Linux does not have
        command
    });
    let said = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.code() == Some(1) && said.contains("install a Vulkan driver"), "{said}");
}
