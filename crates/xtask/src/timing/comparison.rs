//! Two classes of requests, compared by how long their answers took.
//!
//! The AUC is the probability that an answer of the class took longer than one of the reference, ties
//! counting half (Mann and Whitney): 0.5 means that time tells nothing. Its interval is `DeLong`'s (1988),
//! from the midranks (Sun and Xu, 2014): it has the variance that a bootstrap finds, for samples
//! of this size, and takes one sorting instead of thousands. A median's interval lies between two order
//! statistics, which assumes nothing of how the times are spread.

use crate::rig::statistics::{at, count, quantile};

/// What 95 of 100 normal figures lie within, in standard deviations.
pub(super) const Z: f64 = 1.959_964;

/// A figure with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Estimate {
    pub(super) value: f64,
    pub(super) low: f64,
    pub(super) high: f64,
}

/// How a class compares with the reference.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Comparison {
    pub(super) auc: Estimate,
    /// The difference of the medians, as a part of the reference's.
    pub(super) median: Estimate,
    /// The median of the reference, in microseconds.
    pub(super) reference_us: f64,
    /// The differences at 10 and 90 %, as parts of the reference's.
    pub(super) tenth: f64,
    pub(super) ninetieth: f64,
    /// Welch's t: far from zero, the means differ.
    pub(super) welch: f64,
}

impl Comparison {
    /// Compares times in microseconds; `None` where there are not two of each.
    pub(super) fn of(reference: &[f64], class: &[f64]) -> Option<Self> {
        if reference.len() < 2 || class.len() < 2 {
            return None;
        }
        let welch = welch(reference, class);
        let (reference, class) = (sorted(reference), sorted(class));
        let part = |share: f64| {
            let base = quantile(&reference, share);
            (quantile(&class, share) - base) / base
        };
        let reference_us = quantile(&reference, 0.5);
        let uncertain = half_width(&reference).hypot(half_width(&class)) / reference_us;
        let difference = part(0.5);
        Some(Self {
            auc: auc(&reference, &class),
            median: Estimate { value: difference, low: difference - uncertain, high: difference + uncertain },
            reference_us,
            tenth: part(0.1),
            ninetieth: part(0.9),
            welch,
        })
    }
}

/// The AUC of two sorted samples.
fn auc(reference: &[f64], class: &[f64]) -> Estimate {
    let (n, m) = (size(reference), size(class));
    let mut all = [reference, class].concat();
    all.sort_by(f64::total_cmp);
    // For each time: the part of the other sample that it is longer than.
    let placements = |own: &[f64], others: f64| -> Vec<f64> {
        let (among_all, among_own) = (midranks(own, &all), midranks(own, own));
        among_all.iter().zip(&among_own).map(|(all, own)| (all - own) / others).collect()
    };
    let of_class = placements(class, n);
    let of_reference = placements(reference, m);
    let value = mean(&of_class);
    let deviation = (variance(&of_class) / m + variance(&of_reference) / n).sqrt();
    let (low, high) = (value - Z * deviation, value + Z * deviation);
    Estimate { value, low: low.max(0.0), high: high.min(1.0) }
}

/// The rank of each figure among all, where those that are equal share the mean of theirs. Both are
/// sorted, and every figure is one of all.
fn midranks(figures: &[f64], all: &[f64]) -> Vec<f64> {
    let rank = |figure: &f64| {
        let below = all.partition_point(|other| other < figure);
        let up_to = all.partition_point(|other| other <= figure);
        f64::midpoint(count(below + 1), count(up_to))
    };
    figures.iter().map(rank).collect()
}

fn welch(reference: &[f64], class: &[f64]) -> f64 {
    let error = (variance(reference) / size(reference) + variance(class) / size(class)).sqrt();
    let difference = mean(class) - mean(reference);
    if difference == 0.0 { 0.0 } else { difference / error }
}

/// Half of the 95 % interval of the median.
fn half_width(sorted: &[f64]) -> f64 {
    let (middle, reach) = (size(sorted) / 2.0, Z / 2.0 * size(sorted).sqrt());
    (at(sorted, (middle + reach).ceil() - 1.0) - at(sorted, (middle - reach).floor() - 1.0)) / 2.0
}

fn sorted(figures: &[f64]) -> Vec<f64> {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
}

fn mean(figures: &[f64]) -> f64 {
    figures.iter().sum::<f64>() / size(figures)
}

/// Of a sample.
fn variance(figures: &[f64]) -> f64 {
    let mean = mean(figures);
    figures.iter().map(|figure| (figure - mean).powi(2)).sum::<f64>() / (size(figures) - 1.0)
}

fn size(figures: &[f64]) -> f64 {
    count(figures.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(figure: f64, expected: f64) {
        assert!((figure - expected).abs() < 0.000_1, "{figure} is not {expected}");
    }

    #[test]
    fn the_auc_and_its_interval_are_those_of_pen_and_paper() {
        // Of the nine pairs six are in order and two are ties: 7/9. The placements are 1/2, 5/6 and 1 on
        // both sides, with a variance of 0.064815; so the deviation is the root of 2 · 0.064815 / 3.
        let comparison = Comparison::of(&[3.0, 1.0, 2.0], &[4.0, 2.0, 3.0]).unwrap();
        near(comparison.auc.value, 7.0 / 9.0);
        near(comparison.auc.low, 7.0 / 9.0 - 1.959_964 * 0.207_870);
        near(comparison.auc.high, 1.0);
        // The means differ by one, and each has a variance of 1/3.
        near(comparison.welch, 1.0 / (2.0_f64 / 3.0).sqrt());
    }

    #[test]
    fn the_same_times_tell_nothing() {
        let times = [5.0, 5.0, 6.0, 7.0, 7.0, 7.0];
        let comparison = Comparison::of(&times, &times).unwrap();
        near(comparison.auc.value, 0.5);
        assert!(comparison.auc.low < 0.5 && comparison.auc.high > 0.5);
        assert_eq!((comparison.median.value, comparison.tenth, comparison.welch), (0.0, 0.0, 0.0));
        let all_alike = Comparison::of(&[4.0; 3], &[4.0; 3]).unwrap();
        assert_eq!(all_alike.auc, Estimate { value: 0.5, low: 0.5, high: 0.5 });
    }

    #[test]
    fn what_always_takes_longer_is_told_for_sure() {
        let comparison = Comparison::of(&[1.0, 2.0, 3.0], &[10.0, 11.0, 12.0]).unwrap();
        assert_eq!(comparison.auc, Estimate { value: 1.0, low: 1.0, high: 1.0 });
        let turned = Comparison::of(&[10.0, 11.0, 12.0], &[1.0, 2.0, 3.0]).unwrap();
        near(turned.auc.value, 0.0);
    }

    #[test]
    fn differences_are_parts_of_the_reference() {
        let reference: Vec<f64> = (0..=100).map(|step| 100.0 + f64::from(step)).collect();
        let class: Vec<f64> = reference.iter().map(|time| time * 1.1).collect();
        let comparison = Comparison::of(&reference, &class).unwrap();
        near(comparison.reference_us, 150.0);
        for part in [comparison.tenth, comparison.median.value, comparison.ninetieth] {
            near(part, 0.1);
        }
    }

    #[test]
    fn the_interval_of_a_median_lies_between_two_order_statistics() {
        // Of 100 figures, those at the places 40 and 60: 50 less and more half of 1.96 times 10.
        let reference: Vec<f64> = (1..=100).map(f64::from).collect();
        near(half_width(&reference), (60.0 - 40.0) / 2.0);
        let comparison = Comparison::of(&reference, &reference).unwrap();
        near(comparison.median.high, 10.0_f64.hypot(10.0) / 50.5);
        near(comparison.median.low, -comparison.median.high);
    }

    #[test]
    fn nothing_is_said_of_too_few() {
        assert_eq!(Comparison::of(&[1.0], &[1.0, 2.0]), None);
        assert_eq!(Comparison::of(&[1.0, 2.0], &[]), None);
    }
}
