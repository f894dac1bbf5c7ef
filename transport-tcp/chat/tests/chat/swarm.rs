//! Many chats on one machine: they join, all say something, some are killed, and the rest go on.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::process::{Chat, Start};

/// A message must be everywhere within this time, on whatever machine.
const DEADLINE: Duration = Duration::from_secs(30);
/// A network becomes one within this time, on whatever machine.
const PATIENCE: Duration = Duration::from_secs(60);
/// After a kill somebody says something so often.
const PROBE: Duration = Duration::from_millis(250);
/// And that counts only where it comes within this time.
const PROBE_DEADLINE: Duration = Duration::from_secs(1);

/// What was measured of one swarm.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outcome {
    /// From the start of a process to its first neighbor: the median, and the last of all.
    pub(crate) join: [Duration; 2],
    /// Share of (message, receiver) pairs that came in time, of messages from all before the kill.
    pub(crate) before: f64,
    /// From the kill on, until each message reached at least 99.5 % of those left within a second, and all of
    /// them.
    pub(crate) heal: [Option<Duration>; 2],
    /// As `before`, of messages from all that are left, after they had time to heal.
    pub(crate) after: f64,
}

/// Starts `count` chats, lets all talk, kills a share of them at once, watches for `watch`, and lets the rest
/// talk.
pub(crate) fn run(binary: &Path, count: usize, kill: f64, watch: Duration) -> Outcome {
    let folder = tempfile::tempdir().expect("a folder");
    let start = |number: usize, peers: &[String]| {
        let name = format!("n{number}");
        Start::new(binary, folder.path().join(&name), &name).peers(peers).spawn()
    };
    let mut chats = vec![start(0, &["127.0.0.1:1".to_owned()])];
    let entry = [chats[0].address()];
    chats.extend((1..count).map(|number| start(number, &entry)));
    let mut joins: Vec<Duration> =
        chats[1..].iter().map(|chat| chat.tells("connected").duration_since(chat.started)).collect();
    joins.sort();
    // Connected is not yet well connected: each has one link at that moment.
    assert!(becomes_whole(&mut chats), "before the kill");
    let before = all_talk(&mut chats, "before");

    // Spread over all, the entry node among them.
    let mut number = 0usize;
    chats.retain_mut(|chat| {
        let dies = (number as f64 * kill).floor() < ((number + 1) as f64 * kill).floor() || number == 0;
        number += 1;
        if dies {
            chat.kill();
        }
        !dies
    });
    let heal = probe(&mut chats, watch);
    assert!(becomes_whole(&mut chats), "after the kill");
    let after = all_talk(&mut chats, "after");
    Outcome { join: [joins[joins.len() / 2], joins[joins.len() - 1]], before, heal, after }
}

/// Each says something; the share of (message, receiver) pairs that came in time.
fn all_talk(chats: &mut [Chat], what: &str) -> f64 {
    let words: Vec<String> = (0..chats.len()).map(|number| format!("{what} {number} end")).collect();
    for (chat, words) in chats.iter_mut().zip(&words) {
        chat.say(words);
    }
    let until = Instant::now() + DEADLINE;
    let mut came = 0;
    for (number, chat) in chats.iter().enumerate() {
        let others = words.iter().enumerate().filter(|(of, _)| *of != number);
        came += others.filter(|(_, words)| chat.heard_by(words, until).is_some()).count();
    }
    came as f64 / (chats.len() * (chats.len() - 1)) as f64
}

/// Waits until each of three in a row is heard by all others: a flood sends nothing again, so before the network is
/// one, messages are lost.
fn becomes_whole(chats: &mut [Chat]) -> bool {
    let started = Instant::now();
    let (mut said, mut whole) = (0, 0);
    while whole < 3 && started.elapsed() < PATIENCE {
        let speaker = said % chats.len();
        let words = format!("whole {} {said} end", chats.len());
        chats[speaker].say(&words);
        said += 1;
        let until = Instant::now() + 4 * PROBE_DEADLINE;
        let mut others = chats.iter().enumerate().filter(|(number, _)| *number != speaker);
        whole = if others.all(|(_, chat)| chat.heard_by(&words, until).is_some()) { whole + 1 } else { 0 };
    }
    whole == 3
}

/// For a while one after the other says something. From when on did each of these reach 99.5 %, and all, at
/// once?
fn probe(chats: &mut [Chat], watch: Duration) -> [Option<Duration>; 2] {
    let killed = Instant::now();
    let mut probes = Vec::new();
    while killed.elapsed() < watch {
        let speaker = probes.len() % chats.len();
        let words = format!("probe {} end", probes.len());
        chats[speaker].say(&words);
        probes.push((Instant::now(), speaker, words));
        std::thread::sleep(PROBE);
    }
    std::thread::sleep(PROBE_DEADLINE);
    let mut healed = [Some(Duration::ZERO); 2];
    for (said, speaker, words) in &probes {
        let others = chats.iter().enumerate().filter(|(number, _)| number != speaker);
        let until = *said + PROBE_DEADLINE;
        let came = others.filter(|(_, chat)| chat.heard_by(words, until).is_some_and(|at| at <= until));
        let share = came.count() as f64 / (chats.len() - 1) as f64;
        for (healed, least) in healed.iter_mut().zip([0.995, 1.0]) {
            if share < least {
                *healed = None;
            } else if healed.is_none() {
                *healed = Some(said.duration_since(killed));
            }
        }
    }
    healed
}
