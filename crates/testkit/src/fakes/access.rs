//! Access tokens that can be read: `access.<kid>.<user>.<session>.<iat>.<exp>.<number>.<checksum>`.

use std::sync::Arc;

use autorisen_domain::auth::{AccessClaims, AccessTokens, SessionId, TokenRefusal, UserId};
use autorisen_domain::clock::Timestamp;
use autorisen_domain::error::PortError;
use autorisen_domain::keys::KeyState;
use secrecy::SecretString;

use crate::fakes::FakeKeyRing;
use crate::fakes::checksum::{checksum, fresh_number, hex, id_from_hex};
use crate::fakes::keys::HeldKey;

/// "Signs" with the current key of a ring and verifies with any of it, to the second and without
/// leeway for tokens from the future.
#[derive(Debug)]
pub struct FakeAccessTokens {
    ring: Arc<FakeKeyRing>,
}

impl FakeAccessTokens {
    /// Tokens under the keys of this ring.
    pub const fn new(ring: Arc<FakeKeyRing>) -> Self {
        Self { ring }
    }

    fn read(&self, token: &str) -> Option<AccessClaims> {
        let parts: Vec<&str> = token.split('.').collect();
        let &[_, kid, user, session, issued_at, expires_at, number, _] = parts.as_slice() else {
            return None;
        };
        let key = self.ring.find(|key| key.id.as_str() == kid)?;
        let claims = AccessClaims {
            user: UserId::from_bytes(id_from_hex(user)?),
            session: SessionId::from_bytes(id_from_hex(session)?),
            issued_at: Timestamp::from_secs(issued_at.parse().ok()?),
            expires_at: Timestamp::from_secs(expires_at.parse().ok()?),
        };
        // What differs in any way from what would be made is not what was made.
        (text(&key, &claims, number.parse().ok()?) == token).then_some(claims)
    }
}

impl AccessTokens for FakeAccessTokens {
    fn sign(&self, claims: &AccessClaims) -> Result<SecretString, PortError> {
        let key = self
            .ring
            .find(|key| key.state == KeyState::Current)
            .ok_or_else(|| PortError::new("sign a token", "there is no current key"))?;
        Ok(SecretString::from(text(&key, claims, fresh_number())))
    }

    fn verify(&self, token: &str, now: Timestamp) -> Result<AccessClaims, TokenRefusal> {
        let claims = self.read(token).ok_or(TokenRefusal::Invalid)?;
        if now < claims.issued_at {
            Err(TokenRefusal::Invalid)
        } else if now >= claims.expires_at {
            Err(TokenRefusal::Expired(claims))
        } else {
            Ok(claims)
        }
    }
}

fn text(key: &HeldKey, claims: &AccessClaims, number: u64) -> String {
    let body = format!(
        "access.{}.{}.{}.{}.{}.{number}",
        key.id.as_str(),
        hex(claims.user.as_bytes()),
        hex(claims.session.as_bytes()),
        claims.issued_at.secs(),
        claims.expires_at.secs(),
    );
    format!("{body}.{}", hex(&checksum(&[b"access", &key.key, body.as_bytes()])))
}
