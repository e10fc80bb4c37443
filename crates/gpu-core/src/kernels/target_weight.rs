//! The weight of each label's class: what the mean of cross-entropy divides by, summed. Memory bound, vec4 by vec4.

use crate::{Arg, Candidate, Launch, Layout, Order, params};

/// Weights of labels of this shape and layout.
pub struct TargetWeight<'a> {
    /// Shape of the labels.
    pub shape: &'a [usize],
    /// How they lie.
    pub layout: Layout,
    /// Number of classes.
    pub classes: usize,
    /// Labels that count nothing.
    pub ignore_index: Option<i32>,
    /// Whether the second input holds class weights.
    pub weighted: bool,
}

impl TargetWeight<'_> {
    /// Bindings: labels, class weights if there are any → y.
    pub fn candidates(&self) -> Vec<Candidate> {
        let count = self.layout.elements(self.shape).div_ceil(4);
        let n = match (self.layout.order, self.shape) {
            (Order::FirstInner, [first, ..]) => *first,
            (_, shape) => shape.iter().product(),
        };
        let (ignores, ignore_index) = (self.ignore_index.is_some(), self.ignore_index.unwrap_or(0));
        let (classes, groups, nan) = (self.classes, n.div_ceil(4).max(1), f32::NAN);
        let weight = if self.weighted { Arg::Input(1) } else { Arg::Input(0) };
        let launch = Launch::flat(&shaders::TARGET_WEIGHT, count, 64)
            .redirect("lane", "four")
            .set("WEIGHTED", self.weighted)
            .params(params! { count, classes, groups, n, ignores, ignore_index, nan })
            .bind(&[Arg::Input(0), weight, Arg::Output(0)]);
        vec![Candidate::one(launch)]
    }
}
