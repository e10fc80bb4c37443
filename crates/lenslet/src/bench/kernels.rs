//! Workloads of single ops: products of matrices and 3×3 convolution, each node by each of its kernels, beside the
//! device's own roofs.

use crate::Result;
use cases::{Case, Timed, Tolerance, case};
use graph::Window;
use graph::gpu_core::{Device, Roofs};
use graph::ops::{Conv, Matmul};
use serde_json::{Value, json};

/// Ops that are timed one by one, by name.
#[derive(Clone, Debug)]
pub struct KernelWorkload {
    /// As `--filter` finds it.
    pub name: &'static str,
    /// What it is.
    pub about: &'static str,
    cases: fn() -> Vec<Case>,
}

/// Turns that each kernel gets.
const ROUNDS: usize = 9;

/// All of them.
pub fn kernel_workloads() -> Vec<KernelWorkload> {
    vec![
        KernelWorkload {
            name: "gemm",
            about: "products of matrices: 1024×1024×1024, and the odd shapes that convolutions make",
            cases: || GEMM.iter().map(|&size| product(size)).collect(),
        },
        KernelWorkload {
            name: "conv3x3",
            about: "conv 3×3 same of 32×32×32×32 to 64 channels, and both gradients",
            cases: || {
                let shapes: [&[usize]; 2] = [&[32, 32, 32, 32], &[64, 32, 3, 3]];
                vec![unchecked(case(Conv::new(Window::square(3, 1, 1))).on(&shapes))]
            },
        },
    ]
}

/// Rows, columns and depth. After the first: forward of the digits' two convolutions and of cifar's, two weight
/// gradients, layers of ResNet-18 on one image of 224², and a linear layer on one row.
const GEMM: [[usize; 3]; 11] = [
    [1024, 1024, 1024],
    [8, 36_864, 25],
    [16, 4096, 200],
    [32, 65_536, 27],
    [64, 16_384, 288],
    [8, 25, 36_864],
    [64, 288, 16_384],
    [64, 12_544, 147],
    [512, 49, 4608],
    [64, 10, 256],
    [1, 1000, 512],
];

fn product([i, j, k]: [usize; 3]) -> Case {
    unchecked(case(Matmul::default()).on(&[&[i, k], &[k, j]])).forward_only()
}

/// Only timed: the table has rows for its correctness.
fn unchecked(case: Case) -> Case {
    case.within(Tolerance::Exact)
}

impl KernelWorkload {
    /// Times every node of it in each layout.
    ///
    /// # Errors
    /// The device is lost or out of memory.
    pub fn run(&self, device: &Device) -> Result<Vec<Timed>> {
        time((self.cases)(), device)
    }
}

/// The table's rows that are timed and have `filter` in their label.
///
/// # Errors
/// As [`KernelWorkload::run`].
pub fn time_rows(device: &Device, filter: &str) -> Result<Vec<Timed>> {
    let rows = cases::rows().into_iter().filter(|row| row.timed && row.label().contains(filter));
    time(rows.collect(), device)
}

fn time(cases: Vec<Case>, device: &Device) -> Result<Vec<Timed>> {
    let timed =
        cases.iter().map(|case| cases::time(device, case, ROUNDS)).collect::<std::result::Result<Vec<_>, _>>()?;
    Ok(timed.into_iter().flatten().collect())
}

/// GFLOP/s of the best layout of every node together: one figure to set beside another engine's.
pub fn together(timed: &[Timed]) -> f64 {
    let mut best: std::collections::BTreeMap<&str, (u64, f64)> = Default::default();
    for one in timed {
        // The label ends with the layout.
        let node = one.label.rsplit_once(' ').map_or(one.label.as_str(), |(node, _)| node);
        if let Some((_, _, seconds)) = one.chosen() {
            let held = best.entry(node).or_insert((one.flops, f64::INFINITY));
            held.1 = held.1.min(seconds);
        }
    }
    let (flops, seconds) = best.values().fold((0, 0.0), |(f, s), (flops, seconds)| (f + flops, s + seconds));
    flops as f64 / seconds / 1e9
}

/// A node's times as JSON.
pub fn value(timed: &Timed, roofs: &Roofs) -> Value {
    let (name, launches, seconds) = timed.chosen().unwrap_or(("none", 0, f64::NAN));
    let share = timed.share(roofs);
    let each =
        timed.candidates.iter().map(|(name, _, seconds)| json!({ "kernel": name, "ms": seconds.map(|s| s * 1e3) }));
    json!({
        "node": timed.label,
        "kernel": name,
        "launches": launches,
        "ms": seconds * 1e3,
        "gflops": timed.flops as f64 / seconds / 1e9,
        "gb_per_s": timed.bytes as f64 / seconds / 1e9,
        "roof": share.map(|(_, bound)| bound.to_string()),
        "share_of_roof": share.map(|(share, _)| share),
        "candidates": each.collect::<Vec<_>>(),
    })
}
