//! Access tokens: JWTs of the kind `at+jwt` (RFC 9068), signed with ES256.

use std::sync::Arc;

use autorisen_domain::auth::{AccessClaims, AccessTokens, SessionId, TokenRefusal, UserId};
use autorisen_domain::clock::Timestamp;
use autorisen_domain::error::PortError;
use biscuit::CompactJson;
use biscuit::jwa::SignatureAlgorithm;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::EcdsaKeyRing;
use crate::jwt::{self, Standing, Stated, VerifyingKey};
use crate::verified::VerifiedTokens;

const TYP: &str = "at+jwt";
/// Enough for every token that is live on a busy replica; some megabytes at most.
const REMEMBERED: usize = 16 * 1024;

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    iss: String,
    sub: String,
    aud: String,
    exp: i64,
    iat: i64,
    jti: String,
    sid: String,
}

impl CompactJson for Claims {}

impl Stated for Claims {
    fn issuer(&self) -> &str {
        &self.iss
    }
    fn audience(&self) -> &str {
        &self.aud
    }
    fn issued_at(&self) -> i64 {
        self.iat
    }
    fn expires_at(&self) -> i64 {
        self.exp
    }
}

/// Signs with the current key of a ring and verifies with any of it.
pub struct JwtAccessTokens {
    ring: Arc<EcdsaKeyRing>,
    issuer: String,
    audience: String,
    verified: VerifiedTokens<AccessClaims>,
}

impl JwtAccessTokens {
    /// Tokens with this `iss` and this `aud`; others are refused.
    #[must_use]
    pub fn new(ring: Arc<EcdsaKeyRing>, issuer: String, audience: String) -> Self {
        Self { ring, issuer, audience, verified: VerifiedTokens::new(REMEMBERED) }
    }

    fn verify_afresh(&self, token: &str, now: Timestamp) -> Result<AccessClaims, TokenRefusal> {
        let ring = self.ring.keys();
        let claims: Claims = jwt::read(token, TYP, |kid| {
            let key = ring.find(kid)?;
            Some(VerifyingKey { algorithm: SignatureAlgorithm::ES256, secret: key.public_secret() })
        })
        .ok_or(TokenRefusal::Invalid)?;

        let read = AccessClaims {
            user: UserId::parse(&claims.sub).map_err(|_| TokenRefusal::Invalid)?,
            session: SessionId::parse(&claims.sid).map_err(|_| TokenRefusal::Invalid)?,
            issued_at: Timestamp::from_secs(claims.iat),
            expires_at: Timestamp::from_secs(claims.exp),
        };
        match jwt::standing(&claims, &self.issuer, &self.audience, now) {
            Standing::Good => Ok(read),
            Standing::Expired => Err(TokenRefusal::Expired(read)),
            Standing::NotOurs => Err(TokenRefusal::Invalid),
        }
    }
}

impl AccessTokens for JwtAccessTokens {
    fn sign(&self, claims: &AccessClaims) -> Result<SecretString, PortError> {
        let ring = self.ring.keys();
        let key =
            ring.current().ok_or_else(|| PortError::new("sign a token", "no signing key is loaded yet"))?;
        let claims = Claims {
            iss: self.issuer.clone(),
            sub: claims.user.to_string(),
            aud: self.audience.clone(),
            exp: claims.expires_at.secs(),
            iat: claims.issued_at.secs(),
            jti: jwt::new_jti()?,
            sid: claims.session.to_string(),
        };
        jwt::sign(TYP, key.id().as_str(), SignatureAlgorithm::ES256, key.pair_secret(), claims)
    }

    /// What was verified once under the keys at hand is remembered until it expires: the check of a
    /// signature costs as much as the rest of a small request.
    fn verify(&self, token: &str, now: Timestamp) -> Result<AccessClaims, TokenRefusal> {
        let generation = self.ring.generation();
        if let Some(claims) = self.verified.find(token, generation) {
            return if now < claims.expires_at { Ok(claims) } else { Err(TokenRefusal::Expired(claims)) };
        }
        let claims = self.verify_afresh(token, now)?;
        self.verified.remember(token, generation, claims);
        Ok(claims)
    }
}

#[cfg(test)]
mod tests {
    use autorisen_domain::keys::{KeyFactory as _, KeyRing as _, KeyState};

    use super::*;
    use crate::{EcdsaKeyFactory, MasterKey};

    const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

    fn tokens() -> JwtAccessTokens {
        let master = MasterKey::new("a master key for tests, long enough".into(), None);
        let ring = EcdsaKeyRing::new(&master);
        ring.load(&[EcdsaKeyFactory::new(&master).generate(KeyState::Current, NOW).unwrap()]).unwrap();
        JwtAccessTokens::new(Arc::new(ring), "issuer".into(), "audience".into())
    }

    #[test]
    fn a_remembered_token_still_expires() {
        let tokens = tokens();
        let claims = AccessClaims {
            user: UserId::from_bytes([1; 16]),
            session: SessionId::from_bytes([2; 16]),
            issued_at: NOW,
            expires_at: Timestamp::from_secs(NOW.secs() + 900),
        };
        let token = tokens.sign(&claims).unwrap();
        let token = secrecy::ExposeSecret::expose_secret(&token);
        assert_eq!(tokens.verify(token, NOW), Ok(claims));
        assert_eq!(tokens.verify(token, claims.expires_at), Err(TokenRefusal::Expired(claims)));
    }
}
