//! The answer of `bisect`, in words and as JSON.

use serde_json::json;

use super::Axis;
use floodnet_lab::bisect::{Answer, Bisected, Point, Settings, Side};
use floodnet_lab::hunt::Wish;
use floodnet_text::format::number;

/// What came of it, in words and as JSON.
pub(super) struct Report<'a> {
    pub(super) axis: &'a Axis<'a>,
    pub(super) wish: &'a Wish,
    pub(super) settings: &'a Settings,
    pub(super) found: &'a Bisected,
}

impl Report<'_> {
    pub(super) fn to_text(&self) -> String {
        let Self { axis, wish, settings, found } = self;
        let percent = |share: f64| format!("{} %", number(share * 100.0, 1));
        let (from, to) = (axis.words(axis.range.from), axis.words(axis.range.to));
        let mut text = format!("bisect  {} from {from} to {to}: {wish}\n\n", axis.key);
        text.push_str(&format!("  {:>14}  {:>5}  {:>8}  95 % interval\n", axis.key, "runs", "go wrong"));
        for point in &found.points {
            let (low, high) = point.interval(0.95);
            let Point { at, runs, .. } = *point;
            let open = if point.side == Side::Open { "   open" } else { "" };
            text.push_str(&format!(
                "  {:>14}  {runs:>5}  {:>8}  {} to {}{open}\n",
                axis.words(at),
                percent(point.share()),
                percent(low),
                percent(high)
            ));
        }
        text.push_str(&format!("\n  {}\n", self.sentence()));
        if matches!(found.answer, Answer::Between { .. }) {
            text.push_str(&format!(
                "  (at least {} confidence, if the share only rises or only falls over the range)\n",
                percent(settings.confidence)
            ));
        }
        text
    }

    fn sentence(&self) -> String {
        let Self { axis, settings, .. } = self;
        let share = format!("{} % of the runs", number(settings.share * 100.0, 3));
        match self.found.answer {
            Answer::Between { low, high, rises, guess } => {
                let way = if rises { "from" } else { "up to" };
                format!(
                    "more than {share} go wrong {way} a value between {} and {}, about {}",
                    axis.words(low),
                    axis.words(high),
                    axis.words(guess)
                )
            }
            Answer::Same(Side::Above) => format!("more than {share} go wrong at both ends: there is no turn"),
            Answer::Same(_) => format!("fewer than {share} go wrong at both ends: there is no turn"),
            Answer::OpenEnd(at) => format!(
                "{} runs do not tell whether more or fewer than {share} go wrong at {}: start elsewhere, or allow more \
                 with --max-runs",
                settings.most,
                axis.words(at)
            ),
        }
    }

    pub(super) fn to_json(&self) -> String {
        let Self { axis, wish, settings, found } = self;
        let side = |side| match side {
            Side::Below => "below",
            Side::Above => "above",
            Side::Open => "open",
        };
        let point = |point: &Point| {
            json!({
                "value": axis.value(point.at), "at": point.at, "runs": point.runs, "wrong": point.wrong,
                "side": side(point.side),
            })
        };
        let mut text = json!({
            "key": axis.key,
            "from": axis.range.from,
            "to": axis.range.to,
            "unit": axis.range.unit,
            "for": wish.to_string(),
            "share": settings.share,
            "confidence": settings.confidence,
            "points": found.points.iter().map(point).collect::<Vec<_>>(),
            "verdict": "found",
        });
        // Only a crossing that was found has bounds and a guess.
        match found.answer {
            Answer::Between { low, high, rises, guess } => {
                text["low"] = json!(low);
                text["high"] = json!(high);
                text["guess"] = json!(guess);
                text["rises"] = json!(rises);
            }
            Answer::Same(of) => text["verdict"] = json!(format!("{} at both ends", side(of))),
            Answer::OpenEnd(at) => {
                text["verdict"] = json!("open at an end");
                text["open"] = json!(at);
            }
        }
        format!("{text:#}\n")
    }
}
