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
use crate::client::{ApiClient, Asked, Call, Content, Patience, StartError};
use crate::fault::Fault;
use crate::frames::Frames;
use crate::observer::{CallKind, UpstreamObserver, Watch};
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
    kind: CallKind,
    watch: Watch,
    response: Response,
    frames: Frames,
    silence: Duration,
}

impl ModelClient {
    pub(crate) fn new(
        clock: Arc<dyn Clock>,
        timer: Arc<dyn Timer>,
        files: MessageFiles,
        observer: Option<Arc<dyn UpstreamObserver>>,
    ) -> Result<Self, StartError> {
        Ok(Self { api: ApiClient::new(clock, timer, observer)?, files })
    }

    /// Asks `model`, and gives the answer once it begins.
    pub(crate) async fn ask(
        &self,
        settings: &OpenAiSettings,
        model: &str,
        body: &Outgoing,
    ) -> Result<Answer, Fault> {
        let (kind, path) = asked(settings.api);
        let content = Content::Piped { media_type: "application/json", body, files: &self.files };
        let what = (kind, Some(model), path);
        let Asked { response, mut watch } = self.call(settings, what, "text/event-stream", content).await?;
        let media_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        if media_type.is_some_and(|media_type| media_type.starts_with("text/event-stream")) {
            return Ok(Answer {
                kind,
                watch,
                response,
                frames: Frames::default(),
                silence: settings.limits.silence,
            });
        }
        let fault = Fault::Unknown("it is no stream of events");
        self.api.failed(kind, &mut watch, &fault);
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
        let kind = CallKind::Transcription;
        let what = (kind, settings.transcriber.as_deref(), "audio/transcriptions");
        let Asked { response, mut watch } = self.call(settings, what, "application/json", content).await?;
        let read = tokio::time::timeout(settings.limits.silence, body::read(response, MAX_TRANSCRIPT)).await;
        let answer = read
            .unwrap_or(Err(Fault::Silent))
            .and_then(|bytes| serde_json::from_slice(&bytes).map_err(|_| Fault::Unknown("it is not JSON")));
        let answer = answer.inspect_err(|fault| self.api.failed(kind, &mut watch, fault))?;
        self.api.succeeded(&mut watch);
        Ok(answer)
    }

    async fn call(
        &self,
        settings: &OpenAiSettings,
        (kind, model, path): (CallKind, Option<&str>, &str),
        accept: &'static str,
        content: Content<'_>,
    ) -> Result<Asked, Fault> {
        let call = Call {
            kind,
            model,
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
    pub(crate) fn succeeded(&self, answer: &mut Answer) {
        self.api.succeeded(&mut answer.watch);
    }

    /// Something was wrong with it.
    pub(crate) fn failed(&self, answer: &mut Answer, fault: &Fault) {
        self.api.failed(answer.kind, &mut answer.watch, fault);
    }

    /// Something was wrong with the whole of what was asked, in which no single call is to blame.
    pub(crate) fn note(&self, kind: CallKind, fault: &Fault) {
        self.api.note(kind, fault);
    }
}

/// What is asked for by an API, and where.
pub(crate) const fn asked(api: Api) -> (CallKind, &'static str) {
    match api {
        Api::Responses => (CallKind::Responses, "responses"),
        Api::Completions => (CallKind::Completions, "chat/completions"),
    }
}

impl Answer {
    /// What it was worth, as the server says.
    pub(crate) fn tokens(&mut self, input: u64, output: u64) {
        self.watch.tokens(input, output);
    }

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
