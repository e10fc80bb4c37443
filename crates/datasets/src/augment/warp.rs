//! A change carried out on the pixels of one image: each pixel of the result is looked up in the source, between four
//! pixels (bilinear). Shifts by whole pixels and mirrors come out exact.

use super::{Change, Mix};

impl Change {
    /// Writes the changed `source` to `result`, both `[c, h, w]`.
    ///
    /// # Panics
    /// Where a slice is not of that size.
    pub fn apply(&self, source: &[u8], [channels, height, width]: [usize; 3], result: &mut [u8]) {
        let plane = height * width;
        assert_eq!((source.len(), result.len()), (channels * plane, channels * plane), "both images are [c, h, w]");
        if self.moves() {
            for row in 0..height {
                for column in 0..width {
                    let taps = Taps::at(self.origin([row, column], [height, width]), [height, width]);
                    for c in 0..channels {
                        result[c * plane + row * width + column] = taps.read(&source[c * plane..][..plane], self.fill);
                    }
                }
            }
        } else {
            result.copy_from_slice(source);
        }
        if let Some(part) = self.erase {
            for row in (0..channels).flat_map(|c| (part.top..part.top + part.height).map(move |row| c * height + row)) {
                result[row * width + part.left..][..part.width].fill(self.fill);
            }
        }
    }

    fn moves(&self) -> bool {
        let Change { flip, flip_vertical, scale, rotate, right, down, .. } = *self;
        flip || flip_vertical || scale != 1.0 || rotate != 0.0 || right != 0.0 || down != 0.0
    }

    /// Where in the source `[row, column]` a pixel of the result comes from: all steps undone, the last first.
    fn origin(&self, [row, column]: [usize; 2], [height, width]: [usize; 2]) -> [f32; 2] {
        let centre = |side: usize| (side as f32 - 1.0) / 2.0;
        let (x, y) = (column as f32 - self.right - centre(width), row as f32 - self.down - centre(height));
        let (sin, cos) = self.rotate.to_radians().sin_cos();
        let (x, y) = ((x * cos + y * sin) / self.scale, (y * cos - x * sin) / self.scale);
        let (x, y) = (if self.flip { -x } else { x }, if self.flip_vertical { -y } else { y });
        [y + centre(height), x + centre(width)]
    }
}

/// The four pixels around a point, and their weights.
struct Taps {
    /// Index into the plane, or `None` outside the image.
    places: [Option<usize>; 4],
    weights: [f32; 4],
}

impl Taps {
    fn at([row, column]: [f32; 2], [height, width]: [usize; 2]) -> Taps {
        let (top, left) = (row.floor(), column.floor());
        let (down, right) = (row - top, column - left);
        let place = |row: f32, column: f32| {
            let inside = row >= 0.0 && column >= 0.0 && row < height as f32 && column < width as f32;
            inside.then(|| row as usize * width + column as usize)
        };
        Taps {
            places: [place(top, left), place(top, left + 1.0), place(top + 1.0, left), place(top + 1.0, left + 1.0)],
            weights: [(1.0 - down) * (1.0 - right), (1.0 - down) * right, down * (1.0 - right), down * right],
        }
    }

    fn read(&self, plane: &[u8], fill: u8) -> u8 {
        let tap = |place: Option<usize>| f32::from(place.map_or(fill, |place| plane[place]));
        let sum: f32 = self.places.iter().zip(self.weights).map(|(&place, weight)| weight * tap(place)).sum();
        sum.round() as u8
    }
}

impl Mix {
    /// Mixes `partner` into `image`: λ·image + (1 − λ)·partner, rounded.
    pub fn blend(&self, image: &mut [u8], partner: &[u8]) {
        for (x, &other) in image.iter_mut().zip(partner) {
            *x = (self.lambda * f32::from(*x) + (1.0 - self.lambda) * f32::from(other)).round() as u8;
        }
    }
}
