//! What an answer does until its end: it goes on while somebody reads, the session lives and the
//! thread is claimed, and whatever ends it, what was shown is kept.

use std::pin::pin;
use std::time::Duration;

use autorisen_chatkit::{ErrorCode, ErrorEvent, Event, ItemKind, NoticeLevel};
use futures_util::future::{Either, select};

use super::pipeline::{Broken, Pipeline};
use super::{AnswerReader, ConversationService, Prepared};
use crate::auth::SessionId;
use crate::chat::{AnswerId, AnswerOver, CLAIM_TTL, Claim, QuotaExceeded, ResponderError, Thread, Turn};
use crate::context::Context;
use crate::error::PortError;
use crate::events::{self, AnswerEnd};

/// How often it is asked whether the session is alive: twice within the time in which the end of a
/// session ends its answers.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// After this many looks the claim is extended.
const EXTEND_EVERY: u32 = 4;

/// After this many looks, where the claim is not extended, it is asked whether the thread is still there.
const LOOK_FOR_THREAD_EVERY: u32 = 2;

/// How an answer ended.
#[derive(Debug)]
pub struct AnswerReport {
    /// How.
    pub end: AnswerEnd,
    /// What failed outside, for the log.
    pub cause: Option<PortError>,
}

/// Why an answer may not go on.
enum Lost {
    Session,
    Claim,
    Thread,
}

/// What came first.
enum Ended {
    Responder(Result<(), ResponderError>),
    ReaderGone,
    Lost(Lost),
}

impl ConversationService {
    /// Gives the answer to `reader`, and returns when it is over and what is to be kept is stored. It
    /// must run to its end also when the reader has gone: give it a task of its own.
    pub async fn answer(&self, ctx: &Context, prepared: Prepared, reader: &dyn AnswerReader) -> AnswerReport {
        let Prepared { turn, session, answer, opening } = prepared;
        let (user, thread) = (turn.user, turn.thread.id);
        let log = |event| self.ports.surroundings.events.record(ctx, &event);
        let (placement, first) = (turn.placement.name.as_str().to_owned(), turn.is_first());
        log(events::Event::ChatAnswerStarted { user, thread, placement: placement.clone(), first });

        let mut pipeline = Pipeline::new(self, ctx, reader, &turn);
        let ended = {
            let respond = pin!(self.respond(&turn, opening, &mut pipeline));
            let gone = pin!(reader.gone());
            let lost = pin!(self.watch(&turn.thread, session, answer));
            match select(respond, select(gone, lost)).await {
                Either::Left((result, _)) => Ended::Responder(result),
                Either::Right((Either::Left(_), _)) => Ended::ReaderGone,
                Either::Right((Either::Right((lost, _)), _)) => Ended::Lost(lost),
            }
        };
        let mut report = self.close(&mut pipeline, ended).await;
        let counted = pipeline.count().await.map(|_| ());
        let released = self.ports.directory.release(turn.thread.key(), answer).await;
        report.cause = report.cause.or(counted.err()).or(released.err());

        let (end, characters) = (report.end, pipeline.characters());
        log(events::Event::ChatAnswerEnded { user, thread, placement, first, end, characters });
        report
    }

    async fn respond(
        &self,
        turn: &Turn,
        opening: Vec<Event>,
        pipeline: &mut Pipeline<'_>,
    ) -> Result<(), ResponderError> {
        for event in opening {
            pipeline.show(event).await?;
        }
        self.ports.responder.respond(turn, pipeline).await
    }

    /// Returns when the answer may not go on. While the database cannot say, it may, as long as the
    /// claim holds.
    async fn watch(&self, thread: &Thread, session: SessionId, answer: AnswerId) -> Lost {
        let mut until = self.now().plus(CLAIM_TTL);
        let mut looks: u32 = 0;
        loop {
            self.ports.surroundings.timer.sleep(LOOK_EVERY).await;
            looks = looks.wrapping_add(1);
            let now = self.now();
            match self.ports.sessions.find(session).await {
                Ok(Some(record)) if record.is_live(now) => {}
                Ok(_) => return Lost::Session,
                Err(_) if now >= until => return Lost::Claim,
                Err(_) => {}
            }
            if looks.is_multiple_of(EXTEND_EVERY) {
                let claim = Claim { answer, now, until: now.plus(CLAIM_TTL) };
                match self.ports.directory.extend(thread.key(), claim).await {
                    Ok(true) => until = claim.until,
                    Ok(false) => return Lost::Claim,
                    Err(_) if now >= until => return Lost::Claim,
                    Err(_) => {}
                }
            } else if looks.is_multiple_of(LOOK_FOR_THREAD_EVERY) {
                let found = self.ports.threads.find(thread.user, thread.id).await;
                if matches!(found, Ok(None)) {
                    return Lost::Thread;
                }
            }
        }
    }

    async fn close(&self, pipeline: &mut Pipeline<'_>, ended: Ended) -> AnswerReport {
        let broken = pipeline.take_broken();
        let (end, last, cause) = match (ended, broken) {
            (Ended::ReaderGone, _) | (Ended::Responder(_), Some(Broken::ReaderGone)) => {
                return stop(pipeline).await;
            }
            (Ended::Lost(Lost::Session), _) => {
                (AnswerEnd::Revoked, Some(told("You are signed out.", false)), None)
            }
            (Ended::Lost(Lost::Claim), _) => (AnswerEnd::Revoked, Some(failed()), None),
            (Ended::Lost(Lost::Thread), _) | (Ended::Responder(_), Some(Broken::ThreadGone)) => {
                (AnswerEnd::Revoked, Some(told("The conversation was deleted.", false)), None)
            }
            (Ended::Responder(_), Some(Broken::Quota(exceeded))) => {
                let _ = pipeline.show(notice(exceeded)).await;
                (AnswerEnd::Refused, Some(told("The limit for answers is reached.", false)), None)
            }
            (Ended::Responder(_), Some(Broken::Port(cause)))
            | (Ended::Responder(Err(ResponderError::Failed(cause))), None) => {
                (AnswerEnd::Failed, Some(failed()), Some(cause))
            }
            (Ended::Responder(_), Some(Broken::Order(rule))) => {
                (AnswerEnd::Failed, Some(failed()), Some(PortError::new("follow the protocol", rule)))
            }
            (Ended::Responder(Ok(())), None) => (AnswerEnd::Finished, None, None),
            (Ended::Responder(Err(ResponderError::Told { message, allow_retry, cause })), None) => {
                (AnswerEnd::Refused, Some(told(&message, allow_retry)), cause)
            }
            (Ended::Responder(Err(ResponderError::Over(AnswerOver))), None) => {
                (AnswerEnd::Failed, Some(failed()), None)
            }
        };
        let kept = pipeline.keep_partial().await;
        if let Some(event) = last {
            // Nobody may be there to be told.
            let _ = pipeline.show(event).await;
        }
        AnswerReport { end, cause: cause.or(kept.err()) }
    }
}

/// Keeps what was shown, and tells the model of the next answer that this one was stopped.
async fn stop(pipeline: &mut Pipeline<'_>) -> AnswerReport {
    let kept = pipeline.keep_partial().await;
    let note = "The user stopped this answer before it was finished.".to_owned();
    let noted = pipeline.keep_hidden(ItemKind::SdkHiddenContext { content: note }).await;
    AnswerReport { end: AnswerEnd::Stopped, cause: kept.err().or(noted.err()) }
}

fn told(message: &str, allow_retry: bool) -> Event {
    Event::Error(ErrorEvent { code: ErrorCode::Custom, message: Some(message.to_owned()), allow_retry })
}

/// A failure that the client words itself; nothing of what happened is said.
const fn failed() -> Event {
    Event::Error(ErrorEvent { code: ErrorCode::StreamError, message: None, allow_retry: true })
}

fn notice(exceeded: QuotaExceeded) -> Event {
    let message = match exceeded.retry_after {
        Some(_) => "The limit for today is reached. Answers go on tomorrow (UTC).",
        None => "The limit of this account is reached.",
    };
    Event::Notice { level: NoticeLevel::Warning, message: message.to_owned(), title: None }
}
