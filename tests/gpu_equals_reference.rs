//! First reader of the table: every candidate of every kernel that a row can lead to, in every layout, against the
//! reference; outputs lie between guard words, so that a stray write is seen.

use cases::Question;
use graph::gpu_core::test_device;

#[test]
fn forward() {
    let Some(device) = test_device() else { return };
    let mut failures = Vec::new();
    for case in cases::asked_rows() {
        let (graph, inputs, outputs) = case.graph();
        failures.extend(Question::of(&case, &graph, &inputs, &outputs).every_candidate(device));
    }
    assert!(failures.is_empty(), "{} failed:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn backward() {
    let Some(device) = test_device() else { return };
    let mut failures = Vec::new();
    for case in cases::asked_rows() {
        if let Some(at) = case.gradient_graph() {
            failures.extend(Question::of_gradients(&case, &at).every_candidate(device));
        }
    }
    assert!(failures.is_empty(), "{} failed:\n{}", failures.len(), failures.join("\n"));
}
