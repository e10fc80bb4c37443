//! `train` on a table: rows to a class or a number, by batches or one random row at a time.

use super::told::Told;
use super::{Train, free_folder};
use crate::commands::{data, models, report};
use crate::exit::{Interrupted, note, print, usage};
use crate::learn::activation::Activation;
use crate::pictures::table_curve::{StepPoint, table_curve};
use crate::pictures::{confusion::confusion, fit::fit};
use clap::Args;
use lenslet::datasets::table::{Kind, Prepared, Sheet, Task};
use lenslet::{
    Ended, Engine, Error, Layer, Measured, Model, Optimiser, RunFolder, RunText, Schedule, Settings, TableEvaluation,
    TableSession, TableSettings, TableTrainer, engine, names,
};
use std::path::{Path, PathBuf};

/// What only tables need to be told.
#[derive(Args)]
#[command(next_help_heading = "Tables")]
pub(crate) struct TableArgs {
    /// Column to predict [default: the last one]
    #[arg(long, value_name = "COLUMN", conflicts_with = "resume")]
    target: Option<String>,
    /// Predict a number, also where the target's few whole numbers look like classes
    #[arg(long, conflicts_with = "resume")]
    regression: bool,
    /// Columns of numbers that are names, such as postal codes: one input for each
    #[arg(long, value_name = "A,B", value_delimiter = ',', conflicts_with = "resume")]
    categorical: Vec<String>,
    /// Columns to leave out
    #[arg(long, value_name = "A,B", value_delimiter = ',', conflicts_with = "resume")]
    ignore: Vec<String>,
    /// Leave rows with missing cells out (otherwise they are an error)
    #[arg(long, conflicts_with = "resume")]
    drop_missing: bool,
    /// Share of the rows to test on [default: 0.2; nothing of fewer than 10 rows]
    #[arg(long, value_name = "SHARE", conflicts_with = "resume")]
    held_out: Option<f64>,
    /// Neurons of the hidden layers: `4`, `16-16`; `0` for none [default: 4]
    #[arg(long, value_name = "SIZES", conflicts_with_all = ["resume", "model"])]
    hidden: Option<String>,
    /// What hidden neurons make of their sums [default: sigmoid]
    #[arg(long, value_enum, conflicts_with_all = ["resume", "model"])]
    activation: Option<Activation>,
    /// Updates [default: 100000 with --per-instance, else 2000 or ten times through the table]
    #[arg(long, value_name = "N", conflicts_with = "resume")]
    steps: Option<u64>,
    /// Each update from one row, drawn at random, instead of a batch
    #[arg(long, conflicts_with_all = ["resume", "batch"])]
    per_instance: bool,
    /// Tell the first N rounds in words and numbers
    #[arg(long, value_name = "N", conflicts_with = "resume")]
    trace: Option<u64>,
}

impl TableArgs {
    /// Refuses these flags for images, which would not heed them.
    pub(super) fn none(&self) -> anyhow::Result<()> {
        let given = [
            (self.target.is_some(), "--target"),
            (self.regression, "--regression"),
            (!self.categorical.is_empty(), "--categorical"),
            (!self.ignore.is_empty(), "--ignore"),
            (self.drop_missing, "--drop-missing"),
            (self.held_out.is_some(), "--held-out"),
            (self.hidden.is_some(), "--hidden"),
            (self.activation.is_some(), "--activation"),
            (self.steps.is_some(), "--steps"),
            (self.per_instance, "--per-instance"),
            (self.trace.is_some(), "--trace"),
        ];
        match given.iter().find(|(given, _)| *given) {
            Some((_, flag)) => Err(usage(format!("{flag} is for tables: lenslet train FILE.csv {flag} …"))),
            None => Ok(()),
        }
    }
}

/// Rows of a batch where nothing else is said.
const BATCH: usize = 32;

/// A run to be done: where, on what.
struct Job {
    folder: PathBuf,
    text: RunText,
    table: TableSettings,
    sheet: Sheet,
    prepared: Prepared,
    new: bool,
}

/// A new run over the table of this name.
pub(super) fn begin(args: &Train, name: &str) -> anyhow::Result<()> {
    let of = &args.table;
    if args.epochs.is_some() {
        return Err(usage("--epochs is for images; a table is trained on for so many --steps"));
    }
    if args.augment.is_some() || args.size.is_some() || args.tune {
        return Err(usage("--augment, --size and --tune are for images"));
    }
    let mut table = TableSettings {
        target: of.target.clone(),
        task: if of.regression { Task::Regression } else { Task::Auto },
        categorical: of.categorical.clone(),
        ignore: of.ignore.clone(),
        drop_missing: of.drop_missing,
        per_instance: of.per_instance,
        ..TableSettings::default()
    };
    if let Some(share) = of.held_out {
        if !(0.0..1.0).contains(&share) {
            return Err(usage(format!("--held-out is a share from 0 to below 1; got {share}")));
        }
        table.held_out = share;
    }
    let sheet = data::sheet(name, table.drop_missing)?;
    let seed = args.seed.unwrap_or(0);
    let prepared = table.prepare(&sheet, seed)?;
    let rows = prepared.train.len();
    let settings = settings(args, &prepared, rows);
    table.steps = of.steps.unwrap_or_else(|| match table.per_instance {
        true => 100_000,
        false => 2000.max(10 * (rows / settings.batch) as u64),
    });
    let model = model(args, &prepared)?;
    let folder = match &args.out {
        Some(out) => out.clone(),
        None => free_folder()?,
    };
    let mut text = RunText::new(name, args.adapter.as_deref(), &model, &settings);
    text.table = Some(table.clone());
    text.tensorboard = args.tensorboard;
    run(args, Job { folder, text, table, sheet, prepared, new: true })
}

/// Goes on with a run.
pub(super) fn resume(args: &Train, folder: PathBuf, mut text: RunText, table: TableSettings) -> anyhow::Result<()> {
    if let Some(name) = args.data_name() {
        text.data = match data::source(Some(name))? {
            data::Source::Table(name) => name,
            data::Source::Images(name) => return Err(usage(format!("{name} is no table, as the run needs"))),
        };
    }
    text.adapter = args.adapter.clone().or(text.adapter);
    let sheet = data::sheet(&text.data, table.drop_missing)?;
    let prepared = table.prepare(&sheet, text.settings.seed)?;
    run(args, Job { folder, text, table, sheet, prepared, new: false })
}

/// Adam for batches; for single rows the lecture's rule, a small step down the gradient.
fn settings(args: &Train, prepared: &Prepared, rows: usize) -> Settings {
    let single = args.table.per_instance;
    let lr = match (single, prepared.scheme.classes()) {
        (true, Some(_)) => 0.1,
        (true, None) => 0.02,
        (false, _) => 0.01,
    };
    let plain = Settings {
        epochs: 1,
        batch: if single { 1 } else { BATCH.min(rows) },
        lr,
        schedule: Schedule::CONSTANT,
        optimiser: if single { Optimiser::Sgd } else { Optimiser::Adam },
        momentum: 0.0,
        weight_decay: 0.0,
        label_smoothing: 0.0,
        ..Settings::default()
    };
    args.settings(plain)
}

fn model(args: &Train, prepared: &Prepared) -> anyhow::Result<Model> {
    if let Some(name) = &args.model {
        if models::is_preset(name) {
            return Err(usage(format!(
                "the preset {name} is for images; for a table give --hidden, or a file of a model"
            )));
        }
        return models::from_file(name);
    }
    let hidden = args.table.hidden.as_deref().unwrap_or("4");
    let sizes: Result<Vec<usize>, _> = hidden.split('-').map(|word| word.trim().parse()).collect();
    let sizes = match sizes.as_deref() {
        Ok([0]) => &[],
        Ok(sizes) if sizes.iter().all(|size| (1..=4096).contains(size)) => sizes,
        _ => return Err(usage(format!("--hidden is neurons of each hidden layer, such as 4 or 16-16; got {hidden}"))),
    };
    let activation = args.table.activation.unwrap_or(Activation::Sigmoid);
    let layer = match activation {
        Activation::Sigmoid => Some(Layer::Sigmoid {}),
        Activation::Tanh => Some(Layer::Tanh {}),
        Activation::Relu => Some(Layer::Relu {}),
        Activation::LeakyRelu => Some(Layer::LeakyRelu { negative_slope: 0.01 }),
        Activation::Identity => None,
    };
    let input = Model::new([prepared.train.features]);
    let model = sizes.iter().fold(input, |model, &size| match layer {
        Some(layer) => model.linear(size).push(layer),
        None => model.linear(size),
    });
    Ok(model.linear(prepared.scheme.classes().map_or(1, <[String]>::len)))
}

fn run(args: &Train, job: Job) -> anyhow::Result<()> {
    let Job { folder: path, text, table, sheet, prepared, new } = job;
    tell_table(&sheet, &prepared);
    let checkpoint = if new { None } else { RunFolder::checkpoint(&path)? };
    let learned = checkpoint.as_ref().and_then(|checkpoint| checkpoint.header.table.as_ref());
    if learned.is_some_and(|info| info.scheme != prepared.scheme) {
        let why = "the table is not what the run began with; give the same file with --data";
        return Err(Error::Mismatch(why.into()).into());
    }
    let (engine, missing) = engine::open(text.adapter.as_deref())?;
    if let Some(why) = missing {
        note(format!("{why}; training on the CPU instead"));
    }
    let model = Model::from_text(&text.model)?;
    let told = Told::new(&sheet, &prepared);
    if let Some(checkpoint) = &checkpoint {
        engine::go_on(&engine, &checkpoint.header);
    }
    let trainer = TableTrainer::new(&engine, model, text.settings.clone(), table.clone(), prepared)?;
    let mut session = TableSession::new(trainer);
    let mut done = 0;
    let mut folder = if new {
        RunFolder::create(&path, &text)?
    } else {
        if let Some(checkpoint) = checkpoint {
            done = checkpoint.header.step;
            session.resume(&checkpoint)?.iter().for_each(|why| note(format!("note: {why}")));
        }
        RunFolder::resume(&path, done)?
    };
    if text.tensorboard {
        folder = folder.with_tensorboard()?;
    }
    let (steps, batch) = (table.steps, table.batch(&text.settings));
    note(format!(
        "{} parameters, {} updates {} on {}; run folder {}{}",
        report::thousands(session.trainer().parameters() as u64),
        report::thousands(steps),
        if table.per_instance { "from one random row each".into() } else { format!("from {batch} rows each") },
        engine::adapter(&engine),
        path.display(),
        if done > 0 { format!(", going on behind step {done}") } else { String::new() },
    ));
    session = session.keep_in(folder);
    let mut screen = told.screen(done, steps)?;
    let ended = session.run(args.table.trace.unwrap_or(0), &mut screen);
    screen.finish();
    if ended? == Ended::Stopped {
        note(format!(
            "stopped behind step {} of {steps}, saved; go on with: lenslet train --resume {}",
            session.trainer().done(),
            path.display()
        ));
        return Err(Interrupted.into());
    }
    finish(args, &mut session, &engine, &path)
}

/// What the table holds, and what of it teaches nothing.
fn tell_table(sheet: &Sheet, prepared: &Prepared) {
    let (scheme, rows) = (&prepared.scheme, sheet.len());
    let dropped = match sheet.dropped().len() {
        0 => String::new(),
        dropped => format!(" ({dropped} with missing cells left out)"),
    };
    let held_out = match prepared.held_out.len() {
        0 => "none held out to test on".into(),
        n => format!("{n} held out to test on"),
    };
    let target = match scheme.classes() {
        Some(classes) => format!("one of {} classes ({})", classes.len(), shortened(classes)),
        None => "a number".into(),
    };
    note(format!(
        "{}: {rows} rows{dropped}, {held_out}; predicting \"{}\", {target}, from {} inputs: {}",
        sheet.file(),
        scheme.target.name,
        prepared.train.features,
        shortened(&scheme.feature_names())
    ));
    let inputs: Vec<&str> = scheme.inputs.iter().map(|column| column.name.as_str()).collect();
    for name in sheet.constant_columns().iter().filter(|name| inputs.contains(name)) {
        note(format!(
            "note: column \"{name}\" is the same in every row and teaches nothing; --ignore {name} leaves it out"
        ));
    }
    for column in &scheme.inputs {
        if let Kind::Category { names } = &column.kind
            && names.len() > 20.max(rows / 2)
        {
            let (name, words) = (&column.name, names.len());
            note(format!(
                "note: column \"{name}\" has {words} different words in {rows} rows, each an input of its own; \
                 --ignore {name} leaves it out"
            ));
        }
    }
    let single = if prepared.held_out.is_empty() { Vec::new() } else { prepared.single_classes() };
    for class in single.iter().take(10) {
        note(format!("note: class \"{class}\" has a single row, which is trained on: nothing tests it"));
    }
}

/// The first few, and how many more.
fn shortened(names: &[String]) -> String {
    let shown = names.iter().take(6).cloned().collect::<Vec<_>>().join(", ");
    if names.len() > 6 { format!("{shown} and {} more", names.len() - 6) } else { shown }
}

fn finish(args: &Train, session: &mut TableSession, engine: &Engine, folder: &Path) -> anyhow::Result<()> {
    let digest = session.digest()?;
    let evaluation = session.evaluation()?;
    let (seconds, pace, step) = (session.seconds(), session.steps_per_second(), session.trainer().done());
    let held_out = session.trainer().held_out().len();
    let classes = session.trainer().info().scheme.classes().unwrap_or_default().to_vec();
    let target = session.trainer().info().scheme.target.name.clone();
    let points: Vec<StepPoint> = RunFolder::measured_of_table(folder)?.iter().map(point).collect();
    table_curve(&points, !classes.is_empty(), &folder.join(super::LEARNING_CURVE))?;
    let second = match &evaluation {
        TableEvaluation::Classes(found) => {
            confusion(&found.confusion, &classes, &folder.join(super::CONFUSION))?;
            super::CONFUSION
        }
        TableEvaluation::Numbers(found) => {
            fit(&target, &found.pairs, &folder.join(FIT))?;
            FIT
        }
    };
    let of = if held_out > 0 { "held-out" } else { "training" };
    let summary = format!(
        "{}\n{} updates in {seconds:.1} s, {} a second; {}, {} and {second} are in {}",
        report::table_evaluation(&evaluation, &classes, of),
        report::thousands(step),
        report::thousands(pace as u64),
        names::CHECKPOINT,
        super::LEARNING_CURVE,
        folder.display(),
    );
    if !args.json {
        return print(summary);
    }
    note(summary);
    let mut told = report::table_evaluation_json(&evaluation, &classes, held_out == 0);
    let more = serde_json::json!({
        "train_seconds": seconds,
        "updates_per_second": pace,
        "adapter": engine::adapter(engine),
        "executor": if matches!(engine, Engine::Cpu) { "cpu" } else { "gpu" },
        "run": folder.display().to_string(),
        "digest": digest,
        "steps": step,
        "test_rows": held_out,
    });
    if let (Some(told), serde_json::Value::Object(more)) = (told.as_object_mut(), more) {
        told.extend(more);
    }
    print(told)
}

fn point(m: &Measured) -> StepPoint {
    StepPoint {
        step: m.step,
        train_loss: m.train_loss,
        train_score: m.train_accuracy.or(m.train_r2),
        test_loss: m.test_loss,
        test_score: m.test_accuracy.or(m.test_r2),
    }
}

const FIT: &str = "fit.png";
