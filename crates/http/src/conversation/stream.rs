//! An answer on its way to its reader.
//!
//! The answer runs in a task of its own, on the thread that outlives all connections: it has to put
//! away what it has when its reader is gone. Between the two is a short channel, so that a slow reader
//! slows the answer down instead of filling the memory.

use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::rt::System;
use actix_web::web::Bytes;
use async_trait::async_trait;
use autorisen_chatkit::{Event, sse};
use autorisen_domain::chat::{AnswerOver, AnswerReader, Prepared};
use autorisen_domain::context::Context;
use futures_util::stream;
use tokio::sync::mpsc::{self, Sender};

use crate::Services;
use crate::conversation::RunningAnswers;
use crate::trace::{Followed, Within};

/// How many events may be on their way.
const CAPACITY: usize = 32;
/// A reader who takes nothing for this long is taken for gone.
const READS_WITHIN: Duration = Duration::from_mins(1);

struct Channel {
    sender: Sender<Bytes>,
    answers: RunningAnswers,
}

#[async_trait]
impl AnswerReader for Channel {
    async fn take(&self, event: Event) -> Result<(), AnswerOver> {
        let frame = sse::frame(&event).map_err(|_| AnswerOver)?;
        self.sender.send_timeout(frame.into(), READS_WITHIN).await.map_err(|_| AnswerOver)?;
        self.answers.count_event();
        Ok(())
    }

    async fn gone(&self) {
        self.sender.closed().await;
    }
}

/// Begins to give the answer, and gives the response that carries it.
pub(super) fn respond(
    services: &Services,
    ctx: Context,
    followed: Option<Followed>,
    prepared: Prepared,
) -> HttpResponse {
    let (sender, mut receiver) = mpsc::channel(CAPACITY);
    let (conversations, log) = (Arc::clone(&services.conversations), Arc::clone(&services.log));
    let running = services.answers.begin();
    let reader = Channel { sender, answers: services.answers.clone() };
    let answering = async move {
        let report = conversations.answer(&ctx, prepared, &reader).await;
        drop(reader);
        if let Some(cause) = report.cause {
            log.fault(&ctx.request_id, &cause);
        }
        drop(running);
    };
    let system = System::current();
    match followed {
        None => system.arbiter().spawn(answering),
        Some(Followed(trace)) => system.arbiter().spawn(Within::new(trace, answering)),
    };
    let frames = stream::poll_fn(move |cx| receiver.poll_recv(cx).map(|frame| frame.map(Ok::<_, Never>)));
    HttpResponse::Ok()
        .content_type(sse::CONTENT_TYPE)
        .insert_header((header::CACHE_CONTROL, "no-cache, no-store"))
        // Proxies that gather answers before they pass them on are asked not to.
        .insert_header(("X-Accel-Buffering", "no"))
        .streaming(frames)
}

/// What cannot happen.
type Never = std::convert::Infallible;
