//! Sends what exporters have to say, on the runtime of the server.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use reqwest::redirect::Policy;
use rustls::{ClientConfig, RootCertStore};
use tokio::runtime::Handle;

use super::TracesError;

/// The longest answer that is read, in bytes: a collector says next to nothing.
const MAX_ANSWER: usize = 64 * 1024;

/// A client for the network that the thread of the exporter can use, which has no runtime of its own.
#[derive(Debug)]
pub(super) struct Sender {
    client: reqwest::Client,
    runtime: Handle,
}

impl Sender {
    /// It must be called within the runtime that sends.
    pub(super) fn new(timeout: Duration) -> Result<Self, TracesError> {
        let roots: RootCertStore = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .timeout(timeout)
            .redirect(Policy::none())
            .build()?;
        Ok(Self { client, runtime: Handle::current() })
    }
}

#[async_trait]
impl HttpClient for Sender {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let client = self.client.clone();
        let sending = self.runtime.spawn(async move { send(&client, request).await });
        sending.await?
    }
}

async fn send(client: &reqwest::Client, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
    let (head, body) = request.into_parts();
    let asked = client.request(head.method, head.uri.to_string()).headers(head.headers).body(body);
    let mut answer = asked.send().await.map_err(reqwest::Error::without_url)?;
    let mut said = Vec::new();
    while let Some(piece) = answer.chunk().await.map_err(reqwest::Error::without_url)? {
        if said.len() + piece.len() > MAX_ANSWER {
            return Err("the answer is too long".into());
        }
        said.extend_from_slice(&piece);
    }
    let mut response = Response::new(Bytes::from(said));
    *response.status_mut() = answer.status();
    *response.headers_mut() = answer.headers().clone();
    Ok(response)
}
