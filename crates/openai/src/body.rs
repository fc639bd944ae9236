//! Bodies of answers that are read as a whole, bounded.

use reqwest::Response;
use serde_json::Value;

use crate::fault::Fault;

/// The longest error, in bytes: they have a few hundred.
const MAX_ERROR: usize = 64 * 1024;

/// The body, of at most `max` bytes.
pub(crate) async fn read(mut response: Response, max: usize) -> Result<Vec<u8>, Fault> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| Fault::Cut(Some(error.without_url())))? {
        if body.len() + chunk.len() > max {
            return Err(Fault::TooMuch);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Whether the body is an error of the API itself, and not of something on the way to it.
pub(crate) async fn is_error_of_api(response: Response) -> bool {
    let body = read(response, MAX_ERROR).await.unwrap_or_default();
    let json: Value = serde_json::from_slice(&body).unwrap_or_default();
    json.pointer("/error/message").is_some_and(Value::is_string)
}
