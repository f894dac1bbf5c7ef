//! Colors: themes, categories that color-blind readers can tell apart, and a sequential scale.

/// An opaque color, 8 bits per channel (sRGB).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rgb(pub(super) u8, pub(super) u8, pub(super) u8);

impl Rgb {
    /// The color `share` (0 to 1) of the way from `self` to `other`.
    pub(super) fn mix(self, other: Self, share: f32) -> Self {
        let blend = |a: u8, b: u8| {
            (f32::from(a) + (f32::from(b) - f32::from(a)) * share.clamp(0.0, 1.0)).round() as u8
        };
        Self(blend(self.0, other.0), blend(self.1, other.1), blend(self.2, other.2))
    }

    /// Whether dark text reads better on this color than light text (relative luminance of Rec. 709,
    /// without linearization: enough for a choice of two).
    pub(super) fn is_bright(self) -> bool {
        0.2126 * f32::from(self.0) + 0.7152 * f32::from(self.1) + 0.0722 * f32::from(self.2) > 140.0
    }
}

/// Background and ink of a picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// Dark ink on white, for papers.
    #[default]
    Light,
    /// Light ink on near black, for screens.
    Dark,
}

/// The colors of one theme. Categories follow Paul Tol's schemes for color-blind readers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Palette {
    /// The ground of the picture.
    pub(super) background: Rgb,
    /// Color of titles and values.
    pub(super) ink: Rgb,
    /// Color of labels and captions.
    pub(super) muted: Rgb,
    /// Color of grid lines.
    pub(super) grid: Rgb,
    /// The normal case: the largest component, the first series.
    pub(super) main: Rgb,
    /// Smaller components, groups, further series.
    pub(super) others: [Rgb; 6],
    /// Errors: isolated nodes, cut links, undelivered messages. No category has this color.
    pub(super) alarm: Rgb,
    /// Nodes that never joined.
    pub(super) absent: Rgb,
    /// Faults, drawn as a shade behind curves.
    pub(super) fault: Rgb,
    /// Whether the sequential scale runs from dark to bright (on dark ground) or from bright to dark.
    dark_ground: bool,
}

impl Theme {
    /// The colors of this theme.
    pub(super) fn palette(self) -> Palette {
        let dark_ground = self == Self::Dark;
        // The same color on light and on dark ground, side by side.
        let pick = |light: Rgb, dark: Rgb| if dark_ground { dark } else { light };
        Palette {
            background: pick(Rgb(255, 255, 255), Rgb(17, 21, 27)),
            ink: pick(Rgb(28, 36, 46), Rgb(232, 236, 240)),
            muted: pick(Rgb(92, 104, 118), Rgb(158, 169, 181)),
            grid: pick(Rgb(226, 230, 235), Rgb(44, 52, 61)),
            main: pick(Rgb(68, 119, 170), Rgb(104, 160, 214)),
            others: [
                pick(Rgb(238, 119, 51), Rgb(245, 140, 80)),
                pick(Rgb(0, 153, 136), Rgb(40, 190, 170)),
                pick(Rgb(153, 68, 170), Rgb(200, 120, 220)),
                pick(Rgb(178, 155, 30), Rgb(215, 195, 75)),
                pick(Rgb(40, 170, 225), Rgb(110, 205, 250)),
                pick(Rgb(122, 78, 45), Rgb(190, 145, 105)),
            ],
            alarm: pick(Rgb(208, 28, 28), Rgb(255, 82, 82)),
            absent: pick(Rgb(140, 150, 160), Rgb(125, 136, 148)),
            fault: pick(Rgb(238, 140, 40), Rgb(245, 160, 70)),
            dark_ground,
        }
    }
}

/// Viridis (van der Walt and Smith 2015) at eight points, without its brightest end, which white ground
/// would swallow.
const VIRIDIS: [Rgb; 8] = [
    Rgb(72, 24, 106),
    Rgb(66, 64, 134),
    Rgb(51, 99, 141),
    Rgb(38, 130, 142),
    Rgb(31, 158, 137),
    Rgb(74, 193, 109),
    Rgb(142, 214, 69),
    Rgb(216, 219, 48),
];

impl Palette {
    /// Color of the category `rank`: [`main`](Self::main) for 0, then the others in turn.
    pub(super) fn category(&self, rank: usize) -> Rgb {
        match rank.checked_sub(1) {
            None => self.main,
            Some(other) => self.others[other % self.others.len()],
        }
    }

    /// The sequential scale at `share` (0 to 1). Low values stand out from the background.
    pub(super) fn sequential(&self, share: f32) -> Rgb {
        let share = share.clamp(0.0, 1.0);
        // The darkest tones would vanish on dark ground.
        let share = if self.dark_ground { 1.0 - 0.8 * share } else { share };
        let place = share * (VIRIDIS.len() - 1) as f32;
        let low = (place.floor() as usize).min(VIRIDIS.len() - 2);
        VIRIDIS[low].mix(VIRIDIS[low + 1], place - low as f32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colors_of_a_theme_differ() {
        for palette in [Theme::Light, Theme::Dark].map(Theme::palette) {
            let mut colors: Vec<Rgb> = (0..7).map(|rank| palette.category(rank)).collect();
            colors.extend([palette.alarm, palette.absent, palette.background]);
            for (i, a) in colors.iter().enumerate() {
                for b in &colors[i + 1..] {
                    let distance = a.0.abs_diff(b.0).max(a.1.abs_diff(b.1)).max(a.2.abs_diff(b.2));
                    assert!(distance >= 24, "{a:?} and {b:?} look alike");
                }
            }
        }
    }

    #[test]
    fn the_scale_is_total_and_its_ends_differ() {
        let palette = Theme::Light.palette();
        assert_eq!(palette.sequential(-3.0), palette.sequential(0.0));
        assert_eq!(palette.sequential(9.0), palette.sequential(1.0));
        assert_ne!(palette.sequential(0.0), palette.sequential(1.0));
        assert_eq!(Theme::Dark.palette().sequential(0.0), palette.sequential(1.0));
    }
}
