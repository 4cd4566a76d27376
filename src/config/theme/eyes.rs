//! How colours look to eyes: how readable one is on another, and how far apart two are, also to the colour-blind.

use palette::color_difference::{Ciede2000, Wcag21RelativeContrast};
use palette::white_point::D65;
use palette::{FromColor, Lab, LinSrgb, Srgb};

use super::Rgb;

/// Whose eyes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Vision {
    /// Of most.
    Normal,
    /// Without the cones for long waves: red is dark.
    Protanopia,
    /// Without the cones for middle waves: red and green look alike. The most frequent.
    Deuteranopia,
    /// Without the cones for short waves: blue and green look alike. Rare.
    Tritanopia,
}

impl Vision {
    /// Each of them.
    pub const ALL: [Self; 4] = [Self::Normal, Self::Protanopia, Self::Deuteranopia, Self::Tritanopia];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Protanopia => "protanopia",
            Self::Deuteranopia => "deuteranopia",
            Self::Tritanopia => "tritanopia",
        }
    }

    /// What linear red, green and blue become, a row each: Machado, Oliveira and Fernandes, "A Physiologically-based Model
    /// for Simulation of Color Vision Deficiency" (IEEE TVCG 15(6), 2009), its tables at severity 1.0. The model's
    /// authors think less of it for tritanopia than for the others.
    fn matrix(self) -> [[f64; 3]; 3] {
        match self {
            Self::Normal => [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
            Self::Protanopia => [
                [0.152_286, 1.052_583, -0.204_868],
                [0.114_503, 0.786_281, 0.099_216],
                [-0.003_882, -0.048_116, 1.051_998],
            ],
            Self::Deuteranopia => [
                [0.367_322, 0.860_646, -0.227_968],
                [0.280_085, 0.672_501, 0.047_413],
                [-0.011_820, 0.042_940, 0.968_881],
            ],
            Self::Tritanopia => [
                [1.255_528, -0.076_749, -0.178_779],
                [-0.078_411, 0.930_809, 0.147_602],
                [0.004_733, 0.691_367, 0.303_900],
            ],
        }
    }

    fn sees(self, rgb: Rgb) -> LinSrgb<f64> {
        let linear: LinSrgb<f64> = srgb(rgb).into_linear();
        let LinSrgb { red, green, blue, .. } = linear;
        let [r, g, b] = self
            .matrix()
            .map(|[from_r, from_g, from_b]| (from_r * red + from_g * green + from_b * blue).clamp(0.0, 1.0));
        LinSrgb::new(r, g, b)
    }

    /// How far apart two colours are to these eyes: CIE ΔE2000. 1 is just seen side by side; from 10 on two words in a
    /// list are told apart at a glance.
    pub fn distance(self, one: Rgb, other: Rgb) -> f64 {
        let lab = |rgb| Lab::<D65, f64>::from_color(self.sees(rgb));
        lab(one).difference(lab(other))
    }
}

fn srgb(Rgb(red, green, blue): Rgb) -> Srgb<f64> {
    Srgb::new(red, green, blue).into_format()
}

/// The contrast of two colours, from 1 to 21 (WCAG 2.1, "contrast ratio").
pub fn contrast(one: Rgb, other: Rgb) -> f64 {
    srgb(one).relative_contrast(srgb(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: f64, expected: f64) {
        assert!((found - expected).abs() < 0.01, "{found} and not {expected}");
    }

    #[test]
    fn contrast_is_what_the_standard_says() {
        near(contrast(Rgb(0, 0, 0), Rgb(255, 255, 255)), 21.0);
        near(contrast(Rgb(80, 80, 80), Rgb(80, 80, 80)), 1.0);
        // The lightest grey that WCAG's own explanation gives as just enough on white, and one step further.
        assert!(contrast(Rgb(0x76, 0x76, 0x76), Rgb(255, 255, 255)) >= 4.5);
        assert!(contrast(Rgb(0x77, 0x77, 0x77), Rgb(255, 255, 255)) < 4.5);
    }

    #[test]
    fn red_and_green_are_near_to_those_without_the_cones_for_it_and_to_nobody_else() {
        let (red, green) = (Rgb(0xff, 0x6b, 0x66), Rgb(0x6c, 0xd0, 0x8a));
        assert!(Vision::Normal.distance(red, green) > 40.0);
        assert!(Vision::Deuteranopia.distance(red, green) < 10.0);
        assert!(Vision::Tritanopia.distance(red, green) > 20.0);
    }

    #[test]
    fn greys_look_the_same_to_everybody() {
        for vision in Vision::ALL {
            let LinSrgb { red, green, blue, .. } = vision.sees(Rgb(128, 128, 128));
            assert!((red - green).abs() < 0.002 && (green - blue).abs() < 0.002, "{vision:?}: {red} {green} {blue}");
            near(vision.distance(Rgb(10, 200, 30), Rgb(10, 200, 30)), 0.0);
        }
    }

    #[test]
    fn distances_are_those_of_ciede2000() {
        // Black and white are 100 apart by its definition.
        near(Vision::Normal.distance(Rgb(0, 0, 0), Rgb(255, 255, 255)), 100.0);
    }
}
