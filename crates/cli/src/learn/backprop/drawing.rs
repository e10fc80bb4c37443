//! The network as a graph: values forward and gradients backward on its edges, where there is room for them.

use std::path::PathBuf;

use super::{Names, Network, Pass};
use crate::pictures::graph::{Edge, Node, graph_drawing};

/// Edges between two layers that can carry numbers.
const LABELLED: usize = 6;

pub(super) fn draw(network: &Network, pass: &Pass, names: &Names<'_>, paths: &[PathBuf]) -> anyhow::Result<()> {
    let columns = network.layers.len() + 2;
    // Where layers stand close, the colour alone says that a number is a derivative.
    let close = columns > 4;
    let across = |column: usize| 0.05 + 0.9 * column as f64 / (columns - 1) as f64;
    let down = |i: usize, count: usize| (2 * i + 1) as f64 / (2 * count) as f64;
    let mut nodes = Vec::new();
    for (i, x) in network.inputs.iter().enumerate() {
        let lines = vec![names.input(0, i), x.to_string()];
        nodes.push(Node { lines, at: (across(0), down(i, network.inputs.len())) });
    }
    let mut edges = Vec::new();
    let mut first = 0;
    for (l, layer) in network.layers.iter().enumerate() {
        let start = nodes.len();
        let sign = network.activation.sign();
        let few = layer.weights.iter().map(Vec::len).sum::<usize>() <= LABELLED;
        for (to, weights) in layer.weights.iter().enumerate() {
            let lines = vec![
                format!("{} = {sign}({})", names.output(l, to), names.sum(l, to)),
                format!("{:.4}", pass.a[l][to]),
            ];
            nodes.push(Node { lines, at: (across(l + 1), down(to, layer.weights.len())) });
            for (from, w) in weights.iter().enumerate() {
                let at = to * weights.len() + from;
                let name = names.weight(l, at);
                let (value, gradient) = match few {
                    true if close => (format!("{name} {}", small(*w)), small(pass.dw[l][at])),
                    true => (format!("{name} {}", small(*w)), format!("∂E/∂{name} {}", small(pass.dw[l][at]))),
                    false => (String::new(), String::new()),
                };
                edges.push(Edge { from: first + from, to: start + to, value, gradient });
            }
        }
        first = start;
    }
    let last = nodes.len();
    nodes.push(Node { lines: vec!["E".into(), format!("{:.4}", pass.error)], at: (across(columns - 1), 0.5) });
    let (a, da) = (pass.a.last(), pass.da.last());
    for (i, target) in network.targets.iter().enumerate() {
        let (Some(a), Some(da)) = (a, da) else { continue };
        let value = format!("½({:.2} − {target})²", a[i]);
        edges.push(Edge { from: first + i, to: last, value, gradient: small(da[i]) });
    }
    let title = "Back-propagation: values forward, gradients backward";
    paths.iter().try_for_each(|path| graph_drawing(title, &nodes, &edges, path))
}

/// Three digits that matter.
fn small(value: impl Into<f64>) -> String {
    crate::pictures::look::number(value.into())
}
