//! Second reader of the table: gradients of the reference against finite differences, in f64, without a device. Timed
//! rows are left out: they are large, and smaller rows ask the same.

use cases::GradientGraph;
use graph::{DType, Rounding, Source, Value, Wide, evaluate};

/// Central differences over elements spread through each input.
#[test]
fn gradients_are_slopes() {
    let mut failures = Vec::new();
    for case in cases::asked_rows().into_iter().filter(|case| !case.kinked && !case.timed) {
        let Some(GradientGraph { graph, inputs, data, floats, gradients }) = case.gradient_graph() else { continue };
        let data: Vec<Wide> = data.iter().map(|t| t.to_reference()).collect();
        let loss = graph.find("loss").expect("the gradient graph has one");
        let at = |data: &[Wide], root: &[Value]| {
            let leaf = |v: Value| {
                let given = inputs.iter().position(|&i| i == v).map(|i| data[i].clone());
                Ok(given.unwrap_or_else(|| match graph.source(v) {
                    Source::Constant(tensor) => tensor.to_reference(),
                    other => panic!("no data for {other:?}"),
                }))
            };
            evaluate(&graph, root, Rounding::None, leaf).expect("all leaves are given")
        };
        let analytic = at(&data, &gradients);
        for (&x, dx) in floats.iter().zip(&gradients) {
            let which = inputs.iter().position(|&v| v == x).expect("floats are inputs");
            debug_assert_eq!(graph.ty(x).dtype, DType::F32);
            let count = data[which].len();
            for i in (0..count).step_by(count.div_ceil(24)) {
                let h = 1e-5;
                let slope = [h, -h].map(|h| {
                    let mut moved = data.clone();
                    moved[which].as_slice_mut().expect("standard layout")[i] += h;
                    at(&moved, &[loss])[&loss].sum()
                });
                let (want, got) = ((slope[0] - slope[1]) / (2.0 * h), *analytic[dx].iter().nth(i).expect("in range"));
                if (want - got).abs() > 1e-6 * (1.0 + want.abs()) {
                    failures.push(format!("{}: d/dx{which}[{i}] is {got}, the slope is {want}", case.label()));
                }
            }
        }
    }
    assert!(failures.is_empty(), "{} failed:\n{}", failures.len(), failures.join("\n"));
}
