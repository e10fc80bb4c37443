//! A drawing of a computation graph: boxes where the caller puts them, arrows with the value that flows forward and
//! the gradient that flows back.
//!
//! Labels look for a free place along their arrow. Where next: `network.rs` for neurons in layers.

use std::path::Path;

use anyhow::ensure;
use plotters::prelude::{PathElement, Polygon, Rectangle};
use plotters::style::Color as _;

use super::canvas::{self, Area, HEIGHT, WIDTH};
use super::look::{self, CENTER, Entry, GREY, INK, LABEL, MARK, PAPER, Sign};

/// A box with lines of text, its centre in parts of the picture's width and height (0, 0 is the upper left).
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) lines: Vec<String>,
    pub(crate) at: (f64, f64),
}

/// An arrow between two nodes, named by their places in the list; an empty text is left out.
#[derive(Clone, Debug)]
pub(crate) struct Edge {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) value: String,
    pub(crate) gradient: String,
}

/// Draws the graph.
pub(crate) fn graph_drawing(title: &str, nodes: &[Node], edges: &[Edge], path: &Path) -> anyhow::Result<()> {
    ensure!(!nodes.is_empty(), "\"{title}\": a graph without nodes");
    for edge in edges {
        let known = edge.from < nodes.len() && edge.to < nodes.len() && edge.from != edge.to;
        ensure!(known, "\"{title}\": an edge from {} to {} among {} nodes", edge.from, edge.to, nodes.len());
    }
    canvas::save(path, (WIDTH, HEIGHT), |area| draw(&look::titled(area, title)?, nodes, edges))
}

/// A rectangle by its upper left and lower right corners.
type Plate = [(i32, i32); 2];

fn draw(body: &Area<'_>, nodes: &[Node], edges: &[Edge]) -> anyhow::Result<()> {
    let forward = look::series(0);
    let body = look::legend(
        body,
        &[
            Entry { name: "value, forward", color: forward, sign: Sign::Patch },
            Entry { name: "gradient, backward", color: MARK, sign: Sign::Patch },
        ],
    )?;
    let (across, down) = body.dim_in_pixel();
    let (across, down) = (across as i32, down as i32);
    // Text shrinks where many boxes share the width.
    let mut columns: Vec<i32> = nodes.iter().map(|node| (node.at.0 * 50.0) as i32).collect();
    columns.sort_unstable();
    columns.dedup();
    let size = (across / (columns.len() as i32 * 11).max(1)).clamp(30, LABEL);
    let small = (size * 7 / 8).max(30);
    let mut boxes: Vec<Plate> = Vec::new();
    for node in nodes {
        let mut wide = size;
        for line in &node.lines {
            wide = wide.max(look::width(&body, line, size)?);
        }
        let (w, h) = (wide / 2 + size / 2, node.lines.len().max(1) as i32 * (size + 8) / 2 + size / 4);
        let x = ((node.at.0 * f64::from(across)) as i32).clamp(w, (across - w).max(w));
        let y = ((node.at.1 * f64::from(down)) as i32).clamp(h, (down - h).max(h));
        boxes.push([(x - w, y - h), (x + w, y + h)]);
    }
    for edge in edges {
        arrow(&body, boxes[edge.from], boxes[edge.to])?;
    }
    for (node, plate) in nodes.iter().zip(&boxes) {
        body.draw(&Rectangle::new(*plate, GREY.filled()))?;
        let [(a, b), (c, d)] = *plate;
        body.draw(&Rectangle::new([(a + 4, b + 4), (c - 4, d - 4)], look::tint(forward, 0.1).filled()))?;
        for (i, line) in node.lines.iter().enumerate() {
            let y = (b + d) / 2 + (2 * i as i32 - node.lines.len() as i32 + 1) * (size + 8) / 2;
            look::write(&body, line, ((a + c) / 2, y), size, INK, CENTER)?;
        }
    }
    let mut taken = boxes.clone();
    for (number, edge) in edges.iter().enumerate() {
        let texts: Vec<_> =
            [(&edge.value, forward), (&edge.gradient, MARK)].into_iter().filter(|(text, _)| !text.is_empty()).collect();
        let mut wide = 0;
        for (text, _) in &texts {
            wide = wide.max(look::width(&body, text, small)?);
        }
        if texts.is_empty() {
            continue;
        }
        let (w, h) = (wide / 2 + 8, texts.len() as i32 * small / 2 + 2);
        let others = edges.iter().enumerate().filter(|(other, _)| *other != number);
        let others: Vec<_> = others.map(|(_, other)| (boxes[other.from], boxes[other.to])).collect();
        let plate = free_place(boxes[edge.from], boxes[edge.to], (w, h), &taken, &others);
        body.draw(&Rectangle::new(plate, PAPER.filled()))?;
        for (i, (text, color)) in texts.iter().enumerate() {
            let y = plate[0].1 + h + (2 * i as i32 - texts.len() as i32 + 1) * small / 2;
            look::write(&body, text, (plate[0].0 + w, y), small, *color, CENTER)?;
        }
        taken.push(plate);
    }
    Ok(())
}

fn middle([(a, b), (c, d)]: Plate) -> (i32, i32) {
    ((a + c) / 2, (b + d) / 2)
}

/// Where the line from `plate`'s middle towards `target` leaves it.
fn border(plate: Plate, target: (i32, i32)) -> (i32, i32) {
    let (x, y) = middle(plate);
    let (dx, dy) = (f64::from(target.0 - x), f64::from(target.1 - y));
    let (w, h) = (f64::from(plate[1].0 - x), f64::from(plate[1].1 - y));
    let part = (w / dx.abs().max(1e-9)).min(h / dy.abs().max(1e-9)).min(1.0);
    (x + (dx * part) as i32, y + (dy * part) as i32)
}

fn arrow(body: &Area<'_>, from: Plate, to: Plate) -> anyhow::Result<()> {
    let (start, end) = (border(from, middle(to)), border(to, middle(from)));
    let (dx, dy) = (f64::from(end.0 - start.0), f64::from(end.1 - start.1));
    let long = dx.hypot(dy).max(1.0);
    let (ux, uy) = (dx / long, dy / long);
    let at = |back: f64, aside: f64| {
        (end.0 - (ux * back + uy * aside).round() as i32, end.1 - (uy * back - ux * aside).round() as i32)
    };
    body.draw(&PathElement::new([start, at(20.0, 0.0)], look::stroke(GREY, 5)))?;
    Ok(body.draw(&Polygon::new([end, at(34.0, 14.0), at(34.0, -14.0)], GREY.filled()))?)
}

/// A place for a label along an arrow that covers neither a taken plate nor another arrow; failing that, no plate;
/// failing that, the middle.
fn free_place(from: Plate, to: Plate, (w, h): (i32, i32), taken: &[Plate], arrows: &[(Plate, Plate)]) -> Plate {
    let along = |from: Plate, to: Plate, part: f64| {
        let (start, end) = (border(from, middle(to)), border(to, middle(from)));
        let way = |a: i32, b: i32| a + (f64::from(b - a) * part) as i32;
        (way(start.0, end.0), way(start.1, end.1))
    };
    let plate = |part: f64| {
        let (x, y) = along(from, to, part);
        [(x - w, y - h), (x + w, y + h)]
    };
    let free =
        |a: &Plate| taken.iter().all(|b| a[1].0 < b[0].0 || b[1].0 < a[0].0 || a[1].1 < b[0].1 || b[1].1 < a[0].1);
    let clear = |a: &Plate| {
        let covers = |(x, y): (i32, i32)| a[0].0 < x && x < a[1].0 && a[0].1 < y && y < a[1].1;
        arrows.iter().all(|(from, to)| !(0..=100).any(|k| covers(along(*from, *to, f64::from(k) / 100.0))))
    };
    let plates = [0.5, 0.42, 0.58, 0.34, 0.66, 0.27, 0.73, 0.2, 0.8, 0.14, 0.86].map(plate);
    let best = plates.iter().find(|plate| free(plate) && clear(plate));
    *best.or_else(|| plates.iter().find(|plate| free(plate))).unwrap_or(&plates[0])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pictures::tests::{seen, temporary};

    fn node(lines: &[&str], x: f64, y: f64) -> Node {
        Node { lines: lines.iter().map(|line| (*line).to_owned()).collect(), at: (x, y) }
    }

    fn edge(from: usize, to: usize, value: &str, gradient: &str) -> Edge {
        Edge { from, to, value: value.to_owned(), gradient: gradient.to_owned() }
    }

    /// Two inputs, two hidden neurons, two outputs and the error.
    fn hand_worked() -> (Vec<Node>, Vec<Edge>) {
        let nodes = vec![
            node(&["x₁", "0.05"], 0.05, 0.2),
            node(&["x₂", "0.10"], 0.05, 0.8),
            node(&["h₁ = σ(·)", "0.5933"], 0.36, 0.2),
            node(&["h₂ = σ(·)", "0.5969"], 0.36, 0.8),
            node(&["y₁ = σ(·)", "0.7514"], 0.7, 0.2),
            node(&["y₂ = σ(·)", "0.7729"], 0.7, 0.8),
            node(&["E", "0.2984"], 0.95, 0.5),
        ];
        let edges = vec![
            edge(0, 2, "w₁ 0.15", "∂E/∂w₁ 0.000439"),
            edge(1, 2, "w₂ 0.20", "∂E/∂w₂ 0.000877"),
            edge(0, 3, "w₃ 0.25", "∂E/∂w₃ 0.000498"),
            edge(1, 3, "w₄ 0.30", "∂E/∂w₄ 0.000995"),
            edge(2, 4, "w₅ 0.40", "∂E/∂w₅ 0.0822"),
            edge(3, 4, "w₆ 0.45", "∂E/∂w₆ 0.0827"),
            edge(2, 5, "w₇ 0.50", "∂E/∂w₇ −0.0226"),
            edge(3, 5, "w₈ 0.55", "∂E/∂w₈ −0.0227"),
            edge(4, 6, "0.2748", "0.7414"),
            edge(5, 6, "0.0236", "−0.2171"),
        ];
        (nodes, edges)
    }

    #[test]
    fn the_hand_worked_network_as_png_and_svg() {
        let (nodes, edges) = hand_worked();
        let (_folder, path) = temporary("graph.png");
        graph_drawing("Back-propagation by hand", &nodes, &edges, &path).unwrap();
        seen(&path, (WIDTH, HEIGHT), &[look::series(0), MARK]);
        let (_folder, path) = temporary("graph.svg");
        graph_drawing("Back-propagation by hand", &nodes, &edges, &path).unwrap();
        assert!(std::fs::read_to_string(path).unwrap().contains("∂E/∂w₈ −0.0227"));
    }

    #[test]
    fn edges_to_nowhere_are_errors() {
        let (nodes, _) = hand_worked();
        let error = graph_drawing("g", &nodes, &[edge(0, 9, "", "")], Path::new("g.png")).unwrap_err().to_string();
        assert_eq!(error, "\"g\": an edge from 0 to 9 among 7 nodes");
        assert!(graph_drawing("g", &[], &[], Path::new("g.png")).is_err());
    }
}
