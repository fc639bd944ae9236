//! Asking a model: a question goes out, and events come back as they are written; or a recording, and its
//! text comes back.

use std::sync::Arc;
use std::time::Duration;

use autorisen_domain::chat::MessageFiles;
use autorisen_domain::clock::{Clock, Timer};
use reqwest::Response;
use reqwest::header::CONTENT_TYPE;
use serde_json::Value;

use crate::body;
use crate::client::{ApiClient, Call, Content, Patience, StartError};
use crate::fault::Fault;
use crate::frames::Frames;
use crate::outgoing::Outgoing;
use crate::settings::{Api, OpenAiSettings};

/// Nobody waits in front of a screen for longer than this.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// The longest text of a recording, in bytes.
const MAX_TRANSCRIPT: usize = 1024 * 1024;

/// Asks the models of one server.
pub(crate) struct ModelClient {
    api: ApiClient,
    files: MessageFiles,
}

/// An answer that has begun. Dropping it ends the request.
pub(crate) struct Answer {
    response: Response,
    frames: Frames,
    silence: Duration,
}

impl ModelClient {
    pub(crate) fn new(
        clock: Arc<dyn Clock>,
        timer: Arc<dyn Timer>,
        files: MessageFiles,
    ) -> Result<Self, StartError> {
        Ok(Self { api: ApiClient::new(clock, timer)?, files })
    }

    /// Asks, and gives the answer once it begins.
    pub(crate) async fn ask(&self, settings: &OpenAiSettings, body: &Outgoing) -> Result<Answer, Fault> {
        let path = match settings.api {
            Api::Responses => "responses",
            Api::Completions => "chat/completions",
        };
        let content = Content::Piped { media_type: "application/json", body, files: &self.files };
        let response = self.call(settings, path, "text/event-stream", content).await?;
        let kind = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        if kind.is_some_and(|kind| kind.starts_with("text/event-stream")) {
            return Ok(Answer { response, frames: Frames::default(), silence: settings.limits.silence });
        }
        let fault = Fault::Unknown("it is no stream of events");
        self.api.note(&fault);
        Err(fault)
    }

    /// Sends a recording, and gives what the server answers.
    pub(crate) async fn transcribe(
        &self,
        settings: &OpenAiSettings,
        media_type: &str,
        form: &Outgoing,
    ) -> Result<Value, Fault> {
        let content = Content::Piped { media_type, body: form, files: &self.files };
        let response = self.call(settings, "audio/transcriptions", "application/json", content).await?;
        let read = tokio::time::timeout(settings.limits.silence, body::read(response, MAX_TRANSCRIPT)).await;
        let answer = read
            .unwrap_or(Err(Fault::Silent))
            .and_then(|bytes| serde_json::from_slice(&bytes).map_err(|_| Fault::Unknown("it is not JSON")));
        let answer = answer.inspect_err(|fault| self.api.note(fault))?;
        self.api.succeeded();
        Ok(answer)
    }

    async fn call(
        &self,
        settings: &OpenAiSettings,
        path: &str,
        accept: &'static str,
        content: Content<'_>,
    ) -> Result<Response, Fault> {
        let call = Call {
            url: format!("{}/{path}", settings.base_url.trim_end_matches('/')),
            key: settings.key.as_ref(),
            headers: &[],
            accept,
            content,
        };
        let (silence, retries) = (settings.limits.silence, settings.limits.retries);
        self.api.ask(&call, Patience { silence, retries, longest_pause: LONGEST_PAUSE }).await
    }

    /// The answer came whole.
    pub(crate) fn succeeded(&self) {
        self.api.succeeded();
    }

    /// Something was wrong with it.
    pub(crate) fn note(&self, fault: &Fault) {
        self.api.note(fault);
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
