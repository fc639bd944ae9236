//! What of a caller's input is taken.

use std::collections::BTreeMap;

use autorisen_chatkit::{
    Answer, AnswerStatus, QuestionAnswer, StructuredAnswers, StructuredInput, StructuredInputKind,
    StructuredInputStatus, UserContent,
};

use crate::chat::ChatError;

/// The longest title, in characters.
const MAX_TITLE: usize = 200;
/// How many values one answer may have, and how long each may be, in characters.
const MAX_VALUES: usize = 100;
const MAX_VALUE: usize = 10_000;
/// How many parts a message may have, and how many files.
const MAX_PARTS: usize = 100;
pub(super) const MAX_ATTACHMENTS: usize = 10;

/// How many items one feedback may be about.
const MAX_RATED: usize = 100;

/// Whether something may have this id. One with a NUL names nothing: no table could hold it.
pub(super) fn may_be_id(text: &str) -> bool {
    !text.contains('\0')
}

/// Whether that many items may be rated at once.
pub(super) fn check_rated(ids: &[String]) -> Result<(), ChatError> {
    if ids.len() > MAX_RATED {
        return Err(ChatError::Input { field: "item_ids", fault: "are too many" });
    }
    if ids.iter().all(|id| may_be_id(id)) { Ok(()) } else { Err(ChatError::ItemNotFound) }
}

/// A title: trimmed, not empty, on one line.
pub(super) fn title(text: &str) -> Result<String, ChatError> {
    let title = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let fault = |fault| Err(ChatError::Input { field: "title", fault });
    match title.chars().count() {
        0 => fault("must not be empty"),
        1..=MAX_TITLE if !title.contains('\0') => Ok(title),
        _ => fault("must have at most 200 characters"),
    }
}

/// Whether a message may be taken: it says something or brings a file, and is not too long.
pub(super) fn check_message(
    content: &[UserContent],
    quoted: Option<&str>,
    attachments: usize,
    max: usize,
) -> Result<(), ChatError> {
    let fault = |field, fault| Err(ChatError::Input { field, fault });
    if content.len() > MAX_PARTS {
        return fault("content", "has too many parts");
    }
    if attachments > MAX_ATTACHMENTS {
        return fault("attachments", "are too many");
    }
    let texts = || content.iter().map(UserContent::text).chain(quoted);
    if texts().any(|text| text.contains('\0')) {
        return fault("content", "must not hold NUL characters");
    }
    if texts().map(|text| text.chars().count()).sum::<usize>() > max {
        return fault("content", "is too long");
    }
    let says_something = content.iter().any(|part| !part.text().trim().is_empty());
    if says_something || attachments > 0 { Ok(()) } else { fault("content", "must not be empty") }
}

/// The questions with their answers, and what that makes of the item. Answers to other questions are
/// left out; one that says nothing passes the question over.
pub(super) fn answered(
    mut inputs: Vec<StructuredInput>,
    given: StructuredAnswers,
) -> Result<(StructuredInputStatus, Vec<StructuredInput>), ChatError> {
    let StructuredAnswers { status, mut answers } = given;
    if !fit(&answers) {
        return Err(ChatError::Input { field: "input", fault: "has answers that are too long or too many" });
    }
    let skipped = status == AnswerStatus::Skipped;
    for input in &mut inputs {
        let answer = answers.remove(&input.id).unwrap_or_default();
        input.answer = Some(if skipped || answer.skipped || answer.values.is_empty() {
            Answer { values: Vec::new(), skipped: true }
        } else {
            Answer { values: chosen(&input.kind, answer.values), skipped: false }
        });
    }
    let status = if skipped { StructuredInputStatus::Skipped } else { StructuredInputStatus::Answered };
    Ok((status, inputs))
}

fn fit(answers: &BTreeMap<String, QuestionAnswer>) -> bool {
    answers.values().all(|answer| {
        answer.values.len() <= MAX_VALUES
            && answer.values.iter().all(|value| value.chars().count() <= MAX_VALUE && !value.contains('\0'))
    })
}

fn chosen(kind: &StructuredInputKind, mut values: Vec<String>) -> Vec<String> {
    let takes_one = matches!(kind, StructuredInputKind::MultipleChoice { multiple: false, .. });
    if takes_one {
        values.truncate(1);
    }
    values
}
