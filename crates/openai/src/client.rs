//! Calling a model's server: with retries before an answer begins, and with limits on its time.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use autorisen_domain::chat::MessageFiles;
use autorisen_domain::clock::{Timer, Timestamp};
use autorisen_domain::id::IdSource;
use futures_util::future::{Either, select};
use reqwest::header::{ACCEPT, CONTENT_TYPE, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Response};
use rustls::{ClientConfig, RootCertStore};
use secrecy::ExposeSecret;
use serde_json::Value;

use crate::breaker::Breaker;
use crate::fault::Fault;
use crate::frames::Frames;
use crate::outgoing::Outgoing;
use crate::settings::{Api, OpenAiSettings};

const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// The first pause before another try; it doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// Nobody waits in front of a screen for longer than this.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// The longest answer that is read as a whole, in bytes.
const MAX_WHOLE: usize = 1024 * 1024;

/// The client for the network could not be made.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The kinds of TLS that are wanted are not there.
    #[error("TLS is not to be had")]
    Tls(#[from] rustls::Error),
    /// The rest of it.
    #[error("no client for the network is to be had")]
    Client(#[from] reqwest::Error),
}

/// Calls one server.
pub(crate) struct ModelClient {
    client: Client,
    breaker: Breaker,
    ids: IdSource,
    timer: Arc<dyn Timer>,
    files: MessageFiles,
}

/// One call of the server.
struct Call<'a> {
    path: &'a str,
    content_type: &'a str,
    accept: &'a str,
    body: &'a Outgoing,
}

/// An answer that has begun. Dropping it ends the request.
pub(crate) struct Answer {
    response: Response,
    frames: Frames,
    silence: Duration,
}

impl ModelClient {
    pub(crate) fn new(ids: IdSource, timer: Arc<dyn Timer>, files: MessageFiles) -> Result<Self, StartError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let roots: RootCertStore = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect();
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let client = Client::builder()
            .tls_backend_preconfigured(tls)
            .connect_timeout(CONNECT_WITHIN)
            .redirect(Policy::none())
            .build()?;
        Ok(Self { client, breaker: Breaker::default(), ids, timer, files })
    }

    /// Asks, and gives the answer once it begins.
    pub(crate) async fn ask(&self, settings: &OpenAiSettings, body: &Outgoing) -> Result<Answer, Fault> {
        let path = match settings.api {
            Api::Responses => "responses",
            Api::Completions => "chat/completions",
        };
        let call = Call { path, content_type: "application/json", accept: "text/event-stream", body };
        let response = self.call(settings, &call).await?;
        let kind = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        if !kind.is_some_and(|kind| kind.starts_with("text/event-stream")) {
            return Err(self.noted(Fault::Unknown("it is no stream of events")));
        }
        Ok(Answer { response, frames: Frames::default(), silence: settings.limits.silence })
    }

    /// Sends a recording, and gives what the server answers.
    pub(crate) async fn transcribe(
        &self,
        settings: &OpenAiSettings,
        content_type: &str,
        form: &Outgoing,
    ) -> Result<Value, Fault> {
        let call =
            Call { path: "audio/transcriptions", content_type, accept: "application/json", body: form };
        let mut response = self.call(settings, &call).await?;
        let answer = tokio::time::timeout(settings.limits.silence, whole(&mut response));
        let answer = answer.await.unwrap_or(Err(Fault::Silent)).map_err(|fault| self.noted(fault))?;
        self.breaker.succeeded();
        Ok(answer)
    }

    /// Makes a call, again where that may help, and gives the response once it begins.
    async fn call(&self, settings: &OpenAiSettings, call: &Call<'_>) -> Result<Response, Fault> {
        let mut pause = FIRST_PAUSE;
        let mut tries = 0;
        loop {
            if !self.breaker.allows(self.ids.now()) {
                return Err(Fault::Resting);
            }
            let fault = match self.try_once(settings, call).await {
                Ok(response) => return Ok(response),
                Err(fault) => fault,
            };
            self.note(&fault);
            let wait = match fault {
                Fault::Status { retry_after: Some(wait), .. } => wait,
                _ => pause,
            };
            if tries >= settings.limits.retries || !fault.may_pass() || wait > LONGEST_PAUSE {
                return Err(fault);
            }
            tries += 1;
            pause *= 2;
            self.timer.sleep(wait).await;
        }
    }

    /// The answer came whole.
    pub(crate) fn succeeded(&self) {
        self.breaker.succeeded();
    }

    /// Something was wrong with it.
    pub(crate) fn note(&self, fault: &Fault) {
        if fault.counts_against_server() {
            self.breaker.failed(self.ids.now());
        }
    }

    fn noted(&self, fault: Fault) -> Fault {
        self.note(&fault);
        fault
    }

    async fn try_once(&self, settings: &OpenAiSettings, call: &Call<'_>) -> Result<Response, Fault> {
        let url = format!("{}/{}", settings.base_url.trim_end_matches('/'), call.path);
        let mut request =
            self.client.post(url).header(CONTENT_TYPE, call.content_type).header(ACCEPT, call.accept);
        if let Some(key) = &settings.key {
            request = request.bearer_auth(key.expose_secret());
        }
        let sending = tokio::time::timeout(settings.limits.silence, self.send(request, call.body));
        let response = sending.await.map_err(|_| Fault::Silent)??;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let header = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        let retry_after = header.and_then(|text| wait_until(text, self.ids.now()));
        Err(Fault::Status { status, retry_after })
    }

    /// Sends the body, and reads its files meanwhile.
    async fn send(&self, request: RequestBuilder, body: &Outgoing) -> Result<Response, Fault> {
        let (pipe, sender) = body.pipe();
        let sending = pin!(request.body(pipe).send());
        let feeding = pin!(body.feed(sender, &self.files));
        let sent = match select(sending, feeding).await {
            Either::Left((sent, _)) => sent,
            Either::Right((Ok(()), sending)) => sending.await,
            Either::Right((Err(cause), _)) => return Err(Fault::File(cause)),
        };
        sent.map_err(|error| Fault::Reach(error.without_url()))
    }
}

impl Answer {
    /// The data of the next events; `None` at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<String>>, Fault> {
        let chunk =
            tokio::time::timeout(self.silence, self.response.chunk()).await.map_err(|_| Fault::Silent)?;
        match chunk.map_err(|error| Fault::Cut(Some(error.without_url())))? {
            Some(bytes) => self.frames.take(&bytes).map(Some),
            None => Ok(None),
        }
    }
}

/// A short answer that is JSON.
async fn whole(response: &mut Response) -> Result<Value, Fault> {
    let mut read = Vec::new();
    while let Some(bytes) = response.chunk().await.map_err(|error| Fault::Cut(Some(error.without_url())))? {
        read.extend_from_slice(&bytes);
        if read.len() > MAX_WHOLE {
            return Err(Fault::TooMuch);
        }
    }
    serde_json::from_slice(&read).map_err(|_| Fault::Unknown("it is not JSON"))
}

/// What `Retry-After` asks for: seconds, or a date (RFC 9110, section 10.2.3).
fn wait_until(text: &str, now: Timestamp) -> Option<Duration> {
    if let Ok(secs) = text.trim().parse() {
        return Some(Duration::from_secs(secs));
    }
    let date = chrono::DateTime::parse_from_rfc2822(text.trim()).ok()?;
    Some(Timestamp::from_secs(date.timestamp()).since(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_told_in_seconds_or_as_a_date() {
        let now = Timestamp::from_secs(1_700_000_000);
        assert_eq!(wait_until("7", now), Some(Duration::from_secs(7)));
        assert_eq!(wait_until("Tue, 14 Nov 2023 22:13:25 GMT", now), Some(Duration::from_secs(5)));
        assert_eq!(wait_until("Tue, 14 Nov 2023 22:13:15 GMT", now), Some(Duration::ZERO));
        assert_eq!(wait_until("soon", now), None);
    }
}
