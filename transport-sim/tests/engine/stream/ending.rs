//! Goodbyes and idle connections.

use super::ALL;
use crate::common::ms;
use crate::common::script::Step::{Disconnect, Keep, Say};
use crate::common::stage::Stage;

#[test]
fn a_goodbye_comes_behind_the_data() {
    let mut stage = Stage::new(2);
    stage.say(0, 0, 1);
    let last_words = stage.act(1_000, 0, 100, &[Say(1), Disconnect(1)]);
    let played = stage.play();
    assert_eq!(played.heard(1)[1], (ms(1_050), last_words));
    assert_eq!(played.downs(1), [(ms(1_050), 0)]);
    assert_eq!(played.downs(0), [], "who closes is not told");
}

#[test]
fn a_goodbye_waits_for_a_repeated_packet_whatever_the_peer_sends() {
    let mut stage = Stage::new(2);
    stage.say(0, 0, 1);
    stage.disturb(1_000, 1_100, ALL);
    let repeated = stage.say(1_050, 0, 1);
    stage.act(1_150, 0, 100, &[Disconnect(1)]);
    // This reaches a closed connection at 1200, before the repeated packet leaves at 1350.
    let in_vain = stage.say(1_150, 1, 0);
    let played = stage.play();
    assert_eq!(played.lost(), [(in_vain, "stale")]);
    assert_eq!(played.heard(1)[1], (ms(1_400), repeated));
    assert_eq!(played.downs(1), [(ms(1_400), 0)]);
}

#[test]
fn after_a_goodbye_the_next_message_dials_anew() {
    let mut stage = Stage::new(2);
    stage.say(0, 0, 1);
    let both = stage.act(1_000, 0, 100, &[Disconnect(1), Say(1)]);
    let played = stage.play();
    assert_eq!(played.heard(1)[1], (ms(1_150), both));
    assert_eq!(played.downs(1), [(ms(1_050), 0)]);
}

#[test]
fn an_idle_connection_closes_unless_it_is_kept() {
    let mut stage = Stage::new(4);
    stage.say(0, 0, 1);
    stage.act(0, 2, 100, &[Say(1)]);
    stage.act(0, 1, 100, &[Keep(2)]);
    // Slot 1 looks for idle connections when somebody dials it.
    stage.say(29_000, 3, 1);
    stage.say(35_000, 1, 2);
    stage.act(40_000, 3, 100, &[Disconnect(1), Say(1)]);
    let played = stage.play();
    assert_eq!(played.downs(0), [(ms(40_100), 1)]);
    assert_eq!((played.downs(2), played.downs(3)), (vec![], vec![]));
}

#[test]
fn of_two_connections_with_a_peer_one_may_be_idle() {
    let mut stage = Stage::new(4);
    // Slot 1 dials for the second time, so that both ends take the connection that slot 0 dialed.
    stage.say(0, 1, 2);
    stage.say(0, 0, 1);
    stage.say(0, 1, 0);
    stage.say(20_000, 0, 1);
    stage.say(21_000, 1, 0);
    stage.say(40_000, 3, 1);
    let played = stage.play();
    assert_eq!((played.downs(0), played.downs(1)), (vec![], vec![]));
    assert_eq!(played.downs(2), [(ms(40_100), 1)], "nobody used this one");
}
