//! Counts requests. It is on the way of every one, so it takes no lock: each thread remembers the counters
//! of the routes it has seen.

use std::cell::RefCell;
use std::collections::HashMap;
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use autorisen_domain::error::PortError;
use autorisen_http::{AccessLine, RequestLog};
use prometheus::{Histogram, HistogramVec, IntCounter, IntCounterVec};

use super::book::SPANS;
use super::{Book, MetricsError};

/// The label of every path that matches no route.
const UNMATCHED: &str = "unmatched";
/// The methods that routes know; whatever else somebody makes up is `other`.
const METHODS: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "other"];
const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

/// Passes requests on to the log, and counts them.
pub(crate) struct CountedRequests {
    inner: Arc<dyn RequestLog>,
    metrics: Arc<RequestMetrics>,
}

impl CountedRequests {
    /// Passes requests on to `inner`.
    pub(crate) const fn new(inner: Arc<dyn RequestLog>, metrics: Arc<RequestMetrics>) -> Self {
        Self { inner, metrics }
    }
}

impl RequestLog for CountedRequests {
    fn access(&self, line: &AccessLine<'_>) {
        self.metrics.count(line);
        self.inner.access(line);
    }

    fn fault(&self, request_id: &str, cause: &(dyn Error + 'static)) {
        let is_overload = cause.downcast_ref::<PortError>().is_some_and(PortError::is_overload);
        if is_overload { &self.metrics.overloads } else { &self.metrics.faults }.inc();
        self.inner.fault(request_id, cause);
    }
}

/// The counters.
pub(crate) struct RequestMetrics {
    /// Which of all in this process these are.
    instance: u64,
    total: IntCounterVec,
    duration: HistogramVec,
    faults: IntCounter,
    overloads: IntCounter,
}

/// The counters of one route and method.
struct Series {
    duration: Histogram,
    classes: [IntCounter; CLASSES.len()],
}

#[derive(Default)]
struct Seen {
    instance: u64,
    routes: HashMap<String, [Option<Series>; METHODS.len()]>,
}

thread_local! {
    static SEEN: RefCell<Seen> = RefCell::default();
}

impl RequestMetrics {
    pub(super) fn new(book: &mut Book) -> Result<Self, MetricsError> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let faults = book.counters(
            "autorisen_http_faults_total",
            &["kind"],
            "Causes behind answers that the log tells: overload (something was full) and fault (something failed).",
        )?;
        Ok(Self {
            instance: NEXT.fetch_add(1, Ordering::Relaxed),
            total: book.counters(
                "autorisen_http_requests_total",
                &["method", "route", "status"],
                "Requests that were answered, by the pattern of the route and the class of the status.",
            )?,
            duration: book.histograms(
                "autorisen_http_request_duration_seconds",
                &["method", "route"],
                &SPANS,
                "From the head of a request to the head of its answer; a streamed answer goes on after that.",
            )?,
            faults: faults.get_metric_with_label_values(&["fault"])?,
            overloads: faults.get_metric_with_label_values(&["overload"])?,
        })
    }

    fn count(&self, line: &AccessLine<'_>) {
        let route = line.route.unwrap_or(UNMATCHED);
        let method = METHODS.iter().position(|method| *method == line.method).unwrap_or(METHODS.len() - 1);
        let class = usize::from(line.status / 100).clamp(1, CLASSES.len()) - 1;
        SEEN.with_borrow_mut(|seen| {
            if seen.instance != self.instance {
                *seen = Seen { instance: self.instance, routes: HashMap::new() };
            }
            if !seen.routes.contains_key(route) {
                seen.routes.insert(route.to_owned(), Default::default());
            }
            let Some(series) = seen.routes.get_mut(route).and_then(|methods| methods.get_mut(method)) else {
                return;
            };
            if series.is_none() {
                *series = self.series(METHODS[method], route).ok();
            }
            if let Some(series) = series {
                series.classes[class].inc();
                series.duration.observe(line.duration.as_secs_f64());
            }
        });
    }

    fn series(&self, method: &str, route: &str) -> Result<Series, prometheus::Error> {
        let class = |class: &str| self.total.get_metric_with_label_values(&[method, route, class]);
        let [one, two, three, four, five] = CLASSES.map(class);
        Ok(Series {
            duration: self.duration.get_metric_with_label_values(&[method, route])?,
            classes: [one?, two?, three?, four?, five?],
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use prometheus::TextEncoder;

    use super::*;

    fn line<'a>(method: &'a str, path: &'a str, route: Option<&'a str>, status: u16) -> AccessLine<'a> {
        let duration = Duration::from_millis(3);
        AccessLine { request_id: "r-1", client_ip: None, method, path, route, status, duration }
    }

    #[test]
    fn whatever_is_asked_for_the_series_are_as_many_as_the_routes() {
        let mut book = Book::default();
        let metrics = RequestMetrics::new(&mut book).unwrap();
        for number in 0..1_000 {
            let path = format!("/sessions/{number}");
            metrics.count(&line("GET", &path, Some("/sessions/{id}"), 200));
            metrics.count(&line("GET", &path, None, 404));
            metrics.count(&line(&format!("M{number}"), &path, None, 405));
        }
        let text = TextEncoder::new().encode_to_string(&book.registry.gather()).unwrap();
        let series = text.lines().filter(|line| line.starts_with("autorisen_http_requests_total{")).count();
        assert_eq!(series, 3 * CLASSES.len(), "{text}");
        for line in [
            r#"autorisen_http_requests_total{method="GET",route="/sessions/{id}",status="2xx"} 1000"#,
            r#"autorisen_http_requests_total{method="GET",route="unmatched",status="4xx"} 1000"#,
            r#"autorisen_http_requests_total{method="other",route="unmatched",status="4xx"} 1000"#,
            r#"autorisen_http_request_duration_seconds_bucket{method="GET",route="unmatched",le="0.0025"} 0"#,
            r#"autorisen_http_request_duration_seconds_bucket{method="GET",route="unmatched",le="0.005"} 1000"#,
        ] {
            assert!(text.lines().any(|told| told == line), "{line}: {text}");
        }
    }

    #[test]
    fn a_status_that_is_none_is_in_a_class_all_the_same() {
        let mut book = Book::default();
        let metrics = RequestMetrics::new(&mut book).unwrap();
        for status in [0, 99, 600, 999] {
            metrics.count(&line("GET", "/", Some("/"), status));
        }
        let count = |class| metrics.total.with_label_values(&["GET", "/", class]).get();
        assert_eq!((count("1xx"), count("5xx")), (2, 2));
    }

    /// Prints what counting costs; run it alone, optimised: it asserts nothing of time.
    #[test]
    #[ignore = "a measurement"]
    fn what_counting_costs() {
        let metrics = RequestMetrics::new(&mut Book::default()).unwrap();
        let begun = std::time::Instant::now();
        for _ in 0..1_000_000 {
            metrics.count(&line("GET", "/api/auth/me", Some("/api/auth/me"), 200));
        }
        println!("{} ns a request", begun.elapsed().as_nanos() / 1_000_000);
    }
}
