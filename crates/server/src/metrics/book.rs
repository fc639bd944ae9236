//! The one way to make a metric, which keeps a list of all there are.

use prometheus::core::Collector;
use prometheus::{
    Counter, Gauge, GaugeVec, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, Opts,
    Registry,
};

/// A metric could not be made; its name or labels are not as Prometheus wants them, or it is there already.
#[derive(Debug, thiserror::Error)]
#[error("a metric cannot be made")]
pub(crate) struct MetricsError(#[from] prometheus::Error);

/// From a tenth of a millisecond to a minute: what requests, passwords and databases take.
pub(super) const SPANS: [f64; 15] =
    [0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];
/// From a hundredth of a second to five minutes: what models take.
pub(super) const LONG_SPANS: [f64; 12] =
    [0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 60.0, 120.0, 300.0];

/// What is known of a metric apart from its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) name: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) labels: Vec<&'static str>,
    pub(crate) help: &'static str,
}

/// Makes metrics and keeps the list.
#[derive(Default)]
pub(crate) struct Book {
    pub(super) registry: Registry,
    entries: Vec<Entry>,
}

impl Book {
    /// Every metric that was made, in that order.
    #[cfg(test)]
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    pub(super) fn counter(
        &mut self,
        name: &'static str,
        help: &'static str,
    ) -> Result<IntCounter, MetricsError> {
        self.add(name, "counter", &[], help, IntCounter::new(name, help)?)
    }

    /// A count of something that is measured elsewhere, such as seconds.
    pub(super) fn float_counter(
        &mut self,
        name: &'static str,
        help: &'static str,
    ) -> Result<Counter, MetricsError> {
        self.add(name, "counter", &[], help, Counter::new(name, help)?)
    }

    pub(super) fn counters(
        &mut self,
        name: &'static str,
        labels: &[&'static str],
        help: &'static str,
    ) -> Result<IntCounterVec, MetricsError> {
        self.add(name, "counter", labels, help, IntCounterVec::new(Opts::new(name, help), labels)?)
    }

    pub(super) fn gauge(&mut self, name: &'static str, help: &'static str) -> Result<Gauge, MetricsError> {
        self.add(name, "gauge", &[], help, Gauge::new(name, help)?)
    }

    pub(super) fn gauges(
        &mut self,
        name: &'static str,
        labels: &[&'static str],
        help: &'static str,
    ) -> Result<GaugeVec, MetricsError> {
        self.add(name, "gauge", labels, help, GaugeVec::new(Opts::new(name, help), labels)?)
    }

    pub(super) fn histogram(
        &mut self,
        name: &'static str,
        buckets: &[f64],
        help: &'static str,
    ) -> Result<Histogram, MetricsError> {
        let options = HistogramOpts::new(name, help).buckets(buckets.to_vec());
        self.add(name, "histogram", &[], help, Histogram::with_opts(options)?)
    }

    pub(super) fn histograms(
        &mut self,
        name: &'static str,
        labels: &[&'static str],
        buckets: &[f64],
        help: &'static str,
    ) -> Result<HistogramVec, MetricsError> {
        let options = HistogramOpts::new(name, help).buckets(buckets.to_vec());
        self.add(name, "histogram", labels, help, HistogramVec::new(options, labels)?)
    }

    fn add<M: Collector + Clone + 'static>(
        &mut self,
        name: &'static str,
        kind: &'static str,
        labels: &[&'static str],
        help: &'static str,
        metric: M,
    ) -> Result<M, MetricsError> {
        self.registry.register(Box::new(metric.clone()))?;
        self.entries.push(Entry { name, kind, labels: labels.to_vec(), help });
        Ok(metric)
    }
}
