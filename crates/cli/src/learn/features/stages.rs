//! The convolutions and poolings of a graph in order, each with the part of the image that one of its outputs sees.
//!
//! Found in the graph itself, so that runs and ONNX files are looked at alike.

use std::collections::HashMap;

use lenslet::graph::ops::{AveragePool, BatchNormInference, Binary, Concat, Conv, LpPool, MaxPool, Unary};
use lenslet::graph::{Graph, Node, Value, Window};

/// A convolution with the normalisation and activation behind it, or a pooling.
#[derive(Clone, Debug)]
pub(super) struct Stage {
    pub(super) name: String,
    /// `[n, k, p, q]`, in front of the activation: what can be raised from anywhere.
    pub(super) before: Value,
    /// `[n, k, p, q]`, what the next layer gets.
    pub(super) after: Value,
    /// A convolution's filters, `[k, c, r, s]`.
    pub(super) weight: Option<Value>,
    /// `[k, p, q]`
    pub(super) shape: [usize; 3],
    pub(super) field: Field,
}

impl Stage {
    /// Whether it has filters.
    pub(super) fn learns(&self) -> bool {
        self.weight.is_some()
    }

    /// Numbers of one image's maps.
    pub(super) fn count(&self) -> usize {
        self.shape.iter().product()
    }
}

/// Output (p, q) sees `side` pixels from `start + (p, q) · step` on; some may lie beyond the border.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) start: [isize; 2],
    pub(super) side: [usize; 2],
    pub(super) step: [usize; 2],
}

impl Field {
    const PIXEL: Field = Field { start: [0; 2], side: [1; 2], step: [1; 2] };

    /// Every output sees all of the image.
    fn whole(image: [usize; 2]) -> Field {
        Field { start: [0; 2], side: image, step: [0; 2] }
    }

    /// What a window over such outputs sees.
    fn under(self, window: &Window) -> Field {
        let mut field = self;
        for i in 0..2 {
            // Windows have three axes, depth first.
            let axis = i + 1;
            field.start[i] -= (window.pads[axis][0] * self.step[i]) as isize;
            field.side[i] += (window.extent()[axis] - 1) * self.step[i];
            field.step[i] *= window.stride[axis];
        }
        field
    }

    /// What sees both, if they move alike.
    fn and(self, other: Field) -> Option<Field> {
        if self.step != other.step {
            return None;
        }
        let mut both = self;
        for i in 0..2 {
            let end = |field: &Field| field.start[i] + field.side[i] as isize;
            both.start[i] = self.start[i].min(other.start[i]);
            both.side[i] = (end(&self).max(end(&other)) - both.start[i]) as usize;
        }
        Some(both)
    }

    /// First row or column and how many, for output `at`; all of the image where it sees no less.
    pub(super) fn at(&self, at: [usize; 2], image: [usize; 2]) -> [(isize, usize); 2] {
        [0, 1].map(|i| match self.side[i] {
            side if side >= image[i] => (0, image[i]),
            side => (self.start[i] + (at[i] * self.step[i]) as isize, side),
        })
    }
}

/// The stages of what leads from x `[n, c, h, w]` to `end`.
pub(super) fn stages(graph: &Graph, x: Value, end: Value) -> Vec<Stage> {
    let image = [graph.ty(x).shape[2], graph.ty(x).shape[3]];
    let mut fields = HashMap::from([(x, Field::PIXEL)]);
    let mut stages = Vec::new();
    for at in graph.needed(&[end]) {
        let node = &graph.nodes()[at];
        let Some(field) = seen_by(node, &fields, image) else { continue };
        fields.extend(node.outputs.iter().map(|output| (*output, field)));
        let y = node.outputs[0];
        let (&[_, k, p, q], true) = (&graph.ty(y).shape[..], window(node).is_some()) else { continue };
        let (before, after) = followed(graph, y);
        let weight = node.op_as::<Conv>().map(|_| node.inputs[1]);
        stages.push(Stage { name: node.name.clone(), before, after, weight, shape: [k, p, q], field });
    }
    stages
}

/// What the node's outputs see; `None` where nothing of the image comes in.
fn seen_by(node: &Node, fields: &HashMap<Value, Field>, image: [usize; 2]) -> Option<Field> {
    let mut given = node.inputs.iter().filter_map(|input| fields.get(input).copied());
    let first = given.next()?;
    let whole = Field::whole(image);
    if let Some(window) = window(node) {
        return Some(first.under(window));
    }
    let keeps = node.op_as::<Unary>().is_some()
        || node.op_as::<BatchNormInference>().is_some()
        || node.op_as::<Binary>().is_some()
        || node.op_as::<Concat>().is_some();
    Some(if keeps { given.try_fold(first, Field::and).unwrap_or(whole) } else { whole })
}

fn window(node: &Node) -> Option<&Window> {
    let conv = node.op_as::<Conv>().map(|conv| &conv.window);
    let pooled = || node.op_as::<MaxPool>().map(|pool| &pool.window);
    let averaged = || node.op_as::<AveragePool>().map(|pool| &pool.window);
    let normed = || node.op_as::<LpPool>().map(|pool| &pool.window);
    conv.or_else(pooled).or_else(averaged).or_else(normed)
}

/// `y` behind its normalisation, and behind its activation too, as long as nobody else reads what lies between.
fn followed(graph: &Graph, y: Value) -> (Value, Value) {
    let reader = |value: Value| {
        let mut readers = graph.nodes().iter().filter(|node| node.inputs.contains(&value));
        readers.next().filter(|_| readers.next().is_none())
    };
    let mut before = y;
    while let Some(node) = reader(before).filter(|node| node.op_as::<BatchNormInference>().is_some()) {
        before = node.outputs[0];
    }
    let activated = reader(before).filter(|node| node.op_as::<Unary>().is_some());
    (before, activated.map_or(before, |node| node.outputs[0]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use lenslet::graph::Type;
    use lenslet::{Conv2d, Mode, Model};

    fn of(model: &Model) -> Vec<Stage> {
        let mut graph = Graph::new();
        let x = graph.input("x", Type::f32([1, 1, 28, 28])).unwrap();
        let end = model.build(&mut graph, x, Mode::Eval).unwrap();
        stages(&graph, x, end)
    }

    #[test]
    fn fields_grow_by_windows_and_strides() {
        let model = Model::new([1, 28, 28]).conv2d(8, 5).relu().max_pool2d(2).conv2d(16, 5).relu().max_pool2d(2);
        let stages = of(&model.flatten().linear(10));
        let seen: Vec<_> = stages.iter().map(|s| (s.field.side[0], s.field.step[0], s.shape)).collect();
        assert_eq!(seen, [(5, 1, [8, 24, 24]), (6, 2, [8, 12, 12]), (14, 2, [16, 8, 8]), (16, 4, [16, 4, 4])]);
        assert!(stages[0].before != stages[0].after && stages[0].learns() && !stages[1].learns());
        assert_eq!(stages[2].field.at([3, 7], [28; 2]), [(6, 14), (14, 14)]);
    }

    #[test]
    fn padding_lies_in_front_and_all_is_no_more_than_the_image() {
        let same = || Conv2d::new(4, 3).same();
        let model = Model::new([1, 28, 28]).conv(same()).conv(same()).flatten().linear(2);
        let stages = of(&model);
        assert_eq!(stages[1].field, Field { start: [-2; 2], side: [5; 2], step: [1; 2] });
        assert_eq!(stages[1].field.at([0, 1], [4, 28]), [(0, 4), (-1, 5)]);
    }
}
