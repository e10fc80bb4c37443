//! For each channel the places in a set of images that excite it most, cut out as far as the channel sees.
//!
//! All images are read, in batches; of each channel only the strongest places are kept, one an image.

use anyhow::Context as _;
use lenslet::Images;
use lenslet::graph::{Engine, Tensor};

use super::seen::Seen;
use super::stages::{Field, Stage, stages};
use crate::learn::desk::floats;

/// Patches kept for each channel: three rows of three.
pub(super) const KEPT: usize = 9;
/// Numbers fetched at a time at most.
const FETCHED: usize = 1 << 24;
/// Images at a time at most.
const BATCH: usize = 64;
/// What lies beyond the border.
const BEYOND: u8 = 128;
/// Colour between patches: neither ink nor paper.
const BETWEEN: [u8; 3] = [86, 180, 233];

/// Where a channel answered, and how strongly.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Place {
    pub(super) image: usize,
    /// Row and column of the map.
    pub(super) at: [usize; 2],
    pub(super) answer: f32,
}

/// What was found of a channel.
#[derive(Clone, Debug, Default)]
pub(super) struct Channel {
    /// The strongest first.
    pub(super) best: Vec<Place>,
    /// Mean answer over all images and places.
    pub(super) mean: f64,
}

/// For each of `chosen` (by position among the network's stages) each channel's finds in the first `count` images.
pub(super) fn search(
    seen: &Seen,
    engine: &Engine,
    images: &Images,
    chosen: &[usize],
    count: usize,
) -> anyhow::Result<Vec<Vec<Channel>>> {
    let staged = |batch: usize| {
        let asked = seen.ask(batch)?;
        let all = stages(&asked.graph, asked.x, asked.scores);
        let chosen: Vec<Stage> = chosen.iter().map(|&at| all[at].clone()).collect();
        anyhow::Ok((asked, chosen))
    };
    let numbers: usize = staged(1)?.1.iter().map(Stage::count).sum();
    let (asked, chosen) = staged((FETCHED / numbers.max(1)).clamp(1, BATCH).min(count))?;
    let fetch: Vec<_> = chosen.iter().map(|stage| stage.after).collect();
    let ty = asked.graph.ty(asked.x).clone();
    let mut execution = seen.compile(engine, asked.graph, &fetch)?;
    let mut found: Vec<Vec<Channel>> = chosen.iter().map(|stage| vec![Channel::default(); stage.shape[0]]).collect();
    let size = images.image_bytes();
    for first in (0..count).step_by(asked.batch) {
        let here = asked.batch.min(count - first);
        let mut x = seen.normalised(&images.pixels[first * size..(first + here) * size]);
        x.resize(asked.batch * size, 0.0);
        execution.set(asked.x, &Tensor::f32(ty.shape.clone(), x)?)?;
        execution.run()?;
        let maps = floats(execution.wait()?)?;
        for ((stage, maps), channels) in chosen.iter().zip(&maps).zip(&mut found) {
            let of_images = maps.chunks(stage.count()).take(here).enumerate();
            for (i, of_image) in of_images {
                for (map, channel) in of_image.chunks(stage.shape[1] * stage.shape[2]).zip(&mut *channels) {
                    channel.meet(first + i, map, stage.shape[2]);
                }
            }
        }
    }
    for (stage, channels) in chosen.iter().zip(&mut found) {
        let places = (count * stage.shape[1] * stage.shape[2]) as f64;
        channels.iter_mut().for_each(|channel| channel.mean /= places);
    }
    Ok(found)
}

impl Channel {
    /// Takes in one image's map.
    fn meet(&mut self, image: usize, map: &[f32], columns: usize) {
        let mut most = 0;
        for (i, answer) in map.iter().enumerate() {
            self.mean += f64::from(*answer);
            if *answer > map[most] {
                most = i;
            }
        }
        let place = Place { image, at: [most / columns, most % columns], answer: map[most] };
        let rank = self.best.partition_point(|better| better.answer >= place.answer);
        if rank < KEPT {
            self.best.insert(rank, place);
            self.best.truncate(KEPT);
        }
    }
}

/// The patches of a channel, three in a row, as one image of bytes `[3, h, w]` with blue between them.
pub(super) fn mosaic(images: &Images, field: &Field, best: &[Place]) -> anyhow::Result<([usize; 3], Vec<u8>)> {
    let [c, h, w] = images.shape();
    let first = best.first().context("a channel without images")?;
    let [high, wide] = field.at(first.at, [h, w]).map(|(_, side)| side);
    // Scaled up with the pixels, so it stays thin beside them.
    let gap = (high.max(wide) / 12).max(1);
    let side = |of: usize| 3 * of + 2 * gap;
    let (rows, columns) = (side(high), side(wide));
    let mut pixels: Vec<u8> = BETWEEN.into_iter().flat_map(|byte| vec![byte; rows * columns]).collect();
    for (i, place) in best.iter().enumerate() {
        let [(top, _), (left, _)] = field.at(place.at, [h, w]);
        let image = images.image(place.image);
        let corner = [i / 3 * (high + gap), i % 3 * (wide + gap)];
        for channel in 0..3 {
            let from = if c == 3 { channel } else { 0 };
            for y in 0..high {
                for x in 0..wide {
                    let (from_y, from_x) = (top + y as isize, left + x as isize);
                    let inside = (0..h as isize).contains(&from_y) && (0..w as isize).contains(&from_x);
                    let byte = if inside { image[(from * h + from_y as usize) * w + from_x as usize] } else { BEYOND };
                    pixels[(channel * rows + corner[0] + y) * columns + corner[1] + x] = byte;
                }
            }
        }
    }
    Ok(([3, rows, columns], pixels))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strongest_places_are_kept_one_an_image() {
        let mut channel = Channel::default();
        for image in 0..20 {
            let mut map = [0.0; 6];
            map[image % 6] = image as f32;
            channel.meet(image, &map, 3);
        }
        assert_eq!(channel.best.len(), KEPT);
        assert_eq!(channel.best[0], Place { image: 19, at: [0, 1], answer: 19.0 });
        assert_eq!(channel.best[8].image, 11);
        assert_eq!(channel.mean, 190.0);
    }

    #[test]
    fn patches_are_cut_out_and_grey_beyond_the_border() {
        let images = Images::new((1..=16).collect(), vec![0], [1, 4, 4], vec!["a".into()]).unwrap();
        let field = Field { start: [-1; 2], side: [2; 2], step: [2; 2] };
        let best = [[0, 0], [1, 1]].map(|at| Place { image: 0, at, answer: 1.0 });
        let (shape, pixels) = mosaic(&images, &field, &best).unwrap();
        assert_eq!(shape, [3, 8, 8]);
        assert_eq!(pixels[..8], [BEYOND, BEYOND, 86, 6, 7, 86, 86, 86]);
        assert_eq!(pixels[8..13], [BEYOND, 1, 86, 10, 11]);
        assert_eq!(pixels[64..68], [BEYOND, BEYOND, 180, 6]);
    }
}
