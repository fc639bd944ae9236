//! Where chats run on OpenAI's side: how what is wrong there is answered, and what is not offered here.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use autorisen_domain::chat::{HostedFailure, HostedFault};

use crate::api::Endpoint;
use crate::problem::{Failure, Failures, Problem, UNAVAILABLE};

/// The routes of the self-hosted protocol, or in hosted mode that they are not here. They would answer with a
/// model of this server's own, on the same key, past the workflow that whoever runs this chose.
pub(crate) fn unless_hosted(is_hosted: bool, endpoints: Vec<Endpoint>) -> Vec<Endpoint> {
    let either = |endpoint: Endpoint| if is_hosted { endpoint.instead(not_here) } else { endpoint };
    endpoints.into_iter().map(|endpoint| either(endpoint.fails::<NotHere>())).collect()
}

const HOSTED_MODE: Failure = (StatusCode::NOT_FOUND, "hosted_mode");

struct NotHere;

impl Failures for NotHere {
    const ANSWERS: &'static [Failure] = &[HOSTED_MODE];
}

async fn not_here() -> Result<HttpResponse, Problem> {
    let detail = "Chats run on hosted sessions here: ask POST /api/chatkit/token for a client_secret";
    Err(Problem::new(HOSTED_MODE.0, HOSTED_MODE.1, detail))
}

impl Failures for HostedFailure {
    const ANSWERS: &'static [Failure] = &[
        (StatusCode::BAD_GATEWAY, "chatkit_misconfigured"),
        (StatusCode::SERVICE_UNAVAILABLE, "chatkit_busy"),
        (StatusCode::GATEWAY_TIMEOUT, "chatkit_timeout"),
        (StatusCode::BAD_GATEWAY, "chatkit_unreachable"),
        (StatusCode::BAD_GATEWAY, "chatkit_failed"),
        (StatusCode::SERVICE_UNAVAILABLE, "chatkit_unavailable"),
        UNAVAILABLE,
    ];
}

/// Never 401, whatever the other side says: that the page's user is signed in is not in doubt. What it says
/// goes to the log; it may repeat a part of our key.
impl From<HostedFailure> for Problem {
    fn from(failure: HostedFailure) -> Self {
        let HostedFailure { fault, retry_after, cause, .. } = failure;
        let bad_gateway = |code, detail: &str| Self::new(StatusCode::BAD_GATEWAY, code, detail);
        let wait = retry_after.unwrap_or_else(|| cause.retry_after());
        let problem = match fault {
            HostedFault::Misconfigured => bad_gateway(
                "chatkit_misconfigured",
                "The chat is not set up correctly. Please tell whoever runs this site.",
            ),
            HostedFault::Busy => {
                Self::unavailable("chatkit_busy", "The chat has too much to do right now", wait)
            }
            HostedFault::TimedOut => {
                Self::new(StatusCode::GATEWAY_TIMEOUT, "chatkit_timeout", "The chat took too long to begin")
            }
            HostedFault::Unreachable => {
                bad_gateway("chatkit_unreachable", "The chat cannot be reached right now")
            }
            HostedFault::Failed => bad_gateway("chatkit_failed", "The chat failed to begin"),
            HostedFault::Resting => {
                Self::unavailable("chatkit_unavailable", "The chat is not available right now", wait)
            }
        };
        problem.because(cause)
    }
}
