//! An exporter that tells the log when nobody takes what it sends, once, and when somebody does again.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use slog::{Logger, info, warn};

use crate::logging::EVENT;

/// Passes spans on.
pub(super) struct ToldExporter<E> {
    inner: E,
    is_failing: AtomicBool,
    log: Logger,
}

impl<E> ToldExporter<E> {
    pub(super) const fn new(inner: E, log: Logger) -> Self {
        Self { inner, is_failing: AtomicBool::new(false), log }
    }
}

impl<E> fmt::Debug for ToldExporter<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ToldExporter").finish_non_exhaustive()
    }
}

impl<E: SpanExporter> SpanExporter for ToldExporter<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let spans = batch.len();
        let exported = self.inner.export(batch).await;
        let was_failing = self.is_failing.swap(exported.is_err(), Ordering::Relaxed);
        match &exported {
            Err(error) if !was_failing => warn!(self.log, #EVENT, "traces.export.failure";
                "error" => error.to_string(), "spans" => spans,
                "detail" => "spans are dropped until the collector takes them; this is said once"),
            Ok(()) if was_failing => info!(self.log, #EVENT, "traces.export.success"; "spans" => spans),
            _ => {}
        }
        exported
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.inner.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.inner.set_resource(resource);
    }
}
