//! The sheets that `learn features` leaves: filters, patches, images made by ascent, maps, reasons.

use std::path::Path;

use lenslet::Images;
use lenslet::graph::Tensor;

use super::ascent::Wanted;
use super::patches::{Channel, mosaic};
use super::reasons::{Reading, stretched};
use super::stages::Stage;
use crate::pictures::look::Tone;
use crate::pictures::sheet::{Group, Image, Scale, Tile, images_sheet};

/// Filters shown at most.
const FILTERS: usize = 256;

fn tile<'a>(image: Image<'a>, caption: impl Into<String>) -> Tile<'a> {
    Tile { image, caption: vec![caption.into()], frame: None }
}

/// The first convolution's filters: in colour where they look at colours.
pub(super) fn filters(stage: &Stage, weight: &Tensor, path: &Path) -> anyhow::Result<()> {
    let &[k, c, r, s] = &weight.shape()[..] else {
        anyhow::bail!("filters of {} are not [k, c, r, s]", weight.shape())
    };
    let values = weight.as_f32()?;
    let most = values.iter().fold(f32::MIN_POSITIVE, |most, v| most.max(v.abs()));
    let colors: Vec<u8> = values.iter().map(|v| (127.5 + 127.5 * v / most) as u8).collect();
    let size = c * r * s;
    let in_color = c == 3;
    let tiles = (0..k.min(FILTERS)).map(|f| {
        let (bytes, values) = (&colors[f * size..][..size], &values[f * size..][..size]);
        let image = match in_color {
            true => Image::Bytes { c, h: r, w: s, pixels: bytes },
            // Filters over many channels stand below each other.
            false => Image::Map { h: c * r, w: s, values },
        };
        tile(image, format!("filter {}", f + 1))
    });
    let title = format!("Filters of {}: {k} of {r}×{s}", stage.name);
    let told = if in_color { format!("{title}, grey is 0, brightest is {most:.2}") } else { title };
    let groups = [Group { title: String::new(), tiles: tiles.collect() }];
    images_sheet(&told, &groups, Tone::Diverging, Scale::Common, path)
}

/// For each channel the nine patches that excite it most.
pub(super) fn patches(
    images: &Images,
    found: &[(&Stage, &Vec<Channel>)],
    most: usize,
    path: &Path,
) -> anyhow::Result<()> {
    let mut groups = Vec::new();
    for (stage, channels) in found {
        let made = channels.iter().take(most).map(|channel| mosaic(images, &stage.field, &channel.best));
        groups.push((heading(stage, images.shape(), most), made.collect::<anyhow::Result<Vec<_>>>()?));
    }
    let groups: Vec<_> = groups
        .iter()
        .zip(found)
        .map(|((title, made), (_, channels))| {
            let tiles = made.iter().zip(channels.iter()).enumerate().map(|(k, (([c, h, w], pixels), channel))| {
                // A channel that nothing excites shows its nine first images, which mean nothing.
                let dead = channel.best.first().is_none_or(|best| best.answer <= 0.0);
                let caption = if dead { format!("{}: silent", k + 1) } else { format!("{}", k + 1) };
                tile(Image::Bytes { c: *c, h: *h, w: *w, pixels }, caption)
            });
            Group { title: title.clone(), tiles: tiles.collect() }
        })
        .collect();
    images_sheet("What excites each channel most, in the training images", &groups, Tone::Grey, Scale::Own, path)
}

/// `conv2d1: 8 channels, each sees 5×5 pixels`.
fn heading(stage: &Stage, [_, h, w]: [usize; 3], most: usize) -> String {
    let ([rows, columns], k) = ([stage.field.side[0].min(h), stage.field.side[1].min(w)], stage.shape[0]);
    let of = if k > most { format!("{most} of {k} channels") } else { format!("{k} channels") };
    format!("{}: {of}, each number sees {rows}×{columns} pixels", stage.name)
}

/// The images that channels and classes want.
pub(super) fn wanted(
    found: &[(&Stage, &Vec<Wanted>)],
    classes: &[String],
    of_classes: &[Wanted],
    path: &Path,
) -> anyhow::Result<()> {
    fn show(one: &Wanted, name: String) -> Tile<'_> {
        let [c, h, w] = one.shape;
        tile(Image::Bytes { c, h, w, pixels: &one.pixels }, name)
    }
    let mut groups: Vec<Group<'_>> = found
        .iter()
        .map(|(stage, made)| Group {
            title: format!("{}: made for each channel", stage.name),
            tiles: made.iter().enumerate().map(|(k, one)| show(one, format!("{}", k + 1))).collect(),
        })
        .collect();
    groups.push(Group {
        title: "made for each class".into(),
        tiles: of_classes.iter().zip(classes).map(|(one, class)| show(one, class.clone())).collect(),
    });
    images_sheet("What each channel wants to see, by gradient ascent", &groups, Tone::Grey, Scale::Own, path)
}

/// The image and its maps, layer by layer.
pub(super) fn maps(
    title: &str,
    [c, h, w]: [usize; 3],
    pixels: &[u8],
    stages: &[(&Stage, &[f32])],
    most: usize,
    path: &Path,
) -> anyhow::Result<()> {
    let mut groups = vec![Group {
        title: format!("{h}×{w} pixels"),
        tiles: vec![Tile { image: Image::Bytes { c, h, w, pixels }, caption: Vec::new(), frame: None }],
    }];
    for (stage, maps) in stages {
        let [k, p, q] = stage.shape;
        let map = |values| Tile { image: Image::Map { h: p, w: q, values }, caption: Vec::new(), frame: None };
        let of = if k > most { format!("{most} of {k} maps") } else { format!("{k} maps") };
        groups.push(Group {
            title: format!("{}: {of} of {p}×{q}", stage.name),
            tiles: maps.chunks(p * q).take(most).map(map).collect(),
        });
    }
    images_sheet(title, &groups, Tone::Viridis, Scale::Own, path)
}

/// What the prediction hangs on.
pub(super) fn reasons(
    title: &str,
    [c, h, w]: [usize; 3],
    pixels: &[u8],
    reading: &Reading,
    last: &Stage,
    path: &Path,
) -> anyhow::Result<()> {
    let [_, p, q] = last.shape;
    let saliency = unit(&reading.saliency);
    let cam = unit(&stretched(&reading.cam, [p, q], [h, w]));
    let (by_pixel, by_map) = (over(&saliency, [c, h, w], pixels), over(&cam, [c, h, w], pixels));
    let (of_pixel, of_map) = (Image::Map { h, w, values: &saliency }, Image::Map { h, w, values: &cam });
    let show = |image, lines: &[&str]| Tile {
        image,
        caption: lines.iter().map(|line| (*line).to_owned()).collect(),
        frame: None,
    };
    let bytes = |pixels| Image::Bytes { c: 3, h, w, pixels };
    let cam_of = format!("at {}'s maps", last.name);
    let tiles = vec![
        show(Image::Bytes { c, h, w, pixels }, &["image"]),
        show(of_pixel, &["saliency", "gradient of the score", "by each pixel"]),
        show(bytes(&by_pixel), &["saliency", "over the image"]),
        show(of_map, &["Grad-CAM", "what speaks for the class", &cam_of]),
        show(bytes(&by_map), &["Grad-CAM", "over the image"]),
    ];
    let groups = [Group { title: String::new(), tiles }];
    images_sheet(title, &groups, Tone::Viridis, Scale::Fixed(0.0, 1.0), path)
}

/// Divided by the largest.
fn unit(values: &[f32]) -> Vec<f32> {
    let most = values.iter().fold(0f32, |most, v| most.max(*v));
    values.iter().map(|v| if most > 0.0 { v / most } else { 0.0 }).collect()
}

/// The image in grey under the tone's colours, `[3, h, w]`: the more there is, the more colour.
fn over(values: &[f32], [c, h, w]: [usize; 3], pixels: &[u8]) -> Vec<u8> {
    let size = h * w;
    let mut mixed = vec![0; 3 * size];
    for (i, value) in values.iter().enumerate() {
        let grey = (0..c).map(|channel| f32::from(pixels[channel * size + i])).sum::<f32>() / c as f32;
        let plotters::style::RGBColor(r, g, b) = Tone::Viridis.at((*value).into());
        for (k, channel) in [r, g, b].into_iter().enumerate() {
            mixed[k * size + i] = (0.45 * grey + 0.55 * f32::from(channel)) as u8;
        }
    }
    mixed
}
