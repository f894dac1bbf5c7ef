//! The progress bar, or lines in its place where no terminal is; and Ctrl-C.

use std::io::IsTerminal as _;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use floodnet_core::time::Time;
use floodnet_sim::Progress;
use indicatif::{ProgressBar, ProgressDrawTarget};

use super::console::{Console, ProgressStyle};
use floodnet_lab::ensemble::Control;
use floodnet_measure::seconds;

/// A flag that Ctrl-C sets, the same for all of the process. The second Ctrl-C ends the process at once; without
/// a handler the first does. SIGTERM and SIGHUP count as Ctrl-C.
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
/// the user wants quiet or lines.
pub(super) fn bar(length: Option<u64>, template: &str, console: &Console) -> ProgressBar {
    let target = match console.progress() {
        ProgressStyle::Auto => ProgressDrawTarget::stderr(),
        ProgressStyle::Plain | ProgressStyle::None => ProgressDrawTarget::hidden(),
    };
    let bar = ProgressBar::with_draw_target(length, target);
    let style = indicatif::ProgressStyle::with_template(template);
    bar.set_style(style.unwrap_or_else(|_| indicatif::ProgressStyle::default_bar()));
    bar
}

/// Time between two lines.
const EVERY: Duration = Duration::from_secs(10);

/// How far something is, as a line says it.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Mark {
    /// Real time since it began.
    spent: Duration,
    /// Share that is done.
    share: f64,
    /// Simulated time, in seconds.
    simulated: f64,
    /// Inputs handled.
    inputs: u64,
}

/// Lines about progress, one every [`EVERY`]: a log shows that a long run goes on, and a short one says nothing.
struct Lines {
    /// None where a bar is shown, or nothing.
    next: Option<Duration>,
}

impl Lines {
    fn new(console: &Console) -> Self {
        let is_wanted = match console.progress() {
            ProgressStyle::Auto => !std::io::stderr().is_terminal(),
            ProgressStyle::Plain => true,
            ProgressStyle::None => false,
        };
        Self { next: is_wanted.then_some(EVERY) }
    }

    /// Whether a line is due after `spent`; the next one is due later.
    fn is_due(&mut self, spent: Duration) -> bool {
        let is_due = self.next.is_some_and(|next| spent >= next);
        if is_due {
            self.next = Some(spent + EVERY);
        }
        is_due
    }
}

impl Mark {
    /// The line: share, simulated time, events per second, time left. `what` says more, such as how many runs are
    /// done.
    fn line(&self, what: &str) -> String {
        let spent = self.spent.as_secs_f64().max(1e-9);
        let rate = self.inputs as f64 / spent / 1e6;
        let left = match self.share {
            share if share > 0.0 => floodnet_text::format::clock((spent / share - spent).round()),
            _ => "?".to_owned(),
        };
        let more = if what.is_empty() { String::new() } else { format!("  {what}") };
        let (percent, simulated) = (self.share * 100.0, self.simulated);
        format!("  {percent:3.0} %  {simulated:.1} s simulated  {rate:.2} M events/s  {left} left{more}")
    }
}

/// Shows how far many runs are, as [`Watcher`] does for one.
pub(super) struct Crowd<'a> {
    bar: ProgressBar,
    began: Instant,
    lines: Mutex<Lines>,
    console: &'a Console,
    /// Milliseconds of simulated time of all runs together.
    whole: u64,
    /// Milliseconds of simulated time and inputs handled, by run.
    positions: Vec<(AtomicU64, AtomicU64)>,
    /// The same over all runs.
    sum: (AtomicU64, AtomicU64),
    done: AtomicU64,
    interrupted: Arc<AtomicBool>,
    /// Whether there is no use in going on.
    stopped: AtomicBool,
}

impl<'a> Crowd<'a> {
    /// A display for `runs` runs until `end`.
    pub(super) fn new(runs: usize, end: Time, console: &'a Console) -> Self {
        let whole = end.as_nanos() / 1_000_000 * runs as u64;
        Self {
            bar: bar(Some(whole), OF_TIME, console),
            began: Instant::now(),
            lines: Mutex::new(Lines::new(console)),
            console,
            whole,
            positions: (0..runs).map(|_| Default::default()).collect(),
            sum: Default::default(),
            done: AtomicU64::new(0),
            interrupted: on_interrupt(),
            stopped: AtomicBool::new(false),
        }
    }

    /// How many runs are done. Where more are made than were sure to be, nobody knows of how many.
    fn words(&self) -> String {
        match (self.done.load(Ordering::Relaxed), self.positions.len()) {
            (done, all) if done > all as u64 => format!("{done} runs"),
            (done, all) => format!("{done} of {all} runs"),
        }
    }

    /// Whether the user has pressed Ctrl-C.
    pub(super) fn is_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::SeqCst)
    }

    /// Ends all runs: there is no use in going on.
    pub(super) fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
    }

    /// Removes the bar from the screen.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Control for Crowd<'_> {
    fn goes_on(&self, index: usize, progress: Progress) -> bool {
        if let Some((position, inputs)) = self.positions.get(index) {
            let now = progress.now.as_nanos() / 1_000_000;
            let moved = now.saturating_sub(position.swap(now, Ordering::Relaxed));
            let handled = progress.inputs.saturating_sub(inputs.swap(progress.inputs, Ordering::Relaxed));
            self.bar.inc(moved);
            let simulated = self.sum.0.fetch_add(moved, Ordering::Relaxed) + moved;
            let inputs = self.sum.1.fetch_add(handled, Ordering::Relaxed) + handled;
            let spent = self.began.elapsed();
            if self.lines.lock().unwrap_or_else(PoisonError::into_inner).is_due(spent) {
                let share = (simulated as f64 / self.whole.max(1) as f64).min(1.0);
                let mark = Mark { spent, share, simulated: simulated as f64 / 1e3, inputs };
                self.console.note(&mark.line(&self.words()));
            }
        }
        !self.is_interrupted() && !self.stopped.load(Ordering::SeqCst)
    }

    fn finished(&self, _: usize) {
        self.done.fetch_add(1, Ordering::Relaxed);
        self.bar.set_message(self.words());
    }
}

/// Stops runs on Ctrl-C and shows nothing.
pub(super) struct UntilInterrupt(Arc<AtomicBool>);

impl UntilInterrupt {
    /// Waits for Ctrl-C from now on.
    pub(super) fn new() -> Self {
        Self(on_interrupt())
    }

    /// Whether the user has pressed Ctrl-C.
    pub(super) fn is_interrupted(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

impl Control for UntilInterrupt {
    fn goes_on(&self, _: usize, _: Progress) -> bool {
        !self.is_interrupted()
    }
}

/// Shows how far a run is, on standard error, and stops it on Ctrl-C.
pub(super) struct Watcher<'a> {
    bar: ProgressBar,
    lines: Lines,
    console: &'a Console,
    end: Time,
    began: Instant,
    shown: Option<Instant>,
    interrupted: Arc<AtomicBool>,
}

impl<'a> Watcher<'a> {
    /// A display for one run until `end`.
    pub(super) fn new(end: Time, console: &'a Console) -> Self {
        Self {
            bar: bar(Some(end.as_nanos() / 1_000_000), OF_TIME, console),
            lines: Lines::new(console),
            console,
            end,
            began: Instant::now(),
            shown: None,
            interrupted: on_interrupt(),
        }
    }

    /// Shows the progress; false once the user has interrupted the run.
    pub(super) fn watch(&mut self, progress: Progress) -> bool {
        if self.shown.is_none_or(|shown| shown.elapsed() >= Duration::from_millis(100)) {
            self.shown = Some(Instant::now());
            let (spent, now) = (self.began.elapsed(), seconds(progress.now));
            let rate = progress.inputs as f64 / spent.as_secs_f64().max(1e-9);
            self.bar.set_position(progress.now.as_nanos() / 1_000_000);
            self.bar.set_message(format!("{now:.1} s simulated  {:.2} M events/s", rate / 1e6));
            if self.lines.is_due(spent) {
                let share = now / seconds(self.end).max(1e-9);
                let mark = Mark { spent, share, simulated: now, inputs: progress.inputs };
                self.console.note(&mark.line(""));
            }
        }
        !self.interrupted.load(Ordering::SeqCst)
    }

    /// Removes the bar from the screen.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_due_every_ten_seconds_and_none_before() {
        let mut lines = Lines { next: Some(EVERY) };
        // Asked at these seconds: not at the full tens.
        let asked = [0, 3, 9, 11, 12, 20, 22, 31, 45];
        let said = asked.into_iter().filter(|&second| lines.is_due(Duration::from_secs(second)));
        assert_eq!(said.collect::<Vec<u64>>(), [11, 22, 45]);
        assert!(!Lines { next: None }.is_due(Duration::from_secs(99)));
    }

    #[test]
    fn a_line_says_share_time_speed_and_what_is_left() {
        let mark = Mark { spent: Duration::from_secs(30), share: 0.25, simulated: 150.0, inputs: 60_000_000 };
        assert_eq!(mark.line(""), "   25 %  150.0 s simulated  2.00 M events/s  1 min 30 s left");
        let mark = Mark { share: 0.0, ..mark };
        assert_eq!(
            mark.line("0 of 9 runs"),
            "    0 %  150.0 s simulated  2.00 M events/s  ? left  0 of 9 runs"
        );
    }
}
