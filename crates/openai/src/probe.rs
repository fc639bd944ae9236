//! Whether a server of models can be reached with a key, for whoever sets one up.

use std::time::Duration;

use reqwest::{Response, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::client::{self, StartError};

/// How long all of it may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// A list has a few hundred entries of some hundred bytes.
const MAX_LIST: usize = 1024 * 1024;

/// What a server answers who asks it for its models.
#[derive(Debug, PartialEq, Eq)]
pub enum Probe {
    /// It takes the key, and has these models.
    Models(Vec<String>),
    /// It takes the key, or asks for none, and lists no models.
    NoList,
    /// It refuses the key, or asks for one.
    KeyRefused,
    /// It cannot be asked, and why; without its address and the key.
    Unreachable(String),
    /// It answers with this status.
    Status(u16),
}

#[derive(Deserialize)]
struct List {
    data: Vec<Model>,
}

#[derive(Deserialize)]
struct Model {
    id: String,
}

/// Asks for the list of models, `GET {base_url}/models`, which costs nothing.
pub async fn probe(base_url: &str, key: Option<&SecretString>) -> Result<Probe, StartError> {
    let network = client::network(client::public_roots())?;
    let mut request = network.get(format!("{}/models", base_url.trim_end_matches('/'))).timeout(PATIENCE);
    if let Some(key) = key {
        request = request.bearer_auth(key.expose_secret());
    }
    Ok(match request.send().await {
        Err(error) => Probe::Unreachable(why(error)),
        Ok(response) => match response.status() {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Probe::KeyRefused,
            status if status.is_success() => models(response).await,
            StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => Probe::NoList,
            status => Probe::Status(status.as_u16()),
        },
    })
}

async fn models(mut response: Response) -> Probe {
    let mut body = Vec::new();
    while body.len() <= MAX_LIST {
        match response.chunk().await {
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => break,
            Err(error) => return Probe::Unreachable(why(error)),
        }
    }
    match serde_json::from_slice::<List>(&body) {
        Ok(list) => Probe::Models(list.data.into_iter().map(|model| model.id).collect()),
        Err(_) => Probe::NoList,
    }
}

/// The error with its causes, without the address, which may hold what is not to be shown.
fn why(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
