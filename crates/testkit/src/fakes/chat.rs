//! Chat tokens that can be read:
//! `chat.<user>.<session>.<thread>.<placement>.<iat>.<exp>.<number>.<checksum>`.

use autorisen_domain::auth::{SessionId, UserId};
use autorisen_domain::chat::{ChatClaims, ChatTokens, PlacementName, ThreadId};
use autorisen_domain::clock::Timestamp;
use autorisen_domain::error::PortError;
use secrecy::SecretString;

use crate::fakes::checksum::{checksum, fresh_number, hex, id_from_hex};

/// Makes tokens with a checksum over all of them.
#[derive(Debug)]
pub struct FakeChatTokens {
    secret: u64,
}

impl FakeChatTokens {
    /// Those of the deployment with this secret.
    pub const fn new(secret: u64) -> Self {
        Self { secret }
    }

    fn text(&self, claims: &ChatClaims, number: u64) -> String {
        let body = format!(
            "chat.{}.{}.{}.{}.{}.{}.{number}",
            hex(claims.user.as_bytes()),
            hex(claims.session.as_bytes()),
            hex(claims.thread.as_bytes()),
            claims.placement.as_str(),
            claims.issued_at.secs(),
            claims.expires_at.secs(),
        );
        let sum = checksum(&[b"chat", &self.secret.to_be_bytes(), body.as_bytes()]);
        format!("{body}.{}", hex(&sum))
    }
}

impl ChatTokens for FakeChatTokens {
    fn sign(&self, claims: &ChatClaims) -> Result<SecretString, PortError> {
        Ok(SecretString::from(self.text(claims, fresh_number())))
    }

    fn verify(&self, token: &str, now: Timestamp) -> Option<ChatClaims> {
        let parts: Vec<&str> = token.split('.').collect();
        let &[_, user, session, thread, placement, issued_at, expires_at, number, _] = parts.as_slice()
        else {
            return None;
        };
        let claims = ChatClaims {
            user: UserId::from_bytes(id_from_hex(user)?),
            session: SessionId::from_bytes(id_from_hex(session)?),
            thread: ThreadId::from_bytes(id_from_hex(thread)?),
            placement: PlacementName::parse(placement).ok()?,
            issued_at: Timestamp::from_secs(issued_at.parse().ok()?),
            expires_at: Timestamp::from_secs(expires_at.parse().ok()?),
        };
        // What differs in any way from what would be made is not what was made.
        let genuine = self.text(&claims, number.parse().ok()?) == token;
        (genuine && claims.issued_at <= now && now < claims.expires_at).then_some(claims)
    }
}
