//! A function over the plane, known on a grid, as pixels behind a chart.
//!
//! Values between the grid's points are bilinear, so that borders and contours are smooth at any size. Where next:
//! `boundary.rs` and `surface.rs`.

use image::{Rgb, RgbImage};
use plotters::prelude::Rectangle;
use plotters::style::RGBColor;

use super::chart::Chart;
use super::look::{self, GREY};

/// A grid of `height` rows (row 0 at the lowest y) of `width` values, from edge to edge of the axes' ranges.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Grid<'a> {
    pub(crate) values: &'a [f32],
    pub(crate) height: usize,
    pub(crate) width: usize,
}

impl Grid<'_> {
    /// The value at a place given in parts of the width and of the height, both in [0, 1].
    fn at(&self, across: f32, up: f32) -> f32 {
        let (x, y) = (across * (self.width - 1) as f32, up * (self.height - 1) as f32);
        let (column, row) = ((x as usize).min(self.width.max(2) - 2), (y as usize).min(self.height.max(2) - 2));
        let (right, above) = ((column + 1).min(self.width - 1), (row + 1).min(self.height - 1));
        let (dx, dy) = (x - column as f32, y - row as f32);
        let value = |row: usize, column: usize| self.values[row * self.width + column];
        let low = value(row, column) * (1.0 - dx) + value(row, right) * dx;
        let high = value(above, column) * (1.0 - dx) + value(above, right) * dx;
        low * (1.0 - dy) + high * dy
    }
}

/// Paints the chart's plane: `shade` gives a place's region and colour from the grids' values there, and a line is
/// drawn where the region changes.
pub(crate) fn paint(
    chart: &Chart<'_>,
    grids: &[Grid<'_>],
    border: RGBColor,
    shade: impl Fn(&[f32]) -> (usize, RGBColor),
) -> anyhow::Result<()> {
    const THICK: usize = 5;
    let page = chart.plotting_area().strip_coord_spec();
    let (wide, high) = page.dim_in_pixel();
    let mut regions = vec![0; wide as usize * high as usize];
    let mut image = RgbImage::new(wide, high);
    let mut values = vec![0.0; grids.len()];
    for (x, y, pixel) in image.enumerate_pixels_mut() {
        let (across, up) = (x as f32 / wide as f32, 1.0 - y as f32 / high as f32);
        for (value, grid) in values.iter_mut().zip(grids) {
            *value = grid.at(across, up);
        }
        let (region, RGBColor(r, g, b)) = shade(&values);
        regions[y as usize * wide as usize + x as usize] = region;
        *pixel = Rgb([r, g, b]);
    }
    let (columns, rows) = (wide as usize, high as usize);
    for y in 0..rows.saturating_sub(THICK) {
        for x in 0..columns.saturating_sub(THICK) {
            let here = regions[y * columns + x];
            if here != regions[y * columns + x + THICK] || here != regions[(y + THICK) * columns + x] {
                image.put_pixel(x as u32, y as u32, Rgb([border.0, border.1, border.2]));
            }
        }
    }
    look::paint(&page, (0, 0), image)?;
    Ok(page.draw(&Rectangle::new([(0, 0), (wide as i32 - 1, high as i32 - 1)], look::stroke(GREY, 2)))?)
}
