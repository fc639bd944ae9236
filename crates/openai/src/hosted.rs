//! Hosted ChatKit sessions: opened and cancelled by two small requests.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use autorisen_domain::chat::{
    HostedApi, HostedFailure, HostedSession, HostedSessionId, HostedUser, UpstreamRequestId,
};
use autorisen_domain::clock::{Clock, Timer, Timestamp};
use autorisen_domain::error::PortError;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::body;
use crate::client::{ApiClient, Asked, Call, Content, Patience, StartError};
use crate::fault::Fault;
use crate::observer::{CallKind, UpstreamObserver, Watch};
use crate::request_id;

/// Both kits of the vendor send it with every request of ChatKit.
const BETA: &[(&str, &str)] = &[("OpenAI-Beta", "chatkit_beta=v1")];
/// Made again once, and only after a pause that somebody sits through.
const RETRIES: u32 = 1;
const LONGEST_PAUSE: Duration = Duration::from_secs(3);
/// The longest answer, in bytes: a session has a few hundred.
const MAX_BODY: usize = 64 * 1024;
/// The longest secret that is taken, in bytes.
const MAX_SECRET: usize = 4096;

/// Which sessions are opened, and where.
#[derive(Debug, Clone)]
pub struct HostedSettings {
    /// The address that paths are added to, such as `https://api.openai.com`.
    pub base_url: String,
    /// What shows the server who asks.
    pub key: SecretString,
    /// The workflow that sessions run.
    pub workflow: String,
    /// Its version; the one that is deployed when it is empty or `latest`, which the server takes here and
    /// then fails at the first message.
    pub version: Option<String>,
    /// How long all of a call may take, with its second try.
    pub timeout: Duration,
}

/// Opens and cancels sessions at OpenAI, or whatever speaks like it.
pub struct OpenAiHosted {
    client: ApiClient,
    settings: HostedSettings,
}

/// A member that this does not name is a 400, and so is one that is null.
#[derive(Serialize)]
struct Create<'a> {
    user: &'a str,
    workflow: Workflow<'a>,
    expires_after: ExpiresAfter,
}

#[derive(Serialize)]
struct Workflow<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'a str>,
}

#[derive(Serialize)]
struct ExpiresAfter {
    anchor: &'static str,
    seconds: u64,
}

/// As much of the answer as is needed; there may be more in it.
#[derive(Deserialize)]
struct Created {
    id: String,
    client_secret: String,
    expires_at: i64,
}

/// An answer that came whole.
struct Told {
    body: Vec<u8>,
    request: Option<UpstreamRequestId>,
    watch: Watch,
}

impl OpenAiHosted {
    /// One by these settings.
    pub fn new(
        clock: Arc<dyn Clock>,
        timer: Arc<dyn Timer>,
        settings: HostedSettings,
        observer: Option<Arc<dyn UpstreamObserver>>,
    ) -> Result<Self, StartError> {
        Ok(Self { client: ApiClient::new(clock, timer, observer)?, settings })
    }

    fn call(&self, kind: CallKind, path: &str, content: Content<'static>) -> Call<'_> {
        let base = self.settings.base_url.trim_end_matches('/');
        Call {
            kind,
            model: None,
            url: format!("{base}/v1/chatkit/sessions{path}"),
            key: Some(&self.settings.key),
            headers: BETA,
            accept: "application/json",
            content,
        }
    }

    /// Asks and reads, all within the time limit.
    async fn ask(&self, call: Call<'_>) -> Result<Told, Fault> {
        let silence = self.settings.timeout;
        let patience = Patience { silence, retries: RETRIES, longest_pause: LONGEST_PAUSE };
        let asked = async {
            let Asked { response, mut watch } = self.client.ask(&call, patience).await?;
            let request = request_id::of(&response);
            let body = body::read(response, MAX_BODY).await;
            let body = body.inspect_err(|fault| self.client.failed(call.kind, &mut watch, fault))?;
            Ok(Told { body, request, watch })
        };
        tokio::time::timeout(self.settings.timeout, asked).await.unwrap_or_else(|_| {
            self.client.note(call.kind, &Fault::Silent);
            Err(Fault::Silent)
        })
    }

    async fn open(&self, user: &HostedUser, life: Duration) -> Result<HostedSession, Fault> {
        let version = self.settings.version.as_deref();
        let version = version.filter(|text| !text.is_empty() && !text.eq_ignore_ascii_case("latest"));
        let create = Create {
            user: user.as_str(),
            workflow: Workflow { id: &self.settings.workflow, version },
            expires_after: ExpiresAfter { anchor: "created_at", seconds: life.as_secs() },
        };
        let body = serde_json::to_string(&create).map_err(|_| Fault::Unknown("it cannot be asked for"))?;
        let kind = CallKind::HostedOpen;
        let Told { body, request, mut watch } = self.ask(self.call(kind, "", Content::Json(body))).await?;
        let session = read(&body, request);
        let session = session.inspect_err(|fault| self.client.failed(kind, &mut watch, fault))?;
        self.client.succeeded(&mut watch);
        Ok(session)
    }

    async fn end(&self, id: &HostedSessionId) -> Result<Option<UpstreamRequestId>, Fault> {
        let path = format!("/{}/cancel", id.as_str());
        match self.ask(self.call(CallKind::HostedCancel, &path, Content::Nothing)).await {
            Ok(mut told) => {
                self.client.succeeded(&mut told.watch);
                Ok(told.request)
            }
            // It has ended by itself, or a lost answer said before that it was cancelled.
            Err(Fault::Status { is_missing: true, request, .. }) => Ok(request),
            Err(fault) => Err(fault),
        }
    }
}

#[async_trait]
impl HostedApi for OpenAiHosted {
    async fn create(&self, user: &HostedUser, life: Duration) -> Result<HostedSession, HostedFailure> {
        self.open(user, life).await.map_err(|fault| failure("open a hosted session", fault))
    }

    async fn cancel(&self, id: &HostedSessionId) -> Result<Option<UpstreamRequestId>, HostedFailure> {
        self.end(id).await.map_err(|fault| failure("cancel a hosted session", fault))
    }
}

fn read(body: &[u8], request: Option<UpstreamRequestId>) -> Result<HostedSession, Fault> {
    // What serde says of it might repeat part of the secret.
    let created: Created = serde_json::from_slice(body).map_err(|_| Fault::Unknown("it is no session"))?;
    let id = HostedSessionId::parse(&created.id).map_err(|_| Fault::Unknown("its id is none"))?;
    let secret = created.client_secret;
    if !(1..=MAX_SECRET).contains(&secret.len()) || secret.chars().any(char::is_control) {
        return Err(Fault::Unknown("its secret is none"));
    }
    let expires_at = Timestamp::from_secs(created.expires_at);
    Ok(HostedSession { id, secret: secret.into(), expires_at, request })
}

fn failure(operation: &'static str, fault: Fault) -> HostedFailure {
    HostedFailure {
        fault: fault.of_hosted(),
        retry_after: fault.retry_after(),
        request: fault.request().cloned(),
        cause: PortError::new(operation, fault),
    }
}
