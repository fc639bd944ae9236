//! Many figures of one thing, told as three.

/// The middle of some figures, and how far they went.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
}

impl Spread {
    /// `None` of no figures.
    pub(crate) fn of(figures: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut figures: Vec<f64> = figures.into_iter().collect();
        figures.sort_by(f64::total_cmp);
        let (&min, &max) = (figures.first()?, figures.last()?);
        let (upper, lower) = (figures.get(figures.len() / 2)?, figures.get((figures.len() - 1) / 2)?);
        Some(Self { median: f64::midpoint(*lower, *upper), min, max })
    }

    /// Shows the three in one manner, such as `12 (10 to 15)`.
    pub(crate) fn show(self, figure: impl Fn(f64) -> String) -> String {
        format!("{} ({} to {})", figure(self.median), figure(self.min), figure(self.max))
    }
}

/// The figure that this share of sorted ones lies below, between the two nearest.
pub(crate) fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * (count(sorted.len()) - 1.0);
    let (lower, upper) = (at(sorted, place.floor()), at(sorted, place.ceil()));
    lower + (upper - lower) * place.fract()
}

/// The figure at this place, or at the end that is nearer.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place is small and whole")]
pub(crate) fn at(sorted: &[f64], place: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    sorted.get((place.max(0.0) as usize).min(last)).copied().unwrap_or(f64::NAN)
}

/// A count as a figure.
#[expect(clippy::cast_precision_loss, reason = "nothing is counted up to 2^52 here")]
pub(crate) fn count(number: usize) -> f64 {
    number as f64
}

/// A whole number in groups of three digits, such as `12,345`.
pub(crate) fn grouped(figure: f64) -> String {
    let digits = format!("{figure:.0}");
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_figure_whatever_their_order() {
        let spread = Spread::of([40.0, 1.0, 3.0, 100.0, 2.0]).unwrap();
        assert_eq!(spread, Spread { median: 3.0, min: 1.0, max: 100.0 });
    }

    #[test]
    fn the_median_of_an_even_number_lies_between_the_two_in_the_middle() {
        let spread = Spread::of([4.0, 1.0, 2.0, 100.0]).unwrap();
        assert_eq!(spread, Spread { median: 3.0, min: 1.0, max: 100.0 });
    }

    #[test]
    fn one_figure_is_its_own_median_and_none_has_none() {
        assert_eq!(Spread::of([7.0]), Some(Spread { median: 7.0, min: 7.0, max: 7.0 }));
        assert_eq!(Spread::of([]), None);
    }

    #[test]
    fn a_spread_is_shown_as_three_figures() {
        let spread = Spread { median: 1_234.4, min: 999.0, max: 1_234_567.0 };
        assert_eq!(spread.show(grouped), "1,234 (999 to 1,234,567)");
        assert_eq!(spread.show(|figure| format!("{figure:.1}")), "1234.4 (999.0 to 1234567.0)");
    }

    #[test]
    fn quantiles_lie_between_the_nearest_figures() {
        let sorted = [10.0, 20.0, 30.0, 40.0];
        for (share, expected) in [(0.0, 10.0), (0.5, 25.0), (0.1, 13.0), (1.0, 40.0)] {
            assert!((quantile(&sorted, share) - expected).abs() < 1e-9, "{share}");
        }
        assert!((quantile(&[7.0], 0.99) - 7.0).abs() < 1e-9);
    }

    #[test]
    fn digits_are_grouped_from_the_right() {
        for (figure, text) in [
            (0.0, "0"),
            (12.0, "12"),
            (123.0, "123"),
            (1_234.0, "1,234"),
            (123_456.0, "123,456"),
            (1_234_567.0, "1,234,567"),
        ] {
            assert_eq!(grouped(figure), text);
        }
    }
}
