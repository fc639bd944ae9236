//! What the analytics route takes and answers.

use autorisen_domain::analytics::{Details, EventType, Label, TrackedInput};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use crate::api::{anything, object, text};
use crate::form::Form;
use crate::problem::Problem;

/// What an event takes.
pub(super) fn track_body() -> Value {
    let details = format!(
        "Any JSON, of at most {} values that lie at most {} deep, with texts of at most {} characters.",
        Details::MAX_VALUES,
        Details::MAX_DEPTH,
        Details::MAX_TEXT
    );
    object(
        vec![
            ("event_type", true, text("What happened.", 1, EventType::MAX_LENGTH)),
            ("step", false, text("In which step of a flow.", 0, Label::MAX_LENGTH)),
            ("role", false, text("As what: what the user chose to be.", 0, Label::MAX_LENGTH)),
            ("details", false, anything(&details)),
        ],
        &json!({"event_type": "step_view", "step": "step1", "role": null, "details": {"placement": "support"}}),
    )
}

/// Reads an event.
pub(crate) fn read_event(body: &[u8]) -> Result<TrackedInput, Problem> {
    let mut form = Form::read(body)?;
    let event_type = form.required("event_type", |text| EventType::parse(&text));
    let step = form.optional("step", |text| Label::parse(&text));
    let role = form.optional("role", |text| Label::parse(&text));
    let details = form.anything("details", Details::parse);
    match event_type {
        Some(event_type) => form.finish().map(|()| TrackedInput { event_type, step, role, details }),
        None => Err(form.refuse()),
    }
}

/// It is noted.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Accepted", example = json!({"accepted": true}))]
pub(super) struct AcceptedDto {
    /// Always true.
    pub(super) accepted: bool,
}
