//! Losses that the graph makes of several ops, with their gradients, against the reference's own functions for them.

use cpu_reference::Reduction;
use graph::ops::CrossEntropy;
use graph::{Graph, LossFunction, Rounding, Tensor, Type, Value, Wide, evaluate};

use cases::{Fill, filled};

/// Evaluates a loss of the inputs and its gradient by the first of them, in f64.
fn evaluated(
    inputs: &[(Type, Fill)],
    build: impl Fn(&mut Graph, &[Value]) -> Result<Value, graph::Error>,
) -> (Vec<Wide>, [Wide; 2]) {
    let mut graph = Graph::new();
    let data: Vec<Tensor> = inputs.iter().zip(0..).map(|((ty, fill), i)| filled(ty, *fill, i)).collect();
    let named = inputs.iter().enumerate();
    let values: Vec<Value> =
        named.map(|(i, (ty, _))| graph.input(&format!("x{i}"), ty.clone()).expect("names differ")).collect();
    let loss = build(&mut graph, &values).unwrap_or_else(|error| panic!("{error}"));
    let dx = graph.gradients(loss, &values[..1]).unwrap_or_else(|error| panic!("{error}"))[0];
    let leaf = |value: Value| {
        Ok(match (values.iter().position(|&v| v == value), graph.source(value)) {
            (Some(at), _) => data[at].to_reference(),
            (None, graph::Source::Constant(tensor)) => tensor.to_reference(),
            (None, other) => panic!("no data for {other:?}"),
        })
    };
    let made = evaluate(&graph, &[loss, dx], Rounding::None, leaf).unwrap_or_else(|error| panic!("{error}"));
    (data.iter().map(Tensor::to_reference).collect(), [made[&loss].clone(), made[&dx].clone()])
}

fn assert_near(got: &Wide, want: &Wide, what: &str) {
    assert_eq!(got.shape(), want.shape(), "{what}");
    for (got, want) in got.iter().zip(want) {
        assert!((got - want).abs() <= 1e-12 * (1.0 + want.abs()), "{what}: {got} is not {want}");
    }
}

const REDUCTIONS: [Reduction; 3] = [Reduction::Mean, Reduction::Sum, Reduction::BatchMean];

fn one() -> Wide {
    Wide::from_elem(vec![], 1.0)
}

#[test]
fn cross_entropy_divides_by_the_weights_that_count() {
    let (logits, labels) = ((Type::f32([4, 3, 5]), Fill::Signed), (Type::i32([4, 5]), Fill::Index(3)));
    let weights = (Type::f32([3]), Fill::Positive);
    for reduction in REDUCTIONS {
        for (ignore_index, weighted) in [(None, false), (Some(1), false), (None, true), (Some(2), true)] {
            let op = CrossEntropy { ignore_index, ..CrossEntropy::default() };
            let inputs = [logits.clone(), labels.clone(), weights.clone()];
            let inputs = &inputs[..if weighted { 3 } else { 2 }];
            let (x, [loss, dx]) = evaluated(inputs, |graph, x| Ok(graph.cross_entropy("loss", op, x, reduction)?.0));
            let options = cpu_reference::CrossEntropy {
                weight: x.get(2).map(|w| w.iter().copied().collect()),
                ignore_index: ignore_index.map(i64::from),
                reduction,
                ..Default::default()
            };
            let what = format!("{reduction:?} {ignore_index:?} {weighted}");
            assert_near(&loss, &cpu_reference::cross_entropy(&x[0], &x[1], &options), &what);
            assert_near(&dx, &cpu_reference::cross_entropy_dx(&x[0], &x[1], &one(), &options), &what);
        }
    }
}

#[test]
fn probabilities_divide_by_the_places() {
    let inputs = [Type::f32([4, 3, 2]), Type::f32([4, 3, 2]), Type::f32([3])].map(|ty| (ty, Fill::Positive));
    for reduction in REDUCTIONS {
        let op = CrossEntropy { label_smoothing: 0.25, ..CrossEntropy::default() };
        let (x, [loss, dx]) = evaluated(&inputs, |graph, x| Ok(graph.cross_entropy("loss", op, x, reduction)?.0));
        let weight = Some(x[2].iter().copied().collect());
        let options = cpu_reference::CrossEntropy { weight, label_smoothing: 0.25, reduction, ..Default::default() };
        let what = format!("{reduction:?}");
        assert_near(&loss, &cpu_reference::cross_entropy_soft(&x[0], &x[1], &options), &what);
        assert_near(&dx, &cpu_reference::cross_entropy_soft_dx(&x[0], &x[1], &one(), &options), &what);
    }
}

#[test]
fn dice_and_element_losses_reduce() {
    let inputs = [(Type::f32([3, 2, 4, 5]), Fill::Unit), (Type::f32([3, 2, 4, 5]), Fill::Unit)];
    for reduction in REDUCTIONS {
        let what = format!("{reduction:?}");
        let (x, [loss, dx]) = evaluated(&inputs, |graph, x| graph.dice_loss("loss", x[0], x[1], 0.5, reduction));
        assert_near(&loss, &cpu_reference::dice_loss(&x[0], &x[1], 0.5, reduction), &what);
        assert_near(&dx, &cpu_reference::dice_loss_dx(&x[0], &x[1], &one(), 0.5, reduction), &what);
        let kind = LossFunction::Bce;
        let (x, [loss, dx]) = evaluated(&inputs, |graph, x| graph.loss("loss", kind, x[0], x[1], reduction));
        assert_near(&loss, &cpu_reference::loss(kind, &x[0], &x[1], reduction), &what);
        assert_near(&dx, &cpu_reference::loss_dx(kind, &x[0], &x[1], &one(), reduction), &what);
    }
}
