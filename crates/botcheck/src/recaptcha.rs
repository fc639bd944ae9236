//! reCAPTCHA's `siteverify`: a form is posted, a small JSON object answers.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use autorisen_domain::auth::{BotCheck, BotVerdict};
use autorisen_domain::context::ClientAddress;
use autorisen_domain::error::PortError;
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode};
use rustls::{ClientConfig, RootCertStore};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

const OPERATION: &str = "ask whether a person sends the request";
/// An answer has a few hundred bytes.
const MAX_ANSWER: usize = 16 * 1024;
/// Below it a score says "a program". It is the threshold that reCAPTCHA's own guide begins with.
const MIN_SCORE: f64 = 0.5;
/// Longer than a connection is worth keeping: registrations are rare.
const KEEP_CONNECTION: Duration = Duration::from_secs(30);
/// What says that the question, and not the proof, is at fault.
const FAULTS_OF_OURS: [&str; 4] =
    ["missing-input-secret", "invalid-input-secret", "bad-request", "internal-error"];

/// Whom to ask, and how.
#[derive(Debug, Clone)]
pub struct RecaptchaSettings {
    /// Where the proof is posted to.
    pub url: String,
    /// What shows the service which site asks.
    pub secret: SecretString,
    /// How long all of it may take, from the first look-up of a name to the last byte.
    pub timeout: Duration,
}

/// Asks the service for every proof.
pub struct RecaptchaCheck {
    client: Client,
    settings: RecaptchaSettings,
}

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

#[derive(Serialize)]
struct Question<'a> {
    secret: &'a str,
    response: &'a str,
    remoteip: String,
}

#[derive(Deserialize)]
struct Answer {
    success: bool,
    /// Only where scores are given.
    score: Option<f64>,
    #[serde(rename = "error-codes", default)]
    error_codes: Vec<String>,
}

/// Why there is no verdict. Nothing of it repeats the secret or the proof.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("the service cannot be reached in time")]
    Reach(#[source] reqwest::Error),
    #[error("the service answers {0}")]
    Status(StatusCode),
    #[error("the answer is longer than {MAX_ANSWER} bytes")]
    TooLong,
    #[error("the answer is not understood")]
    Unknown(#[source] serde_json::Error),
    #[error("the service refuses the question: is the secret right?")]
    Question,
}

impl RecaptchaCheck {
    /// A check by these settings.
    pub fn new(settings: RecaptchaSettings) -> Result<Self, StartError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let roots: RootCertStore = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect();
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let client = Client::builder()
            .tls_backend_preconfigured(tls)
            .timeout(settings.timeout)
            .redirect(Policy::none())
            .pool_idle_timeout(KEEP_CONNECTION)
            .build()?;
        Ok(Self { client, settings })
    }

    async fn ask(&self, proof: &str, client: ClientAddress) -> Result<Answer, Failure> {
        let question = Question {
            secret: self.settings.secret.expose_secret(),
            response: proof,
            remoteip: client.to_string(),
        };
        let response = self.client.post(&self.settings.url).form(&question).send().await.map_err(reach)?;
        if response.status() != StatusCode::OK {
            return Err(Failure::Status(response.status()));
        }
        serde_json::from_slice(&read(response).await?).map_err(Failure::Unknown)
    }
}

/// The body, as far as it may be long.
async fn read(mut response: Response) -> Result<Vec<u8>, Failure> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(reach)? {
        if body.len() + chunk.len() > MAX_ANSWER {
            return Err(Failure::TooLong);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The address of the service may hold what should not be logged.
fn reach(error: reqwest::Error) -> Failure {
    Failure::Reach(error.without_url())
}

fn verdict(answer: &Answer) -> Result<BotVerdict, Failure> {
    if answer.success {
        let is_person = answer.score.is_none_or(|score| score >= MIN_SCORE);
        return Ok(if is_person { BotVerdict::Person } else { BotVerdict::Refused });
    }
    let ours = answer.error_codes.iter().any(|code| FAULTS_OF_OURS.contains(&code.as_str()));
    if ours { Err(Failure::Question) } else { Ok(BotVerdict::Refused) }
}

#[async_trait]
impl BotCheck for RecaptchaCheck {
    async fn judge(&self, proof: &str, client: ClientAddress) -> Result<BotVerdict, PortError> {
        let answer = self.ask(proof, client).await;
        answer.and_then(|answer| verdict(&answer)).map_err(|failure| PortError::new(OPERATION, failure))
    }
}
