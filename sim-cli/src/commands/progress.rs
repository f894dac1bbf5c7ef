//! The progress bar, and Ctrl-C.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use floodnet_core::time::Time;
use floodnet_sim::Progress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::console::Console;
use crate::measure::seconds;

/// Shows how far a run is, on standard error if that is a terminal, and stops it on Ctrl-C.
pub(super) struct Watcher {
    bar: ProgressBar,
    began: Instant,
    shown: Option<Instant>,
    interrupted: Arc<AtomicBool>,
}

impl Watcher {
    /// For a run until `end`.
    pub(super) fn new(end: Time, console: &Console) -> Self {
        let target =
            if console.is_quiet() { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(Some(end.as_nanos() / 1_000_000), target);
        let style = ProgressStyle::with_template("  {bar:32.cyan/dim} {percent:>3} %  {msg}  eta {eta}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        let interrupted = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&interrupted);
        // The second Ctrl-C ends the process at once. Without a handler Ctrl-C does so right away.
        let _ = ctrlc::set_handler(move || {
            if flag.swap(true, Ordering::SeqCst) {
                std::process::exit(130);
            }
        });
        Self { bar, began: Instant::now(), shown: None, interrupted }
    }

    /// Whether the run goes on.
    pub(super) fn watch(&mut self, progress: Progress) -> bool {
        if self.shown.is_none_or(|shown| shown.elapsed() >= Duration::from_millis(100)) {
            self.shown = Some(Instant::now());
            let rate = progress.inputs as f64 / self.began.elapsed().as_secs_f64().max(1e-9);
            self.bar.set_position(progress.now.as_nanos() / 1_000_000);
            let now = seconds(progress.now);
            self.bar.set_message(format!("{now:.1} s simulated  {:.2} M events/s", rate / 1e6));
        }
        !self.interrupted.load(Ordering::SeqCst)
    }

    /// Takes the bar away.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
