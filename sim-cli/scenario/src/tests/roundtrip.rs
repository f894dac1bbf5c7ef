//! Whatever a scenario says, its resolved form says the same.

use proptest::prelude::*;

use super::*;

/// A positive duration below a minute, in one of the forms that people write.
fn duration() -> impl Strategy<Value = String> {
    prop_oneof![
        (1_u64..60_000_000_000).prop_map(|nanos| format!("{nanos}ns")),
        (1_u64..60_000).prop_map(|millis| format!("{millis}ms")),
        (1_u64..60).prop_map(|secs| format!("{secs} s")),
        (1_u64..600).prop_map(|tenths| format!("{}.{}s", tenths / 10, tenths % 10)),
    ]
}

fn share() -> impl Strategy<Value = f64> {
    prop_oneof![Just(0.0), Just(1.0), 0.0..=1.0]
}

fn rate() -> impl Strategy<Value = String> {
    let units = prop::sample::select(vec!["bit/s", "kbit/s", "Mbit/s", "Gbit/s"]);
    prop_oneof![
        Just("unlimited".to_owned()),
        (1_u64..5_000_000, units).prop_map(|(number, unit)| format!("{number} {unit}"))
    ]
}

fn latency() -> impl Strategy<Value = String> {
    prop_oneof![
        duration().prop_map(|at| format!("{{ constant = \"{at}\" }}")),
        (0_u64..1000, 0_u64..1000).prop_map(|(min, width)| {
            format!("{{ uniform = {{ min = \"{min}us\", max = \"{}us\" }} }}", min + width)
        }),
        (duration(), 0.0..9.0).prop_map(|(median, sigma)| {
            format!("{{ lognormal = {{ median = \"{median}\", sigma = {sigma:?} }} }}")
        }),
        Just("{ regions = \"world8\" }".to_owned()),
    ]
}

fn lifetime() -> impl Strategy<Value = String> {
    prop_oneof![
        duration().prop_map(|mean| format!("{{ exponential = {{ mean = \"{mean}\" }} }}")),
        (0.01..9.0, duration()).prop_map(|(shape, scale)| {
            format!("{{ weibull = {{ shape = {shape:?}, scale = \"{scale}\" }} }}")
        }),
        (0.01..9.0, duration()).prop_map(|(shape, least)| format!(
            "{{ pareto = {{ shape = {shape:?}, least = \"{least}\" }} }}"
        )),
        prop::sample::select(vec!["red-hat", "debian", "flatout", "kad"])
            .prop_map(|name| format!("{{ preset = \"{name}\" }}")),
    ]
}

fn link() -> impl Strategy<Value = String> {
    (latency(), share(), rate(), rate(), duration(), 1_u64..1 << 40).prop_map(
        |(latency, loss, up, down, jitter, queue)| {
            // Timers longer than any delay.
            format!(
                "[link]\nbreak_after = \"100000h\"\ndead_after = \"100000h\"\nlatency = {latency}\nloss = {loss:?}\nup = \"{up}\"\ndown = \"{down}\"\n\
                 jitter = \"{jitter}\"\nqueue = \"{queue} B\"\n"
            )
        },
    )
}

fn fault() -> impl Strategy<Value = String> {
    let kind = prop_oneof![
        (0.001..=1.0, duration())
            .prop_map(|(part, back)| format!("crash = {{ fraction = {part:?}, back = \"{back}\" }}")),
        prop::collection::vec(0_u32..10, 1..4).prop_map(|slots| format!("crash = {{ slots = {slots:?} }}")),
        (share(), duration())
            .prop_map(|(share, lasts)| format!("loss = {{ share = {share:?}, for = \"{lasts}\" }}")),
        (1.0..4e6, duration()).prop_map(|(factor, lasts)| {
            format!("slow = {{ fraction = 0.5, factor = {factor:?}, for = \"{lasts}\" }}")
        }),
        (share(), duration()).prop_map(|(share, lasts)| {
            let other = 1.0 - share;
            format!("partition = {{ groups = [{share:?}, {other:?}], for = \"{lasts}\" }}")
        }),
    ];
    (duration(), kind).prop_map(|(at, kind)| format!("[[fault]]\nat = \"{at}\"\n{kind}\n"))
}

fn overlay() -> impl Strategy<Value = String> {
    prop_oneof![
        (1_u32..9, 1_u32..9).prop_map(|(degree, hops)| {
            format!("[overlay.random_walk]\ndegree = {degree}\nhop_limit = {hops}\nmax_degree = \"none\"\n")
        }),
        (0.01..9.0).prop_map(|mean: f64| format!("[overlay.static]\ngnp = {{ mean_degree = {mean:?} }}\n")),
        (1_u32..9).prop_map(|links| format!("[overlay.static]\nk_out = {links}\n")),
    ]
}

prop_compose! {
    fn scenario()(
        about in "[^\\p{Cc}\"\\\\]{0,20}", seed in any::<u64>(), overlay in overlay(), link in link(),
        session in lifetime(), downtime in lifetime(), crash in share(),
        every in duration(), faults in prop::collection::vec(fault(), 0..4),
        bound in -1e9..1e9_f64, ratio in share(),
    ) -> String {
        format!(
            "name = \"x\"\nabout = \"{about}\"\nseed = {seed}\nduration = \"2min\"\n[nodes]\ncount = 10\n\
             {overlay}[broadcast.flood]\n{link}[churn]\nsession = {session}\ndowntime = {downtime}\n\
             crash = {crash:?}\n[[traffic]]\nfrom = 3\nevery = \"{every}\"\n{}\
             [expect]\nrmr.mean = \"< {bound}\"\ndelivery_ratio = \">= {ratio}\"\n",
            faults.concat()
        )
    }
}

proptest! {
    #[test]
    fn resolved_scenarios_read_back_equal(text in scenario()) {
        let scenario = good(&text);
        let resolved = scenario.to_resolved_toml();
        let again = good(&resolved);
        prop_assert_eq!(&again, &scenario);
        prop_assert_eq!(again.to_resolved_toml(), resolved);
    }

    #[test]
    fn no_text_makes_the_reader_panic(
        cut in any::<prop::sample::Index>(), put in "\\PC{0,6}", text in scenario()
    ) {
        let places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
        let at = *cut.get(&places);
        let broken = format!("{}{put}{}", &text[..at], &text[at..]);
        if let Err(error) = parse(&broken) {
            prop_assert!(error.to_string().starts_with("error: "));
        }
    }
}
