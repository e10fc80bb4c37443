//! A run on the screen: a progress bar on a terminal, else a line an epoch. All on stderr.

use super::report::thousands;
use crate::exit::{INTERRUPTED, note};
use anyhow::Context;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use lenslet::{EpochResult, Progress, Watch};
use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Instant;

/// Shows progress, and passes on the wish to stop.
pub(crate) struct Screen {
    bar: Option<ProgressBar>,
    interrupts: Arc<AtomicU32>,
    batch: u64,
    began: Instant,
    steps: u64,
    epochs: u64,
}

/// Counts the times that Ctrl-C was pressed from here on; the second ends at once.
pub(super) fn interrupts() -> anyhow::Result<Arc<AtomicU32>> {
    let interrupts = Arc::new(AtomicU32::new(0));
    let seen = interrupts.clone();
    ctrlc::set_handler(move || {
        if seen.fetch_add(1, Relaxed) > 0 {
            std::process::exit(INTERRUPTED.into());
        }
    })
    .context("cannot listen for Ctrl-C")?;
    Ok(interrupts)
}

/// A progress bar for a run that goes on from step `done` of `steps`, where stderr is a terminal.
pub(super) fn bar(done: u64, steps: u64) -> Option<ProgressBar> {
    std::io::stderr().is_terminal().then(|| {
        let style = ProgressStyle::with_template("{msg} [{bar:24}] {pos}/{len} {eta} left");
        let bar = ProgressBar::with_draw_target(Some(steps), ProgressDrawTarget::stderr_with_hz(10));
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> "));
        bar.set_position(done);
        bar.reset_eta();
        bar
    })
}

impl Screen {
    /// For a run that goes on from step `done` of `steps`. Ctrl-C asks to stop from here on; a second one ends at once.
    pub(crate) fn new(done: u64, steps: u64, epochs: u32, batch: usize) -> anyhow::Result<Self> {
        let interrupts = interrupts()?;
        let (bar, began) = (bar(done, steps), Instant::now());
        Ok(Screen { bar, interrupts, batch: batch as u64, began, steps: 0, epochs: u64::from(epochs) })
    }

    fn images_per_second(&self) -> String {
        thousands(((self.steps * self.batch) as f64 / self.began.elapsed().as_secs_f64().max(1e-9)) as u64)
    }

    fn line(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| note(text)),
            None => note(text),
        }
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

impl Watch for Screen {
    fn step(&mut self, progress: &Progress) {
        self.steps += 1;
        if let Some(bar) = &self.bar {
            let Progress { epoch, epochs, loss, accuracy, .. } = progress;
            let (percent, pace) = (100.0 * accuracy, self.images_per_second());
            bar.set_message(format!("epoch {epoch}/{epochs}  loss {loss:.4}  {percent:.2} %  {pace} images/s"));
            bar.set_position(progress.step);
        }
    }

    fn epoch(&mut self, result: &EpochResult) {
        let EpochResult { epoch, train_loss, train_accuracy, test_loss, test_accuracy, .. } = result;
        let (train, test) = (100.0 * train_accuracy, 100.0 * test_accuracy);
        self.line(&format!(
            "epoch {epoch}/{}: training loss {train_loss:.4}, {train:.2} %; test loss {test_loss:.4}, {test:.2} %; {} images/s",
            self.epochs,
            self.images_per_second()
        ));
    }

    fn reduced(&mut self, factor: f64) {
        self.line(&format!("the test loss stays: learning rates are {factor:.3e} times the schedule's from here"));
    }

    fn stop(&mut self) -> bool {
        self.interrupts.load(Relaxed) > 0
    }
}
