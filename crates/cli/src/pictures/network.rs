//! A drawing of a network of neurons: circles in layers, an edge for every weight, the layers' names below.
//!
//! A layer too large to draw shows its first and last neurons and three dots between. Where next: `graph.rs` for a
//! graph of any shape with numbers on it.

use std::path::Path;

use anyhow::ensure;
use plotters::prelude::{Circle, PathElement};
use plotters::style::{Color as _, RGBColor};

use super::canvas::{self, Area, HEIGHT, WIDTH};
use super::look::{self, CAPTION, CENTER, GREY, INK, LABEL, TICK, Tone};

/// A layer: its name, how many neurons, and what is written in them (one text a neuron, or none).
#[derive(Clone, Debug)]
pub(crate) struct Layer<'a> {
    pub(crate) name: &'a str,
    pub(crate) neurons: usize,
    pub(crate) texts: &'a [String],
}

/// Draws the layers from left to right. `weights`, empty or one slice `[neurons out, neurons in]` for each gap,
/// colours the edges: blue below zero, red above, wider the larger. `note` is a line below, or empty.
pub(crate) fn network_drawing(
    title: &str,
    layers: &[Layer<'_>],
    weights: &[&[f32]],
    note: &str,
    path: &Path,
) -> anyhow::Result<()> {
    ensure!(layers.iter().all(|layer| layer.neurons > 0) && !layers.is_empty(), "\"{title}\": a layer without neurons");
    ensure!(
        weights.is_empty() || weights.len() + 1 == layers.len(),
        "\"{title}\": {} weights for {} layers",
        weights.len(),
        layers.len()
    );
    for (i, gap) in weights.iter().enumerate() {
        let want = layers[i].neurons * layers[i + 1].neurons;
        ensure!(gap.len() == want, "\"{title}\": {} weights between layers {i} and {}, not {want}", gap.len(), i + 1);
    }
    canvas::save(path, (WIDTH, HEIGHT), |area| draw(&look::titled(area, title)?, layers, weights, note))
}

/// The most neurons drawn of a layer.
const MOST: usize = 12;

/// A drawn neuron (`None` for the gap) and its centre.
type Place = (Option<usize>, (i32, i32));

/// The neurons that are drawn: all, or the first and the last few with a gap (`None`) between.
fn shown(layer: &Layer<'_>) -> Vec<Option<usize>> {
    let n = layer.neurons;
    if n <= MOST {
        return (0..n).map(Some).collect();
    }
    let half = MOST / 2;
    (0..half).map(Some).chain([None]).chain((n - half + 1..n).map(Some)).collect()
}

fn draw(body: &Area<'_>, layers: &[Layer<'_>], weights: &[&[f32]], note: &str) -> anyhow::Result<()> {
    let (across, down) = body.dim_in_pixel();
    let (across, mut down) = (across as i32, down as i32);
    if !note.is_empty() {
        let size = look::fitting(body, note, LABEL, across)?;
        look::write(body, note, (across / 2, down - LABEL / 2), size, INK, CENTER)?;
        down -= LABEL + 40;
    }
    let names = down - TICK - 10;
    down = names - LABEL;
    let tallest = layers.iter().map(|layer| shown(layer).len()).max().unwrap_or(1) as i32;
    let step = (down / tallest).min(300);
    let radius = (step * 2 / 5).min(across / layers.len() as i32 / 4);
    let column = |i: usize| across * (2 * i as i32 + 1) / (2 * layers.len() as i32);
    let places: Vec<Vec<Place>> = layers
        .iter()
        .enumerate()
        .map(|(i, layer)| {
            let drawn = shown(layer);
            let top = (down - step * (drawn.len() as i32 - 1)) / 2;
            drawn.into_iter().enumerate().map(|(k, neuron)| (neuron, (column(i), top + step * k as i32))).collect()
        })
        .collect();
    let largest = weights.iter().flat_map(|gap| gap.iter()).fold(0f32, |most, w| most.max(w.abs()));
    for (i, pair) in places.windows(2).enumerate() {
        for (from, start) in &pair[0] {
            for (to, end) in &pair[1] {
                let (Some(from), Some(to)) = (from, to) else { continue };
                let style = match weights.get(i) {
                    None => look::stroke(RGBColor(165, 165, 165), 4),
                    Some(gap) => {
                        let part = gap[to * layers[i].neurons + from] / largest.max(f32::MIN_POSITIVE);
                        // White on white would be no edge: the palest is as pale as can be seen.
                        let shade = f64::from(part.abs().max(0.3).copysign(part));
                        look::stroke(Tone::Diverging.at(shade * 0.5 + 0.5), 3 + (part.abs() * 12.0) as u32)
                    }
                };
                body.draw(&PathElement::new([*start, *end], style))?;
            }
        }
    }
    for (i, (layer, places)) in layers.iter().zip(&places).enumerate() {
        let color = look::series(if i == 0 {
            5
        } else if i + 1 == layers.len() {
            1
        } else {
            0
        });
        for (neuron, (x, y)) in places {
            let Some(neuron) = neuron else {
                for k in -1..=1 {
                    body.draw(&Circle::new((*x, y + k * step / 5), (step / 16).clamp(3, 10), GREY.filled()))?;
                }
                continue;
            };
            body.draw(&Circle::new((*x, *y), radius, color.filled()))?;
            body.draw(&Circle::new((*x, *y), radius - 8, look::tint(color, 0.2).filled()))?;
            if let Some(text) = layer.texts.get(*neuron) {
                let size = look::fitting(body, text, LABEL + 14, radius * 8 / 5)?;
                look::write(body, text, (*x, *y), size, INK, CENTER)?;
            }
        }
        let room = across / layers.len() as i32 - 30;
        let size = look::fitting(body, layer.name, LABEL, room)?;
        look::write(body, layer.name, (column(i), names - 26), size, INK, CENTER)?;
        let count = format!("{} neuron{}", layer.neurons, if layer.neurons == 1 { "" } else { "s" });
        let count = if i == 0 {
            format!("{} input{}", layer.neurons, if layer.neurons == 1 { "" } else { "s" })
        } else {
            count
        };
        look::write(body, &count, (column(i), names + 30), CAPTION.min(size), GREY, CENTER)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pictures::tests::{seen, temporary};

    #[test]
    fn the_mlp_3_4_2_as_png_and_svg() {
        let texts =
            |letter: &str, n: usize| (0..n).map(|i| format!("{letter}{}", ['₁', '₂', '₃', '₄'][i])).collect::<Vec<_>>();
        let (x, h, y) = (texts("x", 3), texts("h", 4), texts("y", 2));
        let layers = [
            Layer { name: "input", neurons: 3, texts: &x },
            Layer { name: "hidden (sigmoid)", neurons: 4, texts: &h },
            Layer { name: "output (sigmoid)", neurons: 2, texts: &y },
        ];
        let note = "h = σ(W₁x + b₁), y = σ(W₂h + b₂): 20 weights + 6 biases = 26 parameters";
        let (_folder, path) = temporary("network.png");
        network_drawing("Multi-layer perceptron 3-4-2", &layers, &[], note, &path).unwrap();
        seen(&path, (WIDTH, HEIGHT), &[look::series(0), look::series(1), look::series(5)]);
        let (_folder, path) = temporary("network.svg");
        network_drawing("Multi-layer perceptron 3-4-2", &layers, &[], note, &path).unwrap();
        let text = std::fs::read_to_string(path).unwrap();
        assert_eq!(text.matches("<circle").count(), 2 * 9);
        assert!(text.contains("sans-serif"));
    }

    #[test]
    fn large_layers_are_cut_and_weights_are_coloured() {
        let layers = [
            Layer { name: "pixels", neurons: 784, texts: &[] },
            Layer { name: "hidden", neurons: 16, texts: &[] },
            Layer { name: "classes", neurons: 10, texts: &[] },
        ];
        let weights: Vec<Vec<f32>> = [784 * 16, 160].map(|n| (0..n).map(|i| (i as f32 * 0.7).sin()).collect()).into();
        let weights: Vec<&[f32]> = weights.iter().map(Vec::as_slice).collect();
        let (_folder, path) = temporary("network_large.png");
        network_drawing("A network for digits", &layers, &weights, "", &path).unwrap();
        seen(&path, (WIDTH, HEIGHT), &[look::series(0), look::series(1)]);
        let error = network_drawing("t", &layers, &weights[..1], "", Path::new("t.png")).unwrap_err().to_string();
        assert_eq!(error, "\"t\": 1 weights for 3 layers");
    }
}
