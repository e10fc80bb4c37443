//! Edges in photos: a filter (or a pair of them, across and down) moved over an image by the engine's convolution,
//! with magnitude and direction; or, the other way round, the filter learned from an image and its edges.
//!
//! `edges/filter.rs` has the filters by name, `edges/photo.rs` reads images and runs filters over them strip by
//! strip, `edges/fit.rs` learns a filter.

mod filter;
mod fit;
mod photo;

use std::path::{Path, PathBuf};

use clap::Args;
use lenslet::graph::ops::Conv;
use lenslet::graph::{Engine, Graph, Tensor, Window};
use serde_json::{Value as Json, json};

use super::desk::{Desk, evaluate, usage};
use super::numbers::{Matrix, table};
use crate::pictures::look::Tone;
use crate::pictures::matrix::{self, heat};
use crate::pictures::save_png;
use crate::pictures::sheet::{Group, Image, Scale, Tile, images_sheet};
use filter::Filter;
use photo::{Found, Photo};

/// Filters that find edges in photos, given or learned.
#[derive(Args, Debug)]
pub(crate) struct Edges {
    /// Photos, grey or colour, of any size: PNG, JPEG, PNM, GIF, BMP or WebP; or camera, coins, astronaut, coffee, flower
    #[arg(value_name = "IMAGE", default_value = "camera")]
    images: Vec<PathBuf>,
    /// vertical, horizontal, sobel, scharr, prewitt, laplacian, a text file of rows, or the rows themselves
    #[arg(long, value_name = "FILTER", default_value = "vertical", allow_hyphen_values = true)]
    filter: Filter,
    /// Instead of a photo, the numbers of a small matrix, the lecture's unless given: "10 10 0 0; 10 10 0 0; …"
    #[arg(long, value_name = "ROWS", num_args = 0..=1, conflicts_with = "images",
          default_missing_value = "10 10 10 0 0 0; 10 10 10 0 0 0; 10 10 10 0 0 0; 10 10 10 0 0 0; 10 10 10 0 0 0; 10 10 10 0 0 0")]
    grid: Option<Matrix>,
    /// Learn the filter by back-propagation, from the first photo and its edges
    #[arg(long, conflicts_with = "grid")]
    fit: bool,
    /// The edges to learn from; without it, what --filter makes of the photo
    #[arg(long, value_name = "IMAGE", requires = "fit")]
    edges: Option<PathBuf>,
    /// Updates for --fit
    #[arg(long, value_name = "N", default_value_t = 1500, requires = "fit")]
    updates: u32,
    /// Draws the first weights for --fit
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    desk: Desk,
}

impl Edges {
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        if let Some(grid) = &self.grid {
            return self.numbers(grid);
        }
        // All photos are read before anything is written.
        let photos = self.images.iter().map(|path| Photo::read(path)).collect::<anyhow::Result<Vec<_>>>()?;
        for photo in &photos {
            if photo.h < self.filter.rows() || photo.w < self.filter.columns() {
                let (rows, columns) = (self.filter.rows(), self.filter.columns());
                return Err(usage(format!(
                    "{}: {}×{} pixels are fewer than the filter's {columns}×{rows} (width by height)",
                    photo.path.display(),
                    photo.w,
                    photo.h
                )));
            }
        }
        if self.fit {
            return fit::run(self, &photos[0]);
        }
        let engine = self.desk.engine()?;
        self.filter.tell();
        let (mut pictures, mut told) = (Vec::new(), Vec::new());
        for (i, photo) in photos.iter().enumerate() {
            let found = photo.filter(&engine, &self.filter)?;
            let stem = photo.path.file_stem().map_or_else(|| i.to_string(), |stem| stem.to_string_lossy().into_owned());
            let strongest = found.magnitude.iter().fold(0f32, |most, v| most.max(*v));
            let mean = found.magnitude.iter().sum::<f32>() / found.magnitude.len() as f32;
            say!(
                "{}: {}×{} pixels, {} channel{}: edges up to {strongest:.1}, {mean:.2} on average (pixels are 0 to 255)",
                photo.path.display(),
                photo.w,
                photo.h,
                photo.c,
                if photo.c == 1 { "" } else { "s" },
            );
            let sheet = self.desk.path(&format!("edges-{stem}.png"));
            self.sheet(photo, &found, &sheet)?;
            let whole = self.desk.path(&format!("edges-{stem}-magnitude.png"));
            save_png(&whole, &grey(&found.magnitude, photo.w))?;
            pictures.extend([sheet, whole]);
            told.push(json!({
                "image": photo.path.display().to_string(), "size": [photo.h, photo.w, photo.c],
                "strongest": strongest, "mean": mean,
            }));
        }
        let numbers =
            json!({ "lesson": "edges", "filter": self.filter.name, "kernels": self.filter.kernels(), "images": told });
        self.desk.close(numbers, &pictures);
        Ok(())
    }

    /// Before and after, side by side.
    fn sheet(&self, photo: &Photo, found: &Found, path: &Path) -> anyhow::Result<()> {
        let (h, w) = (photo.h, photo.w);
        let tile = |c: usize, pixels, caption: &str| Tile {
            image: Image::Bytes { c, h, w, pixels },
            caption: caption.lines().map(str::to_owned).collect(),
            frame: None,
        };
        let reach = found.responses.iter().flatten().fold(1f32, |most, v| most.max(v.abs())) * 0.6;
        let signed: Vec<Vec<u8>> = found
            .responses
            .iter()
            .map(|values| planes(values, |v| Tone::Diverging.at((0.5 + 0.5 * v / reach).into())))
            .collect();
        let bytes: Vec<u8> = photo.pixels.clone();
        let magnitude = grey(&found.magnitude, w);
        let magnitude: Vec<u8> = magnitude.pixels().map(|p| p.0[0]).collect();
        let mut tiles = vec![tile(photo.c, &bytes, "photo")];
        for (values, name) in signed.iter().zip(self.filter.captions()) {
            tiles.push(tile(3, values, name));
        }
        tiles.push(tile(1, &magnitude, "magnitude: white is a strong edge"));
        let turned = (found.responses.len() == 2).then(|| directions(found));
        if let Some(pixels) = &turned {
            tiles.push(tile(
                3,
                pixels,
                "direction: light is left of orange edges,\nabove white, right of blue, below purple",
            ));
        }
        let title =
            format!("Edges of {}: {}", photo.path.file_name().unwrap_or_default().to_string_lossy(), self.filter.name);
        images_sheet(&title, &[Group { title: String::new(), tiles }], Tone::Grey, Scale::Own, path)
    }

    /// The small matrix, number by number.
    fn numbers(&self, grid: &Matrix) -> anyhow::Result<()> {
        let [rows, columns] = [self.filter.rows(), self.filter.columns()];
        if rows > grid.rows || columns > grid.columns || grid.rows > 24 || grid.columns > 24 {
            return Err(usage(format!(
                "--grid has {}×{} numbers; it needs at least the filter's {rows}×{columns} and at most 24×24",
                grid.rows, grid.columns
            )));
        }
        let engine = self.desk.engine()?;
        let kernels = self.filter.kernels();
        let (p, q) = (grid.rows - rows + 1, grid.columns - columns + 1);
        let outputs = convolved(&engine, grid, kernels, [rows, columns])?;
        say!("Matrix {}×{}:\n{}", grid.rows, grid.columns, table(&grid.values, grid.columns));
        let mut pictures = Vec::new();
        for (i, (kernel, output)) in kernels.iter().zip(outputs.chunks(p * q)).enumerate() {
            say!("∗ filter {rows}×{columns} ({}):\n{}", self.filter.captions()[i], table(kernel, columns));
            say!("= output {p}×{q}:\n{}", table(output, q));
            let reach = |values: &[f32]| Some(Tone::Diverging.range(values.iter().map(|v| v * 1.3)));
            let (of_input, of_output) = (Tone::Diverging.range(grid.values.iter().map(|v| v * 2.0)), reach(&outputs));
            let show = |title, values, columns, range| matrix::Matrix {
                tone: Tone::Diverging,
                range,
                ..matrix::Matrix::new(title, values, columns)
            };
            let matrices = [
                show("matrix", &grid.values, grid.columns, Some(of_input)),
                show("∗ filter", kernel, columns, reach(kernel)),
                show("= output", output, q, of_output),
            ];
            let name = if kernels.len() > 1 { format!("edges-grid-{}.png", i + 1) } else { "edges-grid.png".into() };
            let path = self.desk.path(&name);
            heat(&format!("Edges by a filter: {}", self.filter.captions()[i]), &matrices, "", &path)?;
            pictures.push(path);
        }
        let numbers: Json = json!({
            "lesson": "edges", "filter": self.filter.name, "kernels": kernels, "matrix": grid.values,
            "columns": grid.columns, "output": outputs, "output_size": [p, q],
        });
        self.desk.close(numbers, &pictures);
        Ok(())
    }
}

/// All kernels over one matrix: `[kernels, p, q]`.
fn convolved(
    engine: &Engine,
    grid: &Matrix,
    kernels: &[Vec<f32>],
    [rows, columns]: [usize; 2],
) -> anyhow::Result<Vec<f32>> {
    let mut graph = Graph::new();
    let given = Tensor::f32([1, 1, grid.rows, grid.columns], grid.values.clone())?;
    let x = graph.input("x", given.ty())?;
    let weight = graph.constant("weight", Tensor::f32([kernels.len(), 1, rows, columns], kernels.concat())?);
    let y = graph.push1("y", Conv::new(Window::new(&[rows, columns])), &[x, weight])?;
    Ok(evaluate(engine, graph, &[(x, given)], &[y])?.swap_remove(0))
}

/// Numbers of a map as colours `[3, h, w]`.
fn planes(values: &[f32], color: impl Fn(f32) -> plotters::style::RGBColor) -> Vec<u8> {
    let colors: Vec<_> = values.iter().map(|value| color(*value)).collect();
    let channel = |of: fn(&plotters::style::RGBColor) -> u8| colors.iter().map(of).collect::<Vec<_>>();
    [channel(|c| c.0), channel(|c| c.1), channel(|c| c.2)].concat()
}

/// Strong is white. The scale ends at the 99.5th part of a hundred, so that a few glints do not darken the rest.
fn grey(magnitude: &[f32], w: usize) -> image::RgbImage {
    let top = top(magnitude);
    image::RgbImage::from_fn(w as u32, (magnitude.len() / w) as u32, |x, y| {
        let part = magnitude[y as usize * w + x as usize] / top;
        image::Rgb([(part.clamp(0.0, 1.0) * 255.0) as u8; 3])
    })
}

fn top(magnitude: &[f32]) -> f32 {
    let mut sorted = magnitude.to_vec();
    let at = sorted.len() * 995 / 1000;
    let (_, top, _) = sorted.select_nth_unstable_by(at.min(magnitude.len() - 1), f32::total_cmp);
    top.max(1.0)
}

/// The gradient's direction as a colour of a ring without light or dark favourites, brightness by magnitude: `[3, h, w]`.
fn directions(found: &Found) -> Vec<u8> {
    // Four hues that differ in blue against yellow and in lightness: right, down, left, up.
    const RING: [[f32; 3]; 5] =
        [[230.0, 159.0, 0.0], [240.0, 240.0, 240.0], [0.0, 114.0, 178.0], [170.0, 85.0, 130.0], [230.0, 159.0, 0.0]];
    let top = top(&found.magnitude);
    let mut pixels = vec![0; found.magnitude.len() * 3];
    let size = found.magnitude.len();
    for i in 0..size {
        let turn = found.responses[1][i].atan2(found.responses[0][i]) / std::f32::consts::TAU;
        let place = turn.rem_euclid(1.0) * 4.0;
        let (at, part) = ((place as usize).min(3), place.fract());
        let bright = (found.magnitude[i] / top).clamp(0.0, 1.0);
        for k in 0..3 {
            pixels[k * size + i] = ((RING[at][k] * (1.0 - part) + RING[at + 1][k] * part) * bright) as u8;
        }
    }
    pixels
}
