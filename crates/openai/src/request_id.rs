//! What the server calls a request of ours.

use autorisen_domain::chat::UpstreamRequestId;
use reqwest::Response;

/// The id of the request that this answers, if it has one that is fit for the log.
pub(crate) fn of(response: &Response) -> Option<UpstreamRequestId> {
    UpstreamRequestId::parse(response.headers().get("x-request-id")?.to_str().ok()?)
}
