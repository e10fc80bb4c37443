//! A photo as pixels, and filters moved over it on the engine, strip by strip so that a photo of any size fits.

use std::io::{BufRead, BufReader, Cursor, Seek};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use image::{ImageDecoder as _, ImageReader, metadata::Orientation};
use lenslet::datasets::{LARGEST_SIDE, image_bytes, image_file};
use lenslet::graph::ops::{Binary, Conv, Reduce, Unary};
use lenslet::graph::{Engine, Graph, Memory, Tensor, Type, UnaryFunction, Window};

use super::Filter;
use crate::learn::desk::{floats, unusable};

/// A photo, upright.
pub(super) struct Photo {
    pub(super) path: PathBuf,
    /// 1 or 3.
    pub(super) c: usize,
    pub(super) h: usize,
    pub(super) w: usize,
    /// `[c, h, w]`
    pub(super) pixels: Vec<u8>,
}

/// What filters made of a photo; where it has colours, of each pixel's strongest channel.
pub(super) struct Found {
    /// One `[h, w]` for each kernel.
    pub(super) responses: Vec<Vec<f32>>,
    /// `[h, w]`: the length of the vector of responses.
    pub(super) magnitude: Vec<f32>,
}

/// The photos inside the binary; sources and licences: `assets/photos/NOTICE`.
const OWN: [(&str, &[u8]); 5] = [
    ("camera", include_bytes!("../../../assets/photos/camera.png")),
    ("coins", include_bytes!("../../../assets/photos/coins.png")),
    ("astronaut", include_bytes!("../../../assets/photos/astronaut.png")),
    ("coffee", include_bytes!("../../../assets/photos/coffee.png")),
    ("flower", include_bytes!("../../../assets/photos/flower.png")),
];

/// Numbers of a strip at most.
const STRIP: usize = 1 << 22;

impl Photo {
    /// A file, or one of the photos inside the binary where there is no such file.
    pub(super) fn read(path: &Path) -> anyhow::Result<Photo> {
        let own = OWN.iter().find(|(name, _)| Path::new(name) == path && !path.exists());
        let (shape, pixels) = match own {
            Some((name, bytes)) => {
                let shape = shape(Cursor::new(bytes)).map_err(|why| unusable(path, why))?;
                (shape, image_bytes(name, bytes, shape))
            }
            None => {
                let shape = open(path).and_then(shape).map_err(|why| unusable(path, why))?;
                (shape, image_file(path, shape))
            }
        };
        let [c, h, w] = shape;
        Ok(Photo { path: path.to_owned(), c, h, w, pixels: pixels? })
    }

    /// Moves the filter over the photo. Pixels at the border are repeated outwards, so that the border is no edge.
    pub(super) fn filter(&self, engine: &Engine, filter: &Filter) -> anyhow::Result<Found> {
        let (rows, columns, k) = (filter.rows(), filter.columns(), filter.kernels().len());
        let wide = self.w + columns - 1;
        let strip = (STRIP / (self.c * wide * k)).clamp(1, self.h);
        let memory = Memory::new(engine, 0);
        let mut found = Found { responses: vec![Vec::new(); k], magnitude: Vec::new() };
        let mut ready: Option<(usize, lenslet::graph::Value, lenslet::graph::Execution)> = None;
        let mut top = 0;
        while top < self.h {
            let high = strip.min(self.h - top);
            if ready.as_ref().is_none_or(|(height, ..)| *height != high) {
                let mut graph = Graph::new();
                // Channels are images of their own: each is filtered alone.
                let x = graph.input("x", Type::f32([self.c, 1, high + rows - 1, wide]))?;
                let weight = graph.constant("weight", Tensor::f32([k, 1, rows, columns], filter.kernels().concat())?);
                let y = graph.push1("y", Conv::new(Window::new(&[rows, columns])), &[x, weight])?;
                let squares = graph.push1("squares", Binary::Mul, &[y, y])?;
                let sum = graph.push1("sum", Reduce::sum(&[1]), &[squares])?;
                let length = graph.push1("length", Unary(UnaryFunction::Sqrt), &[sum])?;
                ready = Some((high, x, engine.compile(Arc::new(graph), &[y, length], &memory)?));
            }
            let Some((_, x, execution)) = &mut ready else { continue };
            let given = Tensor::f32([self.c, 1, high + rows - 1, wide], self.strip(top, high, filter))?;
            execution.set(*x, &given)?;
            execution.run()?;
            let values = floats(execution.wait()?)?;
            found.take(&values[0], &values[1], self.c, high * self.w);
            top += high;
        }
        Ok(found)
    }

    /// Rows `top` to `top + high` with the border that the filter needs, `[c, high + rows − 1, w + columns − 1]`.
    fn strip(&self, top: usize, high: usize, filter: &Filter) -> Vec<f32> {
        let (up, left) = ((filter.rows() - 1) / 2, (filter.columns() - 1) / 2);
        let mut values = Vec::new();
        for plane in self.pixels.chunks(self.h * self.w) {
            for row in top..top + high + filter.rows() - 1 {
                let row = row.saturating_sub(up).min(self.h - 1);
                let line = &plane[row * self.w..][..self.w];
                let columns = 0..self.w + filter.columns() - 1;
                values.extend(columns.map(|column| f32::from(line[column.saturating_sub(left).min(self.w - 1)])));
            }
        }
        values
    }
}

impl Found {
    /// Adds a strip: `y [c, k, size]`, `length [c, size]`.
    fn take(&mut self, y: &[f32], length: &[f32], c: usize, size: usize) {
        let k = self.responses.len();
        for i in 0..size {
            let strongest =
                (1..c).fold(0, |best, at| if length[at * size + i] > length[best * size + i] { at } else { best });
            self.magnitude.push(length[strongest * size + i]);
            for (f, response) in self.responses.iter_mut().enumerate() {
                response.push(y[(strongest * k + f) * size + i]);
            }
        }
    }
}

fn open(path: &Path) -> Result<BufReader<std::fs::File>, String> {
    let unread = |cause: std::io::Error| {
        let names = OWN.map(|(name, _)| name).join(", ");
        format!("cannot be read: {cause} (without a file there are {names})")
    };
    let file = std::fs::File::open(path).map_err(unread)?;
    match file.metadata() {
        Ok(data) if data.len() == 0 => Err("is empty".into()),
        _ => Ok(BufReader::new(file)),
    }
}

/// Channels, height and width of a picture, upright, from its head alone.
fn shape(bytes: impl BufRead + Seek) -> Result<[usize; 3], String> {
    let text = |cause: &dyn std::fmt::Display| format!("cannot be read as a picture: {cause}");
    let reader = ImageReader::new(bytes).with_guessed_format().map_err(|cause| text(&cause))?;
    let mut decoder = reader.into_decoder().map_err(|cause| text(&cause))?;
    let (w, h) = decoder.dimensions();
    if w.max(h) > LARGEST_SIDE {
        return Err(format!("{w} by {h} pixels; a side may have at most {LARGEST_SIDE}: make it smaller first"));
    }
    let c = if decoder.color_type().has_color() { 3 } else { 1 };
    let orientation = decoder.orientation().map_err(|cause| text(&cause))?;
    use Orientation::{Rotate90, Rotate90FlipH, Rotate270, Rotate270FlipH};
    let lies = matches!(orientation, Rotate90 | Rotate270 | Rotate90FlipH | Rotate270FlipH);
    let (h, w) = if lies { (w, h) } else { (h, w) };
    Ok([c, h as usize, w as usize])
}
