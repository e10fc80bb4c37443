//! `lenslet learn`: the ideas of an introduction to deep learning, each as one command that computes on the real
//! engine, writes the numbers as a lecturer would, and leaves a picture.
//!
//! One file a lesson, in the order of the lecture; `desk.rs` is what all share (adapter, folder, JSON), `numbers.rs`
//! reads and writes numbers, matrices and sizes.

/// A line on stdout. Not `println!`, which panics when nobody listens any more; then nothing is lost.
macro_rules! say {
    ($($text:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stdout(), $($text)*);
    }};
}

pub(crate) mod activation;
mod backprop;
mod boundary;
mod convolve;
mod descend;
mod desk;
mod edges;
mod features;
mod mlp;
mod neuron;
mod numbers;
mod pool;
mod windows;

use clap::{Args, Subcommand};

/// Sets a lesson's arguments apart from how lessons are told from each other.
#[derive(Args, Debug)]
#[command(
    long_about = "The lecture, alive: every idea runs on the engine, on your own numbers, and leaves a picture.\n\
                  Read the commands from top to bottom, as a table of contents."
)]
pub(crate) struct Learn {
    #[command(subcommand)]
    lesson: Lesson,
}

#[derive(Subcommand, Debug)]
enum Lesson {
    /// 1. A neuron: the weighted sum of its inputs, term by term, and its activation
    Neuron(neuron::Neuron),
    /// 2. A network of neurons: layers, weights, biases, and how many numbers it learns
    Mlp(mlp::Mlp),
    /// 3. What a network can tell apart: decision boundaries before, during and after training
    Boundary(boundary::Boundary),
    /// 4. Learning is going downhill: gradient descent on a surface
    Descend(descend::Descend),
    /// 5. Back-propagation: the chain rule, factor by factor
    Backprop(backprop::Backprop),
    /// 6. Filters that find edges in photos, given or learned
    Edges(edges::Edges),
    /// 7. A convolution layer: which window, which products, which output
    Convolve(convolve::Convolve),
    /// 8. Pooling: the largest or the mean of each window
    Pool(pool::Pool),
    /// 9. Features: what a trained network has learned to see
    Features(features::Features),
}

impl Learn {
    /// Gives the lesson.
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        match &self.lesson {
            Lesson::Neuron(lesson) => lesson.run(),
            Lesson::Mlp(lesson) => lesson.run(),
            Lesson::Boundary(lesson) => lesson.run(),
            Lesson::Descend(lesson) => lesson.run(),
            Lesson::Backprop(lesson) => lesson.run(),
            Lesson::Edges(lesson) => lesson.run(),
            Lesson::Convolve(lesson) => lesson.run(),
            Lesson::Pool(lesson) => lesson.run(),
            Lesson::Features(lesson) => lesson.run(),
        }
    }
}
