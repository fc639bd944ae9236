//! The bytes of attachments: `/api/chatkit/attachments`.

mod handlers;
pub(crate) mod upload;

use actix_web::http::StatusCode;
use autorisen_chatkit::Attachment;
use serde_json::{Value, json};

use crate::api::{Access, Answer, Body, Endpoint, Parameter, Proof};
use crate::chat::{QueryFault, placement};
use crate::problem::{Failure, Failures, INVALID_FIELDS, UNAVAILABLE};

const ONE: &str = "/api/chatkit/attachments/{id}";

/// The routes.
pub(crate) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::post("/api/chatkit/attachments", Access::Chat, handlers::upload_direct)
            .about("uploadDirect", "Sends a file at once", "As the component does it in its direct way.")
            .asks(Parameter::query("placement", "Who has a session may name it here.", placement()))
            .takes(Body::other::<upload::FileField>("multipart/form-data", form))
            .answers(stored())
            .fails::<QueryFault>()
            .fails::<FileFault>(),
        one(Endpoint::get(ONE, Access::Proof(Proof::SignedAddress), handlers::read))
            .about("readFile", "The bytes of a file", "Images are shown, everything else is for saving.")
            .answers(
                Answer::of(StatusCode::OK, "The bytes.", "*/*")
                    .with("Content-Disposition", "How to take it."),
            ),
        one(Endpoint::post(ONE, Access::Proof(Proof::SignedAddress), handlers::upload_form))
            .about("uploadForm", "Sends an announced file as a form", "attachments.create announces it.")
            .takes(Body::other::<upload::FileField>("multipart/form-data", form))
            .answers(stored()),
        one(Endpoint::put(ONE, Access::Proof(Proof::SignedAddress), handlers::upload_body))
            .about("uploadBody", "Sends the bytes of an announced file", "attachments.create announces it.")
            .takes(Body::other::<upload::FileField>("application/octet-stream", bytes))
            .answers(stored()),
    ]
}

/// How a file is refused: a part of what `ChatError` becomes.
struct FileFault;

impl Failures for FileFault {
    const ANSWERS: &'static [Failure] = &[
        (StatusCode::BAD_REQUEST, "bad_request"),
        (StatusCode::NOT_FOUND, "attachment_not_found"),
        (StatusCode::CONFLICT, "wrong_item"),
        INVALID_FIELDS,
        UNAVAILABLE,
    ];
}

fn one(endpoint: Endpoint) -> Endpoint {
    let id = json!({"type": "string", "pattern": "^atc_[0-9a-f-]{36}$"});
    let text = || json!({"type": "string"});
    endpoint
        .asks(Parameter::path("id", "The file.", id))
        .asks(Parameter::query("user", "As the address was given.", text()))
        .asks(Parameter::query("expires", "As the address was given.", json!({"type": "integer"})))
        .asks(Parameter::query("signature", "As the address was given.", text()))
        .asks(Parameter::query("placement", "Who has a session may name it here.", placement()))
        .fails::<QueryFault>()
        .fails::<FileFault>()
}

fn stored() -> Answer {
    Answer::json::<Attachment>(StatusCode::OK, "The file, for a message.").such_as(json!({
        "type": "file", "id": "atc_0198c5a1-6c34-7000-8000-000000000004", "name": "plan.pdf",
        "mime_type": "application/pdf",
    }))
}

fn form() -> Value {
    json!({
        "type": "object", "required": ["file"],
        "properties": {"file": {"type": "string", "contentMediaType": "application/octet-stream"}},
    })
}

fn bytes() -> Value {
    json!({"type": "string", "contentMediaType": "application/octet-stream"})
}
