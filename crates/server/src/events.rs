//! Writes what happened to the log.

use autorisen_domain::context::Context;
use autorisen_domain::events::{Event, EventSink, Severity};
use slog::{KV, Logger, Record, Serializer, info, warn};

use crate::logging::EVENT;

/// Writes each event as one record, named by the event.
#[derive(Debug, Clone)]
pub(crate) struct SlogEvents {
    log: Logger,
}

impl SlogEvents {
    /// Writes to this log.
    pub(crate) const fn new(log: Logger) -> Self {
        Self { log }
    }
}

impl EventSink for SlogEvents {
    fn record(&self, ctx: &Context, event: &Event) {
        let fields = EventFields { ctx, event };
        match event.severity() {
            Severity::Info => info!(self.log, #EVENT, "{}", event.name(); fields),
            Severity::Warn => warn!(self.log, #EVENT, "{}", event.name(); fields),
        }
    }
}

struct EventFields<'a> {
    ctx: &'a Context,
    event: &'a Event,
}

impl KV for EventFields<'_> {
    fn serialize(&self, _record: &Record<'_>, serializer: &mut dyn Serializer) -> slog::Result {
        // As every source of fields does in slog: the last comes first.
        self.event.fields().iter().rev().try_for_each(|(name, value)| serializer.emit_str(name, value))?;
        serializer.emit_arguments("client_ip", &format_args!("{}", self.ctx.client))?;
        serializer.emit_str("request_id", &self.ctx.request_id)
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv6Addr};
    use std::sync::Arc;
    use std::time::Duration;

    use autorisen_domain::auth::{SessionId, UserId};
    use autorisen_domain::context::ClientAddress;
    use autorisen_domain::events::{Action, LoginFailure};
    use serde_json::{Value, json};

    use super::*;
    use crate::clock::SystemClock;
    use crate::logging::{self, capture::Captured};

    /// The lines that the events make, without the time.
    fn written(ctx: &Context, events: &[Event]) -> Vec<Value> {
        let captured = Captured::default();
        let (log, guard) = logging::json(slog::Level::Info, Arc::new(SystemClock), captured.clone());
        let sink = SlogEvents::new(log);
        for event in events {
            sink.record(ctx, event);
        }
        drop(guard);
        let mut lines = captured.lines();
        for line in &mut lines {
            assert!(line.as_object_mut().unwrap().remove("ts").is_some());
        }
        lines
    }

    #[test]
    fn an_event_is_written_with_its_name_and_who_asked() {
        let (user, session) = (UserId::from_bytes([1; 16]), SessionId::from_bytes([2; 16]));
        let ctx = Context {
            request_id: "r-1".to_owned(),
            client: ClientAddress::new(IpAddr::V6(Ipv6Addr::LOCALHOST)),
            user_agent: Some("never logged".to_owned()),
            actor: None,
        };
        let expected = json!({
            "level": "info", "event": "auth.login.success", "request_id": "r-1", "client_ip": "::1",
            "user_id": user.to_string(), "session_id": session.to_string(),
        });
        assert_eq!(written(&ctx, &[Event::LoginSucceeded { user, session }]), [expected]);
    }

    #[test]
    fn a_refusal_is_a_warning_with_its_reason() {
        let events = [
            Event::LoginFailed { reason: LoginFailure::WrongPassword },
            Event::RateLimited { action: Action::Login, retry_after: Duration::from_secs(7) },
        ];
        let lines = written(&Context::local("r-2"), &events);
        assert_eq!(lines[0]["level"], "warn");
        assert_eq!(lines[0]["reason"], "wrong_password");
        assert_eq!(lines[1]["event"], "auth.login.rate_limited");
        assert_eq!(lines[1]["retry_after"], "7");
    }
}
