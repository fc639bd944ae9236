//! `support.ticket`: what a user wants somebody to look at.

use std::sync::Arc;

use autorisen_domain::chat::Tool;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Offer, Unfit, function};

/// How soon somebody should look.
#[derive(Clone, Copy, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Priority {
    /// When there is time.
    Low,
    /// In its turn.
    #[default]
    Normal,
    /// Before others.
    High,
    /// At once.
    Urgent,
}

/// What the user wants somebody to look at.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Ticket {
    /// In a few words.
    #[schemars(length(min = 1, max = 160))]
    subject: String,
    /// The whole of it.
    #[schemars(length(min = 1, max = 8000))]
    description: String,
    /// How soon; normal when it is not said.
    #[serde(default)]
    priority: Priority,
}

/// The ticket as it is kept with the thread, where its number is the id of the event.
#[derive(Serialize)]
struct Taken {
    status: &'static str,
    subject: String,
    description: String,
    priority: Priority,
}

pub(crate) fn ticket() -> Offer {
    let words =
        "Takes down what the user wants the support team to look at. Ask for the missing parts first.";
    Some(Arc::new(function("support.ticket", words, take)?) as Arc<dyn Tool>)
}

fn take(ticket: Ticket) -> Result<Taken, Unfit> {
    let Ticket { subject, description, priority } = ticket;
    let subject = subject.split_whitespace().collect::<Vec<_>>().join(" ");
    let description = description.trim().to_owned();
    if !(1..=160).contains(&subject.chars().count()) {
        return Err("subject must have 1 to 160 characters");
    }
    if !(1..=8_000).contains(&description.chars().count()) {
        return Err("description must have 1 to 8,000 characters");
    }
    Ok(Taken { status: "open", subject, description, priority })
}
