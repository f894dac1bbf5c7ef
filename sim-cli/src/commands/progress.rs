//! The progress bar, and Ctrl-C.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use floodnet_core::time::Time;
use floodnet_sim::Progress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::console::Console;
use floodnet_lab::ensemble::Control;
use floodnet_measure::seconds;

/// A flag that Ctrl-C sets, the same for all of the process. The second Ctrl-C ends the process at once; without
/// a handler the first does.
pub(super) fn on_interrupt() -> Arc<AtomicBool> {
    static INTERRUPTED: OnceLock<Arc<AtomicBool>> = OnceLock::new();
    let install = || {
        let interrupted = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&interrupted);
        let _ = ctrlc::set_handler(move || {
            if flag.swap(true, Ordering::SeqCst) {
                std::process::exit(130);
            }
        });
        interrupted
    };
    Arc::clone(INTERRUPTED.get_or_init(install))
}

/// The template of a bar over simulated time, for [`bar`].
const OF_TIME: &str = "  {bar:32.cyan/dim} {percent:>3} %  {msg}  eta {eta}";

/// A bar of this length, or a spinner without one, in the words of `template`; on standard error, and hidden when
/// the user wants quiet.
pub(super) fn bar(length: Option<u64>, template: &str, console: &Console) -> ProgressBar {
    let target = if console.is_quiet() { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
    let bar = ProgressBar::with_draw_target(length, target);
    let style = ProgressStyle::with_template(template);
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}

/// Shows how far many runs are, as [`Watcher`] does for one.
pub(super) struct Crowd {
    bar: ProgressBar,
    /// Milliseconds of simulated time, by run.
    positions: Vec<AtomicU64>,
    interrupted: Arc<AtomicBool>,
}

impl Crowd {
    /// A display for `runs` runs until `end`.
    pub(super) fn new(runs: usize, end: Time, console: &Console) -> Self {
        let whole = end.as_nanos() / 1_000_000;
        let bar = bar(Some(whole * runs as u64), OF_TIME, console);
        let positions = (0..runs).map(|_| AtomicU64::new(0)).collect();
        Self { bar, positions, interrupted: on_interrupt() }
    }

    /// Shows how many runs are done.
    pub(super) fn finished(&self, done: usize) {
        self.bar.set_message(format!("{done} of {} runs", self.positions.len()));
    }

    /// Whether the user has pressed Ctrl-C.
    pub(super) fn is_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::SeqCst)
    }

    /// Removes the bar from the screen.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Control for Crowd {
    fn goes_on(&self, index: usize, progress: Progress) -> bool {
        if let Some(position) = self.positions.get(index) {
            let now = progress.now.as_nanos() / 1_000_000;
            self.bar.inc(now.saturating_sub(position.swap(now, Ordering::Relaxed)));
        }
        !self.is_interrupted()
    }
}

/// Shows how far a run is, on standard error if that is a terminal, and stops it on Ctrl-C.
pub(super) struct Watcher {
    bar: ProgressBar,
    began: Instant,
    shown: Option<Instant>,
    interrupted: Arc<AtomicBool>,
}

impl Watcher {
    /// A display for one run until `end`.
    pub(super) fn new(end: Time, console: &Console) -> Self {
        let bar = bar(Some(end.as_nanos() / 1_000_000), OF_TIME, console);
        Self { bar, began: Instant::now(), shown: None, interrupted: on_interrupt() }
    }

    /// Shows the progress; false once the user has interrupted the run.
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

    /// Removes the bar from the screen.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
