//! The figures of `docs/statistics.md` for made-up metrics: how often equals are called different, and how often a change
//! of one standard deviation is found. Takes minutes: `.ci/long figures`.

mod made_up;

use floodnet_measure::stats::arrange::Design;

use made_up::{alarms, power};

#[expect(clippy::print_stdout, reason = "its figures are for people")]
fn main() {
    let [leads, other, family] = power(1_000, 1_000);
    println!("20 pairs, one sd: leading {leads}, other {other}, family {family}");
    for (design, sizes) in
        [(Design::Paired, &[2, 3, 5, 6, 7, 8, 10, 20][..]), (Design::Independent, &[2, 3, 4, 5, 10, 20])]
    {
        for common in if design == Design::Paired { &[0.0, 0.7][..] } else { &[0.0][..] } {
            for &runs in sizes {
                let found = alarms(design, runs, *common, 1_000, 1_000);
                println!("{design:?}, {runs} runs, {common} in common: {found} false alarms of 1000");
            }
        }
    }
}
