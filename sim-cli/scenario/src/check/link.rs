//! Links.

use super::Checker;
use crate::{Latency, Link};

pub(super) fn check(link: &Link, checker: &mut Checker<'_, '_>) {
    checker.wrongs.share("link.loss", link.loss);
    if link.floor.is_zero() {
        let label = "write the shortest delay of the network, such as \"1ms\"";
        checker.wrong("link.floor", "the least delay of a link must be positive", label);
    }
    match &link.latency {
        Latency::Uniform { min, max } if min > max => {
            let label = format!("it must be at least min, {min}");
            checker.wrong(
                "link.latency.uniform.max",
                "the longest delay is shorter than the shortest",
                label,
            );
        }
        Latency::Lognormal { median, sigma } => {
            checker.wrongs.positive("link.latency.lognormal.median", *median);
            checker.wrongs.at_least("link.latency.lognormal.sigma", *sigma, 0.0, false);
        }
        _ => {}
    }
    if link.queue.bytes() == 0 {
        checker.wrong(
            "link.queue",
            "a queue of nothing lets nothing out",
            "write a size such as \"256 KiB\"",
        );
    }
    checker.wrongs.positive("link.ping", link.ping);
    timers(link, checker);
}

/// What one node learns about another takes at least the floor: the engine lives on it.
fn timers(link: &Link, checker: &mut Checker<'_, '_>) {
    let timers = [("rto", link.rto), ("break_after", link.break_after), ("dial_timeout", link.dial_timeout)];
    for (key, value) in timers {
        if value < link.floor {
            let label = format!("it is {value}, link.floor is {}", link.floor);
            let path = format!("link.{key}");
            checker.wrong_at_first(
                &[&path, "link.floor"],
                format!("link.{key} is shorter than the least delay"),
                label,
            );
        }
    }
    if link.dead_after <= link.ping {
        let label = format!("dead_after is {}, ping is {}", link.dead_after, link.ping);
        checker.wrong_at_first(
            &["link.dead_after", "link.ping"],
            "link.dead_after must be longer than link.ping",
            label,
        );
    } else if link.dead_after.0 - link.ping.0 < link.floor.0 {
        let label = format!("it is {}, link.floor is {}", link.dead_after.0 - link.ping.0, link.floor);
        checker.wrong_at_first(
            &["link.dead_after", "link.ping", "link.floor"],
            "dead_after - ping is shorter than the least delay",
            label,
        );
    }
}
