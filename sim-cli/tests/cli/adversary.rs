//! Scenarios with adversaries: what they change, where their measures stand, and what is refused.

use serde_json::Value;

use crate::lab::{Lab, SMALL};

/// The summary of `small.toml` with these values.
fn summary(lab: &Lab, set: &[&str]) -> Value {
    let mut arguments = vec!["run", "small.toml", "--no-pictures", "--force", "--out", "here"];
    set.iter().for_each(|set| arguments.extend(["--set", set]));
    let said = lab.run(&arguments);
    assert!([0, 3].contains(&said.code), "{}", said.err);
    serde_json::from_str(&lab.read("here/summary.json")).unwrap()
}

/// The engine of runs with adversaries is another than that of runs without.
#[test]
fn adversaries_that_do_nothing_change_no_digest() {
    let lab = Lab::new();
    let overlays = [
        "overlay={ random_walk = {} }",
        "overlay={ hyparview = {} }",
        "overlay={ static = { regular = 4 } }",
    ];
    let nothing = [
        "adversary=[{ share = 0, does = [{ drop = 1.0 }] }]",
        "adversary=[{ share = 0.5, does = [{ drop = 0.0 }, { repeat = 0 }] }]",
    ];
    for overlay in overlays {
        let honest = summary(&lab, &[overlay]);
        assert!(honest.get("adversary").is_none());
        for adversary in nothing {
            let attacked = summary(&lab, &[overlay, adversary]);
            assert_eq!(attacked["digest"], honest["digest"], "{overlay}, {adversary}");
            assert_eq!(attacked["adversary"]["packets_dropped"], 0);
        }
        let attacked = summary(&lab, &[overlay, "adversary=[{ share = 0.5, does = [{ drop = 1.0 }] }]"]);
        assert_ne!(attacked["digest"], honest["digest"], "{overlay}");
    }
}

#[test]
fn measures_and_columns_are_there_where_adversaries_are() {
    let lab = Lab::new();
    let hostile = "[[adversary]]\nextra = 5\nstart = \"2s\"\nconnect = { to = 7 }\ndoes = [{ drop = 1.0 }]\n";
    lab.write("attacked.toml", SMALL.replace("name = \"small\"", "name = \"attacked\"") + hostile);
    for (file, is_attacked) in [("small.toml", false), ("attacked.toml", true)] {
        let said = lab.run(&["run", file, "--no-pictures", "--force", "--out", "here"]);
        assert_eq!(said.out.contains("delivery, honest"), is_attacked, "{}", said.out);
        let columns = lab.read("here/timeseries.csv").lines().next().unwrap().to_owned();
        let hostile = ",hostile_share,hostile_share_max,hostile_majority,hostile_links,honest_cut_off";
        assert_eq!(columns.ends_with(hostile), is_attacked, "{columns}");
        let said = lab.run(&["run", file, "--runs", "2", "--no-pictures", "--force", "--out", "here"]);
        assert!([0, 3].contains(&said.code), "{}", said.err);
        assert_eq!(lab.read("here/runs.csv").contains("adversary.delivery_honest"), is_attacked);
    }
    let verified = lab.run(&["verify", "attacked.toml"]);
    assert_eq!(verified.code, 0, "{}{}", verified.out, verified.err);
}

#[test]
fn what_the_protocol_cannot_do_is_told_at_its_place() {
    let lab = Lab::new();
    for (hostile, place, title) in [
        (
            "share = 0.1\ndoes = [{ drop = 1.0, of = \"advert\" }]",
            "small.toml:30:28",
            "random_walk with flood has no packets of class `advert`",
        ),
        (
            "share = 0.1\ndoes = [{ forge = \"payload\", every = \"1s\" }]",
            "small.toml:30:19",
            "random_walk with flood cannot forge packets of class `payload`",
        ),
        ("class = \"relays\"\ndoes = [{ drop = 1.0 }]", "small.toml:29:9", "there is no class `relays`"),
    ] {
        lab.write("small.toml", format!("{SMALL}[[adversary]]\n{hostile}\n"));
        let said = lab.run(&["validate", "small.toml"]);
        assert_eq!(said.code, 2, "{}", said.err);
        assert!(said.err.contains(&format!("error: {title}")) && said.err.contains(place), "{}", said.err);
    }
}
