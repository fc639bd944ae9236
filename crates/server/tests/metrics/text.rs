//! The text format of Prometheus, read strictly: <https://prometheus.io/docs/instrumenting/exposition_formats/>.

use std::collections::{BTreeMap, BTreeSet};

pub(crate) type Labels = BTreeMap<String, String>;

/// What was told.
pub(crate) struct Told {
    kinds: BTreeMap<String, String>,
    samples: BTreeMap<String, Vec<(Labels, f64)>>,
}

impl Told {
    /// Reads a page; whatever is not as the format wants it fails.
    #[track_caller]
    pub(crate) fn read(text: &str) -> Self {
        assert!(text.ends_with('\n'), "the last line ends");
        let (mut kinds, mut helped) = (BTreeMap::new(), BTreeSet::new());
        let mut samples: BTreeMap<String, Vec<(Labels, f64)>> = BTreeMap::new();
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("# HELP ") {
                let (name, help) = rest.split_once(' ').unwrap();
                assert!(helped.insert(name.to_owned()) && !help.is_empty(), "{line}");
            } else if let Some(rest) = line.strip_prefix("# TYPE ") {
                let (name, kind) = rest.split_once(' ').unwrap();
                assert!(["counter", "gauge", "histogram"].contains(&kind) && helped.contains(name), "{line}");
                assert!(kinds.insert(name.to_owned(), kind.to_owned()).is_none(), "{line}");
            } else {
                let (name, labels, value) = sample(line);
                assert!(kinds.contains_key(family(&name, &kinds)), "its type comes first: {line}");
                let all = samples.entry(name).or_default();
                assert!(all.iter().all(|(known, _)| *known != labels), "twice: {line}");
                all.push((labels, value));
            }
        }
        let told = Self { kinds, samples };
        told.check_histograms();
        told
    }

    /// The value of the one series that has these labels.
    #[track_caller]
    pub(crate) fn value(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let matching = self.matching(name, labels);
        assert_eq!(matching.len(), 1, "{name} {labels:?}: {:?}", self.samples.get(name));
        matching[0]
    }

    /// The sum over all series that have these labels.
    pub(crate) fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        self.matching(name, labels).iter().sum()
    }

    fn matching(&self, name: &str, labels: &[(&str, &str)]) -> Vec<f64> {
        let all = self.samples.get(name).into_iter().flatten();
        let has = |told: &Labels| {
            labels.iter().all(|(name, value)| told.get(*name).is_some_and(|told| told == value))
        };
        all.filter(|(told, _)| has(told)).map(|(_, value)| *value).collect()
    }

    /// How many series there are.
    pub(crate) fn series(&self) -> usize {
        self.samples.values().map(Vec::len).sum()
    }

    /// The names of all metrics.
    pub(crate) fn metrics(&self) -> impl Iterator<Item = &str> {
        self.kinds.keys().map(String::as_str)
    }

    /// The kind of the metric that a series of this name belongs to.
    pub(crate) fn kind(&self, name: &str) -> Option<&str> {
        self.kinds.get(family(name, &self.kinds)).map(String::as_str)
    }

    /// The values that a label of a series has, and none when there is no such label or series.
    pub(crate) fn values(&self, name: &str, label: &str) -> BTreeSet<&str> {
        let all = self.samples.get(name).into_iter().flatten();
        all.filter_map(|(labels, _)| labels.get(label)).map(String::as_str).collect()
    }

    /// Whether there is a series of this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.samples.contains_key(name)
    }

    fn check_histograms(&self) {
        for (name, _) in self.kinds.iter().filter(|(_, kind)| *kind == "histogram") {
            for (labels, count) in &self.samples[&format!("{name}_count")] {
                let same = |told: &Labels| told.iter().filter(|(name, _)| *name != "le").eq(labels.iter());
                let buckets: Vec<_> =
                    self.samples[&format!("{name}_bucket")].iter().filter(|(told, _)| same(told)).collect();
                assert!(buckets.is_sorted_by(|(_, a), (_, b)| a <= b), "{name} {labels:?}: {buckets:?}");
                let (last, all) = buckets.last().unwrap();
                assert_eq!((last["le"].as_str(), all), ("+Inf", count), "{name} {labels:?}");
            }
        }
    }
}

fn family<'a>(name: &'a str, kinds: &BTreeMap<String, String>) -> &'a str {
    let of_histogram = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end));
    of_histogram.filter(|name| kinds.get(*name).is_some_and(|kind| kind == "histogram")).unwrap_or(name)
}

fn sample(line: &str) -> (String, Labels, f64) {
    let end = line.find(['{', ' ']).unwrap();
    let name = &line[..end];
    assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{line}");
    let (labels, value) = match line[end..].strip_prefix('{') {
        Some(rest) => {
            let (labels, value) = rest.rsplit_once("} ").unwrap();
            (labels_of(labels), value)
        }
        None => (Labels::new(), &line[end + 1..]),
    };
    (name.to_owned(), labels, value.replace("+Inf", "inf").parse().unwrap_or_else(|_| panic!("{line}")))
}

fn labels_of(text: &str) -> Labels {
    let mut labels = Labels::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (name, after) = rest.split_once("=\"").unwrap();
        // No value here holds a quote or a backslash.
        let (value, after) = after.split_once('"').unwrap();
        assert!(!value.contains('\\'), "{text}");
        assert!(labels.insert(name.to_owned(), value.to_owned()).is_none(), "{text}");
        rest = after.strip_prefix(',').unwrap_or(after);
    }
    labels
}
