//! Giving chat tokens.

use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

use crate::auth::Principal;
use crate::chat::{
    ChatClaims, ChatGrant, ChatTokenError, ChatTokens, HostedSessions, PlacementName, Placements, Quota,
    Thread, ThreadId, ThreadRepository, Usage, UsageLedger, Used,
};
use crate::clock::Timestamp;
use crate::context::Context;
use crate::events::{ChatTokenRefusal, Event, EventSink};
use crate::id::IdSource;

/// What a chat token is asked for. Whose it will be is not asked: that says the session.
#[derive(Debug, Clone, Default)]
pub struct ChatTokenRequest {
    /// The placement; the thread's, or the default, when none is named.
    pub placement: Option<PlacementName>,
    /// The thread; an empty one of the user when none is named.
    pub thread: Option<ThreadId>,
}

/// What [`ChatTokenService`] needs from outside.
pub struct ChatTokenPorts {
    /// The threads.
    pub threads: Arc<dyn ThreadRepository>,
    /// Signs tokens.
    pub tokens: Arc<dyn ChatTokens>,
    /// Counts them.
    pub ledger: Arc<dyn UsageLedger>,
    /// Tells the time and gives ids.
    pub ids: IdSource,
    /// Is told what happened.
    pub events: Arc<dyn EventSink>,
}

/// What a client will show.
struct Secret {
    text: SecretString,
    expires_at: Timestamp,
    hosted_life: Option<Duration>,
}

/// Gives chat tokens to users who are signed in.
pub struct ChatTokenService {
    ports: ChatTokenPorts,
    placements: Placements,
    ttl: Duration,
    quota: Quota,
    hosted: Option<HostedSessions>,
}

impl ChatTokenService {
    /// A service over these ports, for these placements, with tokens that live this long, of which
    /// as many are given as `quota` allows.
    #[must_use]
    pub const fn new(ports: ChatTokenPorts, placements: Placements, ttl: Duration, quota: Quota) -> Self {
        Self { ports, placements, ttl, quota, hosted: None }
    }

    /// The same, with chats on OpenAI's side: each token is the secret of a session that is opened there.
    #[must_use]
    pub fn hosted(self, sessions: HostedSessions) -> Self {
        Self { hosted: Some(sessions), ..self }
    }

    /// Gives a token that is bound to the user, the session, a thread and its placement, and ends
    /// no later than the session.
    pub async fn issue(
        &self,
        ctx: &Context,
        principal: &Principal,
        request: ChatTokenRequest,
    ) -> Result<ChatGrant, ChatTokenError> {
        let thread = match self.thread_for(principal, request).await {
            Ok(thread) => thread,
            Err(error) => return Err(self.refuse(ctx, error)),
        };
        let Some(placement) = self.placements.find(&thread.placement) else {
            return Err(self.refuse(ctx, ChatTokenError::UnknownPlacement));
        };

        let secret = match self.secret(ctx, principal, &thread).await {
            Ok(secret) => secret,
            Err(error) => return Err(self.refuse(ctx, error)),
        };
        self.ports.events.record(
            ctx,
            &Event::ChatTokenIssued {
                user: principal.user.id,
                session: principal.session,
                thread: thread.id,
                placement: thread.placement.as_str().to_owned(),
            },
        );
        Ok(ChatGrant {
            token: secret.text,
            expires_at: secret.expires_at,
            hosted_life: secret.hosted_life,
            thread: thread.id,
            placement: thread.placement,
            tools: placement.tools.clone(),
        })
    }

    /// Counts a token and makes it: signs it here, or has a session opened for it.
    async fn secret(
        &self,
        ctx: &Context,
        principal: &Principal,
        thread: &Thread,
    ) -> Result<Secret, ChatTokenError> {
        let now = self.ports.ids.now();
        let used = Used { user: principal.user.id, usage: Usage::Tokens, amount: 1, at: now };
        let Some(hosted) = &self.hosted else {
            self.ports.ledger.charge(used, self.quota).await??;
            return self.sign(principal, thread, now);
        };
        let life = hosted.life(principal)?;
        self.ports.ledger.charge(used, self.quota).await??;
        let (text, expires_at) = hosted.open(ctx, principal, life).await?;
        Ok(Secret { text, expires_at, hosted_life: Some(life) })
    }

    fn sign(&self, principal: &Principal, thread: &Thread, now: Timestamp) -> Result<Secret, ChatTokenError> {
        let end = now.plus(self.ttl).min(principal.session_expires_at);
        let claims = ChatClaims {
            user: principal.user.id,
            session: principal.session,
            thread: thread.id,
            placement: thread.placement.clone(),
            issued_at: Timestamp::from_secs(now.secs()),
            expires_at: Timestamp::from_secs(end.secs()),
        };
        let text = self.ports.tokens.sign(&claims)?;
        Ok(Secret { text, expires_at: claims.expires_at, hosted_life: None })
    }

    async fn thread_for(
        &self,
        principal: &Principal,
        request: ChatTokenRequest,
    ) -> Result<Thread, ChatTokenError> {
        let user = principal.user.id;
        if let Some(id) = request.thread {
            let thread = self.ports.threads.find(user, id).await?.ok_or(ChatTokenError::ThreadNotFound)?;
            return match request.placement {
                Some(placement) if placement != thread.placement => Err(ChatTokenError::OtherPlacement),
                _ => Ok(thread),
            };
        }
        let placement = request.placement.unwrap_or_else(|| self.placements.default_name().clone());
        if self.placements.find(&placement).is_none() {
            return Err(ChatTokenError::UnknownPlacement);
        }
        let id = ThreadId::generate(&self.ports.ids)?;
        let fresh = Thread::new(id, user, placement, self.ports.ids.now());
        Ok(self.ports.threads.open(&fresh).await?)
    }

    fn refuse(&self, ctx: &Context, error: ChatTokenError) -> ChatTokenError {
        let reason = match error {
            ChatTokenError::UnknownPlacement | ChatTokenError::OtherPlacement => ChatTokenRefusal::Placement,
            ChatTokenError::ThreadNotFound => ChatTokenRefusal::Thread,
            ChatTokenError::Quota(_) => ChatTokenRefusal::Quota,
            ChatTokenError::SessionEnding => ChatTokenRefusal::SessionEnding,
            ChatTokenError::SessionEnded => ChatTokenRefusal::SessionEnded,
            // What is wrong with the other side was told by who asked it.
            ChatTokenError::Hosted(_) | ChatTokenError::Port(_) => return error,
        };
        self.ports.events.record(ctx, &Event::ChatTokenRefused { reason });
        error
    }
}
