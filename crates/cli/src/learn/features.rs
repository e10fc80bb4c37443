//! What a trained network has learned: its first filters, what excites each channel of each layer (in the images that it
//! learned from, and in an image made for it), the maps of an image, and what a prediction hangs on.
//!
//! `features/seen.rs` opens runs and ONNX files, `features/stages.rs` finds the layers and how much of the image they
//! see; then one file a question: `patches.rs`, `ascent.rs`, `reasons.rs`. `features/sheets.rs` draws.

mod ascent;
mod patches;
mod reasons;
mod seen;
mod sheets;
mod stages;

use std::path::PathBuf;

use clap::Args;
use lenslet::Images;
use lenslet::graph::Engine;
use serde_json::{Value as Json, json};

use super::desk::{Desk, usage};
use crate::commands::data::{self, DIGITS, Read, Source};
use ascent::{Goal, Wanted, ascend};
use patches::{Channel, search};
use reasons::Reasons;
use seen::Seen;
use stages::{Stage, stages};

/// What a trained network has learned: filters, what excites each channel, feature maps, and what a prediction hangs on.
#[derive(Args, Debug)]
pub(crate) struct Features {
    /// Run folder of `lenslet train`, or an ONNX file
    #[arg(value_name = "RUN")]
    run: PathBuf,
    /// Pictures to read; without any, a test image of the data
    #[arg(value_name = "IMAGE")]
    images: Vec<PathBuf>,
    /// Number of the test image, from 0
    #[arg(long, value_name = "N", default_value_t = 0, conflicts_with = "images")]
    test: usize,
    /// Images to search for what excites a channel, as for train: digits or a folder [default: the run's]
    #[arg(long, value_name = "DATA")]
    data: Option<String>,
    /// Only these layers
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    layer: Vec<String>,
    /// Channels shown of each layer
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=256))]
    channels: u32,
    /// Training images searched
    #[arg(long, value_name = "N", default_value_t = 4000, value_parser = clap::value_parser!(u32).range(1..))]
    search: u32,
    /// Steps of gradient ascent
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..))]
    updates: u32,
    /// ONNX: mean of each channel, of pixels between 0 and 1 [default: 0]
    #[arg(long, value_name = "M,…", value_delimiter = ',', allow_hyphen_values = true)]
    mean: Vec<f32>,
    /// ONNX: standard deviation of each channel, of pixels between 0 and 1 [default: 1]
    #[arg(long, value_name = "S,…", value_delimiter = ',')]
    std: Vec<f32>,
    /// Draws the images that ascent begins with
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    desk: Desk,
}

/// An image to be read, with its name and, where it is known, its class.
struct Shown {
    name: String,
    truth: Option<usize>,
    pixels: Vec<u8>,
}

impl Features {
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        let seen = Seen::open(&self.run, &self.mean, &self.std)?;
        if !matches!(seen.shape[0], 1 | 3) {
            return Err(usage(format!("the network takes images of {} channels; 1 or 3 can be shown", seen.shape[0])));
        }
        let asked = seen.ask(1)?;
        let all = stages(&asked.graph, asked.x, asked.scores);
        let chosen = self.chosen(&all)?;
        let given = self.images.iter().map(|path| seen.picture(path)).collect::<anyhow::Result<Vec<_>>>()?;
        let (searched, tested) = self.data(&seen)?;
        let shown = self.shown(given, tested.as_ref())?;

        let desk = Desk { adapter: self.desk.adapter.clone().or(seen.adapter.clone()), ..self.desk.clone() };
        let engine = desk.engine()?;
        tell(&seen, &all, &chosen);
        let learning: Vec<usize> = chosen.iter().copied().filter(|&at| all[at].learns()).collect();
        let mut pictures = Vec::new();
        let named = |name: &str, pictures: &mut Vec<PathBuf>| {
            pictures.push(desk.path(name));
            desk.path(name)
        };
        if let Some(weight) = all[learning[0]].weight.and_then(|weight| seen.weight(&asked.graph, weight)) {
            sheets::filters(&all[learning[0]], &weight, &named("features-filters.png", &mut pictures))?;
        }

        let most = self.channels as usize;
        let found = match &searched {
            Some(images) => {
                let found = search(&seen, &engine, images, &learning, images.len().min(self.search as usize))?;
                let of: Vec<_> = learning.iter().map(|&at| &all[at]).zip(&found).collect();
                sheets::patches(images, &of, most, &named("features-patches.png", &mut pictures))?;
                found
            }
            None => Vec::new(),
        };

        let wanted = self.wanted(&seen, &engine, &all, &learning)?;
        let of: Vec<_> = learning.iter().map(|&at| &all[at]).zip(&wanted).collect();
        sheets::wanted(&of, &seen.classes, &wanted[learning.len()], &named("features-ascent.png", &mut pictures))?;

        let last = all.iter().rposition(Stage::learns).unwrap_or_default();
        let mut reasons = Reasons::new(&seen, &engine, last)?;
        let mut readings = Vec::new();
        for image in &shown {
            let reading = reasons.read(&image.pixels)?;
            let verdict = verdict(&seen, image, &reading);
            say!("{verdict}");
            let maps: Vec<_> = chosen.iter().map(|&at| (&all[at], &reading.maps[at][..])).collect();
            let path = named(&format!("features-maps-{}.png", image.name), &mut pictures);
            sheets::maps(&verdict, seen.shape, &image.pixels, &maps, most, &path)?;
            let path = named(&format!("features-why-{}.png", image.name), &mut pictures);
            sheets::reasons(&verdict, seen.shape, &image.pixels, &reading, &all[last], &path)?;
            readings.push(json!({
                "image": image.name, "truth": image.truth.map(|class| &seen.classes[class]),
                "class": seen.classes[reading.class], "probabilities": reading.shares,
            }));
        }
        let layers: Vec<Json> = chosen
            .iter()
            .map(|&at| {
                let place = learning.iter().position(|&of| of == at);
                told(&all[at], place.and_then(|i| found.get(i)), place.map(|i| &wanted[i]))
            })
            .collect();
        desk.close(json!({ "lesson": "features", "images": readings, "layers": layers }), &pictures);
        Ok(())
    }

    /// Positions of the layers to look at; one convolution at least.
    fn chosen(&self, all: &[Stage]) -> anyhow::Result<Vec<usize>> {
        let names = |keep: fn(&Stage) -> bool| {
            all.iter().filter(|stage| keep(stage)).map(|stage| stage.name.as_str()).collect::<Vec<_>>().join(", ")
        };
        if !all.iter().any(Stage::learns) {
            return Err(usage("the network has no convolution: there are no filters and no maps to look at"));
        }
        if let Some(unknown) = self.layer.iter().find(|name| all.iter().all(|stage| stage.name != **name)) {
            return Err(usage(format!("--layer {unknown}: there is none; there are {}", names(|_| true))));
        }
        let wanted = |stage: &Stage| self.layer.is_empty() || self.layer.contains(&stage.name);
        let chosen: Vec<usize> = (0..all.len()).filter(|&at| wanted(&all[at])).collect();
        if !chosen.iter().any(|&at| all[at].learns()) {
            return Err(usage(format!("--layer names no convolution; there are {}", names(Stage::learns))));
        }
        Ok(chosen)
    }

    /// Images to search, and images to test on, where there are any.
    fn data(&self, seen: &Seen) -> anyhow::Result<(Option<Images>, Option<Images>)> {
        let (name, seed) = match (&self.data, &seen.data) {
            (Some(name), known) => match data::source(Some(name))? {
                Source::Images(name) => (name, known.as_ref().map_or(1, |known| known.1)),
                Source::Table(name) => return Err(usage(format!("{name} is a table, but the network is for images"))),
            },
            (None, Some(known)) => known.clone(),
            (None, None) if seen.shape == [1, 28, 28] => (DIGITS.into(), 1),
            (None, None) if self.images.is_empty() => {
                return Err(usage("an ONNX file does not say what it learned from: give IMAGEs, or --data"));
            }
            (None, None) => {
                say!("No data is known (--data): no search for what excites each channel.\n");
                return Ok((None, None));
            }
        };
        let (train, test) = data::load(&name, seed, Read::As(seen.shape))?;
        if train.shape() != seen.shape {
            let (got, takes) = (train.shape(), seen.shape);
            return Err(usage(format!("the network takes images of {takes:?}, those of {name} are {got:?}")));
        }
        anyhow::ensure!(!train.is_empty(), "{name} holds no images");
        Ok((Some(train), Some(test)))
    }

    fn shown(&self, given: Vec<Vec<u8>>, tested: Option<&Images>) -> anyhow::Result<Vec<Shown>> {
        let stem = |path: &PathBuf| path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let mut shown: Vec<Shown> = Vec::new();
        for (path, pixels) in self.images.iter().zip(given) {
            // Pictures of one name from several folders must not overwrite each other's sheets.
            let taken = shown.iter().filter(|other| other.name == stem(path)).count();
            let name = if taken == 0 { stem(path) } else { format!("{}-{}", stem(path), shown.len() + 1) };
            shown.push(Shown { name, truth: None, pixels });
        }
        if let (true, Some(test)) = (shown.is_empty(), tested) {
            let Some(&label) = test.labels.get(self.test) else {
                return Err(usage(format!("--test {}: there are test images 0 to {}", self.test, test.len() - 1)));
            };
            let (name, pixels) = (format!("test{}", self.test), test.image(self.test).to_vec());
            shown.push(Shown { name, truth: Some(label as usize), pixels });
        }
        Ok(shown)
    }

    /// For each learning stage, and last for the classes, the images that its channels want.
    fn wanted(
        &self,
        seen: &Seen,
        engine: &Engine,
        all: &[Stage],
        learning: &[usize],
    ) -> anyhow::Result<Vec<Vec<Wanted>>> {
        let most = self.channels as usize;
        let goals = learning.iter().map(|&at| (Goal::Stage(at), all[at].shape[0]));
        let goals = goals.chain([(Goal::Classes, seen.classes.len())]);
        goals.map(|(goal, count)| ascend(seen, engine, goal, count.min(most), self.updates, self.seed)).collect()
    }
}

/// The layers and how much of the image they see.
fn tell(seen: &Seen, all: &[Stage], chosen: &[usize]) {
    let [c, h, w] = seen.shape;
    say!("The network takes images of {c}×{h}×{w} and tells {} classes apart.\n", seen.classes.len());
    let wide = chosen.iter().map(|&at| all[at].name.chars().count()).max().unwrap_or(0);
    for &at in chosen {
        let Stage { name, shape: [k, p, q], field, .. } = &all[at];
        let [rows, columns] = [field.side[0].min(h), field.side[1].min(w)];
        say!("  {name:wide$}  {k} maps of {p}×{q}, each number sees {rows}×{columns} pixels");
    }
    say!();
}

/// `test0, which is 7, is read as 7, 99.9 % sure`.
fn verdict(seen: &Seen, image: &Shown, reading: &reasons::Reading) -> String {
    let (class, sure) = (&seen.classes[reading.class], 100.0 * reading.shares[reading.class]);
    let truth = image.truth.map_or_else(String::new, |truth| format!(", which is {},", seen.classes[truth]));
    format!("{}{truth} is read as {class}, {sure:.1} % sure", image.name)
}

fn told(stage: &Stage, found: Option<&Vec<Channel>>, wanted: Option<&Vec<Wanted>>) -> Json {
    let channels = |found: &Vec<Channel>| -> Vec<Json> {
        let places = |channel: &Channel| -> Vec<Json> {
            let place = |best: &patches::Place| json!({ "image": best.image, "at": best.at, "answer": best.answer });
            channel.best.iter().map(place).collect()
        };
        found.iter().map(|channel| json!({ "mean": channel.mean, "best": places(channel) })).collect()
    };
    json!({
        "name": stage.name, "shape": stage.shape, "sees": stage.field.side, "step": stage.field.step,
        "channels": found.map(channels),
        "ascent": wanted.map(|made| made.iter().map(|one| one.answer).collect::<Vec<_>>()),
    })
}
