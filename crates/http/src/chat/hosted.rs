//! Where chats run on OpenAI's side: how what is wrong there is answered, and what is not offered here.

use actix_web::http::StatusCode;
use actix_web::web::{self, ServiceConfig};
use autorisen_domain::chat::{HostedFailure, HostedFault};

use crate::problem::Problem;

/// In place of the self-hosted protocol. It would answer with a model of this server's own, on the same
/// key, past the workflow that whoever runs this chose.
pub(crate) fn routes(config: &mut ServiceConfig) {
    for path in ["/api/chatkit", "/api/chatkit/attachments", "/api/chatkit/attachments/{id}"] {
        config.service(web::resource(path).default_service(web::to(not_here)));
    }
}

async fn not_here() -> Result<String, Problem> {
    let detail = "Chats run on hosted sessions here: ask POST /api/chatkit/token for a client_secret";
    Err(Problem::new(StatusCode::NOT_FOUND, "hosted_mode", detail))
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
