//! `train` on images: data, model, device, run folder; then epochs; then a report and pictures.

use super::{CONFUSION, LEARNING_CURVE, Train, free_folder};
use crate::commands::data::{self, Read};
use crate::commands::screen::Screen;
use crate::commands::{models, report as texts, tune};
use crate::exit::{Interrupted, note, print, usage};
use crate::pictures;
use lenslet::{
    Ended, Engine, Evaluation, Images, Model, RunFolder, RunText, Session, Settings, Trainer, Work, engine, names,
};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What is to be done, where, with what.
struct Job {
    folder: PathBuf,
    text: RunText,
    train: Images,
    test: Images,
    new: bool,
}

/// A new run over the images of this name.
pub(super) fn begin(args: &Train, name: &str) -> anyhow::Result<()> {
    let asked = args.model.as_deref().unwrap_or("lenet");
    let own = if models::is_preset(asked) { None } else { Some(models::from_file(asked)?) };
    let read = match (&own, args.size) {
        (Some(model), None) => Read::by(model),
        (_, size) => Read::AsFound(size),
    };
    let (train, test) = data::load(name, args.seed.unwrap_or(0), read)?;
    let default = Settings::default();
    let settings = args.settings(Settings { batch: default.batch.min(train.len()), ..default });
    settings.check(train.len())?;
    let model = match own {
        Some(model) => model,
        None => models::preset(asked, train.shape(), train.classes.len())?,
    };
    let folder = match &args.out {
        Some(out) => out.clone(),
        None => free_folder()?,
    };
    let mut text = RunText::new(name, args.adapter.as_deref(), &model, &settings);
    text.tensorboard = args.tensorboard;
    run(args, Job { folder, text, train, test, new: true })
}

/// Goes on with a run.
pub(super) fn resume(args: &Train, folder: PathBuf, mut text: RunText) -> anyhow::Result<()> {
    if let Some(name) = args.data_name() {
        text.data = match data::source(Some(name))? {
            data::Source::Images(name) => name,
            data::Source::Table(name) => return Err(usage(format!("{name} is a table, but the run is of images"))),
        };
    }
    text.adapter = args.adapter.clone().or(text.adapter);
    let read = Read::by(&Model::from_text(&text.model)?);
    let (train, test) = data::load(&text.data, text.settings.seed, read)?;
    run(args, Job { folder, text, train, test, new: false })
}

fn run(args: &Train, job: Job) -> anyhow::Result<()> {
    let (engine, missing) = engine::open(job.text.adapter.as_deref())?;
    if let Some(why) = missing {
        note(format!("{why}; training on the CPU instead"));
    }
    let model = Model::from_text(&job.text.model)?;
    let (train, test) = (Arc::new(job.train), Arc::new(job.test));
    if args.tune {
        let tunings = tune::measured(&model, &engine, &job.text.settings, Work::Training)?;
        note(tune::told(&tunings));
    }
    let checkpoint = if job.new { None } else { RunFolder::checkpoint(&job.folder)? };
    if let Some(checkpoint) = &checkpoint {
        engine::go_on(&engine, &checkpoint.header);
    }
    let trainer = Trainer::new(&engine, model, job.text.settings.clone(), train.clone())?;
    let mut session = Session::new(trainer, test.clone());
    let mut done = 0;
    let mut folder = if job.new {
        RunFolder::create(&job.folder, &job.text)?
    } else {
        if let Some(checkpoint) = checkpoint {
            done = checkpoint.header.step;
            session.resume(checkpoint)?.iter().for_each(|why| note(format!("note: {why}")));
        }
        RunFolder::resume(&job.folder, done)?
    };
    if job.text.tensorboard {
        folder = folder.with_tensorboard()?;
    }
    let settings = &job.text.settings;
    let steps = settings.steps(train.len());
    let parameters = session.trainer().parameters();
    note(format!(
        "{} images, {} parameters, on {}; run folder {}{}",
        texts::thousands(train.len() as u64),
        texts::thousands(parameters as u64),
        engine::adapter(&engine),
        job.folder.display(),
        if done > 0 { format!(", going on behind step {done} of {steps}") } else { String::new() },
    ));
    session = session.keep_in(folder);
    let mut screen = Screen::new(done, steps, settings.epochs, settings.batch)?;
    let ended = session.run(&mut screen);
    screen.finish();
    if ended? == Ended::Stopped {
        let folder = job.folder.display();
        note(format!(
            "stopped behind step {} of {steps}, saved; go on with: lenslet train --resume {folder}",
            session.done()
        ));
        return Err(Interrupted.into());
    }
    report(args, &mut session, &engine, &job.folder, &test)
}

fn report(args: &Train, session: &mut Session, engine: &Engine, folder: &Path, test: &Images) -> anyhow::Result<()> {
    let digest = session.digest()?;
    let (seconds, pace, step) = (session.seconds(), session.images_per_second(), session.done());
    let smoothed = session.trainer().settings().label_smoothing > 0.0;
    let evaluation = session.evaluation()?;
    draw(folder, test, evaluation, smoothed)?;
    let (accuracy, correct, confusion) = (evaluation.accuracy(), evaluation.correct(), &evaluation.confusion);
    let summary = format!(
        "test accuracy {:.2} % ({correct} of {} right), {seconds:.1} s of training, {} images/s\n\n{}\n\n\
         {}, {LEARNING_CURVE}, {CONFUSION} and {MISREAD} are in {}",
        100.0 * accuracy,
        test.len(),
        texts::thousands(pace as u64),
        texts::confusion(confusion, &test.classes),
        names::CHECKPOINT,
        folder.display(),
    );
    if !args.json {
        return print(summary);
    }
    note(summary);
    print(serde_json::json!({
        "test_accuracy": accuracy,
        "test_loss": evaluation.loss,
        "train_seconds": seconds,
        "images_per_second": pace,
        "adapter": engine::adapter(engine),
        "executor": if matches!(engine, Engine::Cpu) { "cpu" } else { "gpu" },
        "run": folder.display().to_string(),
        "digest": digest,
        "steps": step,
        "test_images": test.len(),
        "confusion": confusion,
    }))
}

const MISREAD: &str = "misread.png";

/// The pictures of a finished run.
fn draw(folder: &Path, test: &Images, evaluation: &Evaluation, smoothed: bool) -> anyhow::Result<()> {
    use pictures::{confusion, learning_curve, misread, sheet::Image};
    let (epochs, steps) = RunFolder::measured(folder)?;
    let points: Vec<_> = epochs
        .iter()
        .map(|e| learning_curve::EpochPoint {
            epoch: e.epoch as usize,
            train_loss: e.train_loss,
            train_accuracy: e.train_accuracy,
            test_loss: e.test_loss,
            test_accuracy: e.test_accuracy,
        })
        .collect();
    if let Some(first) = epochs.first() {
        let per_epoch = first.step as f64 / first.epoch as f64;
        let steps: Vec<(f64, f64)> = steps.iter().map(|s| (s.step as f64 / per_epoch, s.loss)).collect();
        learning_curve::learning_curve(&points, &steps, smoothed, &folder.join(LEARNING_CURVE))?;
    }
    confusion::confusion(&evaluation.confusion, &test.classes, &folder.join(CONFUSION))?;
    let wrong = evaluation.predictions.iter().enumerate().filter(|(at, p)| p.class != test.labels[*at] as usize);
    let mut wrong: Vec<usize> = wrong.map(|(at, _)| at).collect();
    let count = wrong.len();
    // The surest mistakes first: they say most about the network, or about the label.
    let sure = |at: &usize| evaluation.predictions[*at].probability();
    wrong.sort_by(|a, b| sure(b).total_cmp(&sure(a)).then(a.cmp(b)));
    wrong.truncate(MOST_MISREAD);
    let [c, h, w] = test.shape();
    if !matches!(c, 1 | 3) {
        return Ok(());
    }
    let shown: Vec<misread::Misread<'_>> = wrong
        .iter()
        .map(|&at| misread::Misread {
            image: Image::Bytes { c, h, w, pixels: test.image(at) },
            truth: &test.classes[test.labels[at] as usize],
            predicted: &test.classes[evaluation.predictions[at].class],
            probability: evaluation.predictions[at].probability().into(),
        })
        .collect();
    misread::misread(&shown, count, test.len(), &folder.join(MISREAD))
}

/// Misread images in the picture.
const MOST_MISREAD: usize = 40;
