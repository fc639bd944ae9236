//! The page that Prometheus reads.

use std::sync::Arc;

use async_trait::async_trait;
use autorisen_http::MetricsPage;
use prometheus::TextEncoder;
use tokio::sync::Mutex;

use super::{Metrics, Sources};

/// Everything that is counted, with what is read when somebody asks.
pub(crate) struct Page {
    metrics: Arc<Metrics>,
    /// One reads at a time: others wait, and whoever asks in a loop does not keep the database busy.
    sources: Mutex<Sources>,
}

impl Page {
    /// A page of these.
    pub(crate) fn new(metrics: Arc<Metrics>, sources: Sources) -> Self {
        Self { metrics, sources: Mutex::new(sources) }
    }
}

#[async_trait]
impl MetricsPage for Page {
    async fn text(&self) -> String {
        let sources = self.sources.lock().await;
        self.metrics.readings.refresh(&sources).await;
        // An error would be a metric without a value, of which the registry has none.
        TextEncoder::new().encode_to_string(&self.metrics.registry.gather()).unwrap_or_default()
    }
}
