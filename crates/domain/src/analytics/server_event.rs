//! What the server counts of its own accord.

use crate::analytics::Day;
use crate::chat::PlacementName;
use crate::events::{Action, AnswerEnd, Event};

/// How far a chat came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChatStage {
    /// A chat token was issued.
    Token,
    /// A user said something for the first time in a thread.
    Opened,
    /// Something of the first answer in a thread was given.
    FirstAnswer,
    /// An answer came to its end.
    Finished,
    /// An answer was stopped: by its reader, or because their session ended or the thread was deleted.
    Stopped,
    /// An answer failed, or was refused with words for the user.
    Failed,
}

impl ChatStage {
    /// All of them, in their order.
    pub const ALL: [Self; 6] =
        [Self::Token, Self::Opened, Self::FirstAnswer, Self::Finished, Self::Stopped, Self::Failed];

    /// Its name in stores and reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token_issued",
            Self::Opened => "chat_opened",
            Self::FirstAnswer => "first_answer",
            Self::Finished => "answer_finished",
            Self::Stopped => "answer_stopped",
            Self::Failed => "answer_failed",
        }
    }

    /// The stage of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.as_str() == name)
    }
}

/// Something that the server counts. It names no user.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ServerEvent {
    /// A chat came so far.
    Chat {
        /// How far.
        stage: ChatStage,
        /// Where.
        placement: PlacementName,
    },
    /// A limit turned a request away.
    LimitHit {
        /// What was wanted.
        action: Action,
    },
}

impl ServerEvent {
    /// What is counted when this happens: nothing, one event, or two.
    #[must_use]
    pub fn of(event: &Event) -> Vec<Self> {
        let chat = |stage, placement: &str| {
            PlacementName::parse(placement).ok().map(|placement| Self::Chat { stage, placement })
        };
        match event {
            Event::RateLimited { action, .. } => vec![Self::LimitHit { action: *action }],
            Event::ChatTokenIssued { placement, .. } => {
                chat(ChatStage::Token, placement).into_iter().collect()
            }
            Event::ChatAnswerStarted { placement, first: true, .. } => {
                chat(ChatStage::Opened, placement).into_iter().collect()
            }
            Event::ChatAnswerEnded { placement, first, end, characters, .. } => {
                let answered = *first && *characters > 0;
                let first = answered.then(|| chat(ChatStage::FirstAnswer, placement)).flatten();
                first.into_iter().chain(chat(stage_of(*end), placement)).collect()
            }
            _ => Vec::new(),
        }
    }
}

const fn stage_of(end: AnswerEnd) -> ChatStage {
    match end {
        AnswerEnd::Finished => ChatStage::Finished,
        AnswerEnd::Stopped | AnswerEnd::Revoked => ChatStage::Stopped,
        AnswerEnd::Refused | AnswerEnd::Failed => ChatStage::Failed,
    }
}

/// How often something happened on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerCount {
    /// The day.
    pub day: Day,
    /// What.
    pub event: ServerEvent,
    /// How often.
    pub count: u64,
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::auth::{SessionId, UserId};
    use crate::chat::ThreadId;

    fn stages(event: &Event) -> Vec<&'static str> {
        let stage = |event| match event {
            ServerEvent::Chat { stage, placement } if placement.as_str() == "support" => stage.as_str(),
            other => panic!("{other:?}"),
        };
        ServerEvent::of(event).into_iter().map(stage).collect()
    }

    #[test]
    fn a_chat_is_counted_at_each_stage_once() {
        let (user, thread) = (UserId::from_bytes([1; 16]), ThreadId::from_bytes([3; 16]));
        let session = SessionId::from_bytes([2; 16]);
        let placement = || "support".to_owned();
        let issued = Event::ChatTokenIssued { user, session, thread, placement: placement() };
        assert_eq!(stages(&issued), ["token_issued"]);
        let started = |first| Event::ChatAnswerStarted { user, thread, placement: placement(), first };
        assert_eq!(stages(&started(true)), ["chat_opened"]);
        assert_eq!(stages(&started(false)), [""; 0]);
        let ended = |end, first, characters| Event::ChatAnswerEnded {
            user,
            thread,
            placement: placement(),
            first,
            end,
            characters,
        };
        assert_eq!(stages(&ended(AnswerEnd::Finished, true, 5)), ["first_answer", "answer_finished"]);
        assert_eq!(stages(&ended(AnswerEnd::Stopped, true, 5)), ["first_answer", "answer_stopped"]);
        assert_eq!(stages(&ended(AnswerEnd::Failed, true, 0)), ["answer_failed"]);
        assert_eq!(stages(&ended(AnswerEnd::Finished, false, 5)), ["answer_finished"]);
        assert_eq!(stages(&ended(AnswerEnd::Revoked, false, 0)), ["answer_stopped"]);
        assert_eq!(stages(&ended(AnswerEnd::Refused, false, 0)), ["answer_failed"]);
    }

    #[test]
    fn a_limit_is_counted_by_what_was_wanted_and_nothing_else_is_counted() {
        let limited = Event::RateLimited { action: Action::Login, retry_after: Duration::from_secs(7) };
        assert_eq!(ServerEvent::of(&limited), [ServerEvent::LimitHit { action: Action::Login }]);
        assert_eq!(ServerEvent::of(&Event::LoginAttempted), []);
        let user = UserId::from_bytes([1; 16]);
        assert_eq!(ServerEvent::of(&Event::AccountCreated { user }), []);
    }

    #[test]
    fn stages_are_read_by_the_names_they_have() {
        for stage in ChatStage::ALL {
            assert_eq!(ChatStage::parse(stage.as_str()), Some(stage));
        }
        assert_eq!(ChatStage::parse("limit_hit"), None);
    }
}
