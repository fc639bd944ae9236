//! The bar, and whether it is met.

use super::comparison::{Comparison, Estimate};

/// How far from nothing a difference may be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Bar {
    /// Of the AUC from 0.5.
    pub(super) auc: f64,
    /// Of the medians, as a part of the reference's.
    pub(super) median: f64,
}

impl Bar {
    /// What is promised.
    pub(super) const PROMISED: Self = Self { auc: 0.02, median: 0.02 };
    /// Wide enough for a few hundred requests on a machine that does other things as well.
    pub(super) const WIDE: Self = Self { auc: 0.08, median: 0.10 };
}

/// Whether the bar is met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verdict {
    /// The figure is within the bar.
    Holds,
    /// It is not, but may be by chance.
    Unclear,
    /// It is not, and that is no chance.
    Missed,
}

impl Verdict {
    /// The worse of what AUC and medians say.
    pub(super) fn of(comparison: &Comparison, bar: Bar) -> Self {
        judge(comparison.auc, 0.5, bar.auc).max(judge(comparison.median, 0.0, bar.median))
    }

    /// A word for a table.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Unclear => "unclear",
            Self::Missed => "**missed**",
        }
    }
}

/// How much wider an interval is that holds for 99.99 of 100 figures. So many are judged at once that of
/// those that hold for 95, some miss every time.
const WIDER: f64 = 2.0;

/// Whether a figure may be `reach` from `center`: it is no chance that it is farther where even the wider
/// interval lies all outside.
pub(super) fn judge(estimate: Estimate, center: f64, reach: f64) -> Verdict {
    let Estimate { value, low, high } = estimate;
    let (low, high) = (value - WIDER * (value - low), value + WIDER * (high - value));
    if (value - center).abs() <= reach {
        Verdict::Holds
    } else if low <= center + reach && high >= center - reach {
        Verdict::Unclear
    } else {
        Verdict::Missed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn estimate(low: f64, value: f64, high: f64) -> Estimate {
        Estimate { value, low, high }
    }

    #[test]
    fn only_a_wide_interval_that_is_all_outside_misses_the_bar() {
        for (figure, verdict) in [
            (estimate(0.49, 0.50, 0.51), Verdict::Holds),
            (estimate(0.40, 0.51, 0.62), Verdict::Holds),
            (estimate(0.515, 0.525, 0.535), Verdict::Unclear),
            (estimate(0.525, 0.535, 0.545), Verdict::Unclear),
            (estimate(0.535, 0.545, 0.555), Verdict::Missed),
            (estimate(0.465, 0.475, 0.485), Verdict::Unclear),
            (estimate(0.445, 0.455, 0.465), Verdict::Missed),
        ] {
            assert_eq!(judge(figure, 0.5, 0.02), verdict, "{figure:?}");
        }
    }

    #[test]
    fn the_worse_of_both_counts() {
        let comparison = Comparison {
            auc: estimate(0.49, 0.50, 0.51),
            median: estimate(0.04, 0.05, 0.06),
            reference_us: 1.0,
            tenth: 0.0,
            ninetieth: 0.0,
            welch: 0.0,
        };
        assert_eq!(Verdict::of(&comparison, Bar::PROMISED), Verdict::Missed);
        assert_eq!(Verdict::of(&comparison, Bar::WIDE), Verdict::Holds);
    }
}
