//! Traces by OpenTelemetry, for who set an address to send them to; else nothing of this exists.
//!
//! A request that is followed is a span, `requests.rs`; what adapters do for it become spans within it,
//! `work.rs`. Which request a piece of work belongs to is known by the task that is being run
//! (`opentelemetry::Context`). Spans hold names of routes, operations and models, and numbers: nothing of
//! users, no address, no text, nothing secret.

mod export;
mod requests;
mod sender;
mod work;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{
    ExporterBuildError, Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _,
};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SdkTracer, SdkTracerProvider};
use slog::{Logger, info, warn};

use crate::config::{SamplerKind, TraceSettings};
use crate::logging::EVENT;

use self::export::ToldExporter;
use self::sender::Sender;
pub(crate) use self::work::{Ongoing, Work};

/// How long what is left may take to be sent when the server stops.
const FLUSH_WITHIN: Duration = Duration::from_secs(3);

/// Traces could not be begun.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TracesError {
    /// What sends them could not be made.
    #[error("cannot prepare to send traces")]
    Exporter(#[from] ExporterBuildError),
    /// TLS is not to be had.
    #[error("TLS is not to be had")]
    Tls(#[from] rustls::Error),
    /// No client for the network.
    #[error("no client for the network is to be had")]
    Client(#[from] reqwest::Error),
}

/// Follows requests, and sends what it learns. Clones are the same.
#[derive(Clone)]
pub(crate) struct Traces {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
    log: Logger,
}

impl Traces {
    /// Begins to follow requests. It must be called within the runtime that goes on until [`Self::end`], which
    /// is what sends; a thread of its own gathers, and forgets what comes when too much waits.
    pub(crate) fn begin(settings: &TraceSettings, version: &str, log: &Logger) -> Result<Self, TracesError> {
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(Sender::new(settings.timeout)?)
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(&settings.endpoint)
            .with_timeout(settings.timeout)
            .with_headers(headers(settings))
            .build()?;
        let attributes = settings.attributes.iter();
        let resource = Resource::builder()
            .with_attribute(KeyValue::new("service.version", version.to_owned()))
            .with_attributes(attributes.map(|(name, value)| KeyValue::new(name.clone(), value.clone())))
            .with_service_name(settings.service_name.clone())
            .build();
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(ToldExporter::new(exporter, log.clone()))
            .with_sampler(sampler(settings))
            .with_resource(resource)
            .build();
        info!(log, #EVENT, "traces.start"; "url" => &settings.endpoint);
        Ok(Self { tracer: provider.tracer("autorisen"), provider, log: log.clone() })
    }

    /// Sends what is left, for some seconds at most.
    pub(crate) async fn end(self) {
        let provider = self.provider;
        let ended = actix_web::rt::task::spawn_blocking(move || provider.shutdown_with_timeout(FLUSH_WITHIN));
        if let Ok(Err(error)) = ended.await {
            warn!(self.log, #EVENT, "traces.stop.failure"; "error" => error.to_string());
        }
    }

    /// What follows the work of adapters.
    pub(crate) fn work(&self) -> Work {
        Work::new(self.tracer.clone())
    }

    /// What follows requests.
    pub(crate) fn requests(&self) -> Arc<dyn autorisen_http::RequestTracer> {
        Arc::new(requests::Requests::new(self.tracer.clone()))
    }
}

fn headers(settings: &TraceSettings) -> HashMap<String, String> {
    use secrecy::ExposeSecret as _;
    let pairs = settings.headers.iter();
    pairs.map(|(name, value)| (name.clone(), value.expose_secret().to_owned())).collect()
}

fn sampler(settings: &TraceSettings) -> Sampler {
    let based = |sampler| Sampler::ParentBased(Box::new(sampler));
    match settings.sampler {
        SamplerKind::AlwaysOn => Sampler::AlwaysOn,
        SamplerKind::AlwaysOff => Sampler::AlwaysOff,
        SamplerKind::Ratio => Sampler::TraceIdRatioBased(settings.ratio),
        SamplerKind::ParentOr(true) => based(Sampler::AlwaysOn),
        SamplerKind::ParentOr(false) => based(Sampler::AlwaysOff),
        SamplerKind::ParentOrRatio => based(Sampler::TraceIdRatioBased(settings.ratio)),
    }
}
