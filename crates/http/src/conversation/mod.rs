//! The ChatKit protocol: `POST /api/chatkit`.

mod answers;
mod caller;
mod handlers;
mod problems;
mod schema;
mod stream;

use actix_web::http::StatusCode;
use autorisen_chatkit::{RequestError, sse};
use autorisen_domain::chat::{ChatError, QuotaExceeded};

use crate::api::{Access, Answer, Body, Endpoint, Parameter};
use crate::chat::{QueryFault, placement};

pub use answers::RunningAnswers;
pub(crate) use caller::caller;

/// The routes.
pub(crate) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::post("/api/chatkit", Access::Chat, handlers::protocol)
            .about(
                "chatkit",
                "The ChatKit protocol",
                "One request of the protocol, which its type names. Those that begin an answer are answered by \
                 a stream of events (text/event-stream), each a frame data: with an Event as JSON; the others by \
                 JSON. What is wrong before an answer begins is a problem; what goes wrong later is the event \
                 error.",
            )
            .asks(Parameter::query("placement", "Who has a session may name it here.", placement()))
            .takes(Body::other::<RequestError>("application/json", schema::request))
            .answers(
                Answer::json::<schema::Outcome>(StatusCode::OK, "What was asked for, as JSON or as a stream.")
                    .or::<schema::EventStream>(sse::CONTENT_TYPE),
            )
            .fails::<QueryFault>()
            .fails::<ChatError>()
            .fails::<QuotaExceeded>(),
    ]
}
