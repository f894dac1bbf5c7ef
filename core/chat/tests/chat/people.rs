//! Who is who.

use floodnet_chat::keys::{Identity, Key};
use floodnet_chat::people::{ContactError, NameMatch, People, PresenceChange};
use floodnet_chat::text::fingerprint;

use crate::name;
use crate::toy::Toy;

#[test]
fn two_people_of_one_name_are_told_apart() {
    let (one, two) = (Toy::new(1).key(), Toy::new(2).key());
    let mut people = People::new(Toy::new(9).key());
    assert_eq!(people.meet(one, name("bob"), true, 0), PresenceChange::Joined);
    assert_eq!(people.meet(two, name("bob"), true, 0), PresenceChange::Joined);
    assert_eq!(people.meet(two, name("bob"), true, 1), PresenceChange::Unchanged);
    let mut both = vec![one, two];
    both.sort();
    assert_eq!(people.find("bob"), NameMatch::Several(both));
    assert_eq!(people.find(&format!("bob~{}", fingerprint(&two))), NameMatch::One(two));
    assert_eq!(people.find(&format!("~{}", &fingerprint(&one)[..9])), NameMatch::One(one));
    assert_eq!(
        (people.find("eve"), people.find(""), people.find("~")),
        (NameMatch::Nobody, NameMatch::Nobody, NameMatch::Nobody)
    );
}

#[test]
fn a_changed_key_is_never_silent() {
    let (old, new) = (Toy::new(1).key(), Toy::new(2).key());
    let mut people = People::new(Toy::new(9).key());
    people.set_petname(old, name("Bob")).expect("free");
    for impostor in ["Bob", "bob", "B\u{43e}b"] {
        let mut people = people.clone();
        assert_eq!(
            people.meet(new, name(impostor), true, 0),
            PresenceChange::Impersonates { contact: old },
            "{impostor}"
        );
        assert_eq!(people.shown(&new), format!("{impostor}~{}", fingerprint(&new)));
        assert_eq!(people.shown(&old), "Bob");
    }
    people.meet(new, name("bob"), true, 0);
    assert_eq!(
        people.find("bob"),
        NameMatch::Several(vec![old, new]),
        "the contact is not here, this one is"
    );
    people.meet(old, name("bob"), true, 0);
    assert_eq!(people.find("bob"), NameMatch::One(old));
    assert_eq!(people.set_petname(new, name("BOB")), Err(ContactError::NameTaken(old)));
    // A petname stays whatever its owner says.
    assert_eq!(people.meet(old, name("robert"), true, 1), PresenceChange::Renamed { from: name("bob") });
    assert_eq!(people.shown(&old), "Bob");
}

#[test]
fn contacts_are_saved_and_loaded() {
    let mut people = People::new(Toy::new(9).key());
    people.set_petname(Toy::new(1).key(), name("bob")).expect("free");
    people.set_petname(Toy::new(2).key(), name("Алиса")).expect("free");
    people.set_verified(&Toy::new(1).key(), true);
    people.set_blocked(&Toy::new(2).key(), true);
    let lines = people.save();
    let mut loaded = People::new(Toy::new(9).key());
    assert_eq!(loaded.load(lines.iter().map(String::as_str)), 0);
    assert_eq!(loaded.contacts(), people.contacts());
    let me = format!("{} - - me", Toy::new(9).key());
    let bad = [
        "",
        "x - - bob",
        &me,
        &lines[0],
        &lines[0].replace("bob", "b b"),
        &lines[0].replace("verified", "maybe"),
    ];
    assert_eq!(loaded.load(bad), bad.len());
    assert_eq!(loaded.contacts(), people.contacts());
}

#[test]
fn who_is_silent_for_long_is_taken_for_gone() {
    let mut people = People::new(Toy::new(9).key());
    let (one, two) = (Toy::new(1).key(), Toy::new(2).key());
    people.meet(one, name("one"), true, 1_000);
    people.meet(two, name("two"), true, 1_000);
    people.heard(two, 5_000);
    assert_eq!(people.gone_before(2_000), [one]);
    assert_eq!(people.present().map(|(key, _)| *key).collect::<Vec<_>>(), [two]);
    assert_eq!(people.meet(one, name("one"), true, 6_000), PresenceChange::Joined);
}

#[test]
fn everybody_can_be_written_to_by_the_names_that_are_completed() {
    let mut people = People::new(Key([9; 32]));
    let keys: Vec<Key> = (1..=4).map(|number| Key([number; 32])).collect();
    for (key, called) in keys.iter().zip(["bob", "Bob", "eve", "carl"]) {
        people.meet(*key, name(called), true, 0);
    }
    people.set_petname(keys[3], name("Carla")).expect("free");
    let mut typed = people.typed_names();
    assert_eq!(typed.len(), 4);
    let mut found: Vec<Key> = typed
        .iter()
        .map(|typed| match people.find(typed) {
            NameMatch::One(key) => key,
            other => panic!("{typed}: {other:?}"),
        })
        .collect();
    found.sort_unstable();
    assert_eq!(found, keys, "each by one name");
    typed.retain(|typed| !typed.contains('~'));
    typed.sort_unstable();
    assert_eq!(typed, ["Carla", "eve"], "namesakes with the beginning of their fingerprints");
}
